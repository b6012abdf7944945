// Operators with weights.

#include <algorithm>

#include "sim/tflite/operators.hpp"
#include "sim/tflite/quantization.hpp"
#include "sim/tflite/windows.hpp"

namespace systole::tflite {
namespace {

constexpr std::size_t kIfmap = 0;
constexpr std::size_t kWeight = 1;
constexpr std::size_t kBias = 2;

// The kernels of int8 convolutions take it for granted.
void expect_centred_weights(const Tensor& weight, file::TensorType type) {
  if (type == file::TensorType::INT8 && weight.zero_point != 0) {
    throw NodeError{"has weights with the zero point " + std::to_string(weight.zero_point) +
                    ", expected 0"};
  }
}

// Of a convolution: in double for each weight scale, but as one product for uint8.
Requantizer convolution_requantizer(const Node& node, const Tensor& ifmap, const Tensor& weight,
                                    file::Activation activation) {
  if (node.out_type() == file::TensorType::UINT8) {
    if (weight.scale.size() != 1) {
      throw NodeError{"has uint8 weights with several scales, expected one"};
    }
    return requantizer_of(node.out(), activation, product_multiplier(ifmap, weight, node.out()));
  }
  Requantizer requant = requantizer_of(node.out(), activation);
  set_channel_multipliers(requant, ifmap, weight, node.out());
  return requant;
}

template <typename Options>
WindowSteps steps_of(const Options& options) {
  return {options.stride_h(), options.stride_w(), options.dilation_h(), options.dilation_w()};
}

// The 2-D product that the array runs; the column sums of b take a's zero point off.
bool fits_matmul(const BatchMatMul& op, const Node& node) {
  const Tensor& a = node.in(0);
  const Tensor& b = node.in(1);
  return a.shape.size() == 2 && b.shape.size() == 2 && !op.transpose_a && !op.transpose_b &&
         b.zero_point == 0;
}

}  // namespace

LayerOp build_conv_2d(Node& node) {
  node.expect_inputs(2, 3);
  node.expect_same_quantized_type(1);
  const auto& options = node.required_options<file::Conv2DOptions>();
  const Shape& ifmap = node.in(kIfmap).shape;
  const Shape weight = node.in(kWeight).shape;
  expect_rank("ifmap", ifmap, 4);
  expect_rank("weight", weight, 4);
  const std::int64_t groups = ifmap[3] / weight[3];
  if (ifmap[3] % weight[3] != 0 || weight[0] % groups != 0) {
    throw NodeError{"has weights of " + shape_text(weight) + " for an ifmap with " +
                    std::to_string(ifmap[3]) + " channels"};
  }
  Conv2d conv;
  conv.groups = groups;
  conv.window = window_over(ifmap, node.out().shape, weight[1], weight[2], steps_of(options),
                            options.padding());
  expect_output_shape(node, {ifmap[0], node.out().shape[1], node.out().shape[2], weight[0]});
  expect_centred_weights(node.in(kWeight), node.in_type(kWeight));
  node.feed(kIfmap);
  node.feed_weights(kWeight, 0);
  conv.requant =
      convolution_requantizer(node, node.in(kIfmap), node.in(kWeight), options.activation());
  conv.has_bias = node.feed_bias(kBias, weight[0]);
  return conv;
}

LayerOp build_depthwise_conv_2d(Node& node) {
  node.expect_inputs(2, 3);
  node.expect_same_quantized_type(1);
  const auto& options = node.required_options<file::DepthwiseConv2DOptions>();
  const Shape& ifmap = node.in(kIfmap).shape;
  const Shape weight = node.in(kWeight).shape;
  expect_rank("ifmap", ifmap, 4);
  expect_rank("weight", weight, 4);
  if (weight[0] != 1 || weight[3] % ifmap[3] != 0) {
    throw NodeError{"has weights of " + shape_text(weight) + " for an ifmap with " +
                    std::to_string(ifmap[3]) + " channels"};
  }
  Conv2d conv;
  conv.groups = ifmap[3];
  conv.window = window_over(ifmap, node.out().shape, weight[1], weight[2], steps_of(options),
                            options.padding());
  expect_output_shape(node, {ifmap[0], node.out().shape[1], node.out().shape[2], weight[3]});
  expect_centred_weights(node.in(kWeight), node.in_type(kWeight));
  node.feed(kIfmap);
  node.feed_depthwise_weights(kWeight);
  conv.requant =
      convolution_requantizer(node, node.in(kIfmap), node.in(kWeight), options.activation());
  conv.has_bias = node.feed_bias(kBias, weight[3]);
  return conv;
}

LayerOp build_fully_connected(Node& node) {
  node.expect_inputs(2, 3);
  node.expect_same_quantized_type(1);
  const auto& options = node.required_options<file::FullyConnectedOptions>();
  if (options.weights_format() != 0) {
    throw NodeError{"has shuffled weights, which are not supported"};
  }
  const Shape weight = node.in(kWeight).shape;
  expect_rank("weight", weight, 2);
  const std::int64_t elements = node.in(kIfmap).elements();
  if (elements % weight[1] != 0 || node.out().elements() != elements / weight[1] * weight[0] ||
      node.out().shape.empty() || node.out().shape.back() != weight[0]) {
    throw NodeError{"has weights of " + shape_text(weight) + ", an input of " +
                    shape_text(node.in(kIfmap).shape) + " and an output of " +
                    shape_text(node.out().shape) + ", which do not fit together"};
  }
  node.feed(kIfmap);
  node.feed_weights(kWeight, 0);
  FullyConnected connected;
  const Tensor& scaled = node.in(kWeight);
  if (scaled.scale.size() == 1) {
    connected.requant = requantizer_of(node.out(), options.activation(),
                                       product_multiplier(node.in(kIfmap), scaled, node.out()));
  } else {
    expect_centred_weights(scaled, file::TensorType::INT8);
    connected.requant = requantizer_of(node.out(), options.activation());
    set_channel_multipliers(connected.requant, node.in(kIfmap), scaled, node.out());
  }
  connected.has_bias = node.feed_bias(kBias, weight[0]);
  return connected;
}

// Inputs: the output's shape, which the output has anyway, weights, ifmap, bias.
LayerOp build_transpose_conv(Node& node) {
  constexpr std::size_t kTransposedIfmap = 2;
  node.expect_inputs(3, 4);
  node.expect_quantized(kTransposedIfmap);
  node.expect_quantized_output();
  if (node.in_type(kTransposedIfmap) != node.out_type()) {
    throw NodeError{"has an ifmap and an output that differ in type"};
  }
  const auto& options = node.required_options<file::TransposeConvOptions>();
  const Shape& ifmap = node.in(kTransposedIfmap).shape;
  const Shape& ofmap = node.out().shape;
  const Shape weight = node.in(kWeight).shape;
  expect_rank("ifmap", ifmap, 4);
  expect_rank("weight", weight, 4);
  expect_rank("output", ofmap, 4);
  if (weight[3] != ifmap[3]) {
    throw NodeError{"has weights of " + shape_text(weight) + " for an ifmap with " +
                    std::to_string(ifmap[3]) + " channels"};
  }
  expect_output_shape(node, {ifmap[0], ofmap[1], ofmap[2], weight[0]});
  // The ifmap is what this window would make of the ofmap.
  TransposeConv conv;
  conv.window = window_over(ofmap, ifmap, weight[1], weight[2],
                            {options.stride_h(), options.stride_w(), 1, 1}, options.padding());
  expect_centred_weights(node.in(kWeight), node.in_type(kWeight));
  node.feed(kTransposedIfmap);
  node.feed_weights(kWeight, 0);
  conv.requant = convolution_requantizer(node, node.in(kTransposedIfmap), node.in(kWeight),
                                         options.activation());
  conv.has_bias = node.feed_bias(3, weight[0]);
  return conv;
}

LayerOp build_batch_matmul(Node& node) {
  node.expect_inputs(2, 2);
  node.expect_same_quantized_type(2);
  node.expect_int8_only();
  BatchMatMul op;
  if (const auto* options = node.options<file::BatchMatMulOptions>()) {
    op.transpose_a = options->adj_x();
    op.transpose_b = options->adj_y();
  }
  const Shape& a = node.in(0).shape;
  const Shape& b = node.in(1).shape;
  const Shape& out = node.out().shape;
  const std::size_t rank = std::max(a.size(), b.size());
  if (std::min(a.size(), b.size()) < 2 || out.size() != rank) {
    throw NodeError{"multiplies " + shape_text(a) + " by " + shape_text(b) + " to " +
                    shape_text(out) + ", expected matrices"};
  }
  const auto size = [](const Shape& shape, bool transposed, bool row) {
    return shape[shape.size() - (row == transposed ? 1 : 2)];
  };
  Shape expected{out.begin(), out.end() - 2};
  for (std::size_t axis = 0; axis + 2 < rank; ++axis) {
    const auto of = [&](const Shape& shape) {
      const std::size_t missing = rank - shape.size();
      return axis < missing ? 1 : shape[axis - missing];
    };
    const std::int64_t larger = std::max(of(a), of(b));
    if (std::min(of(a), of(b)) != 1 && of(a) != of(b)) {
      throw NodeError{"multiplies " + shape_text(a) + " by " + shape_text(b) +
                      ", whose batches do not fit together"};
    }
    expected[axis] = larger;
  }
  expected.push_back(size(a, op.transpose_a, true));
  expected.push_back(size(b, op.transpose_b, false));
  if (size(a, op.transpose_a, false) != size(b, op.transpose_b, true)) {
    throw NodeError{"multiplies " + shape_text(a) + " by " + shape_text(b) +
                    ": the inner sizes differ"};
  }
  expect_output_shape(node, expected);
  op.requant = requantizer_of(node.out(), file::Activation::NONE,
                              product_multiplier(node.in(0), node.in(1), node.out()));
  node.feed(0);
  node.feed(1);
  if (fits_matmul(op, node)) {
    return MatMul{op.requant};
  }
  return op;
}

}  // namespace systole::tflite
