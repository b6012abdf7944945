// Pools and operators that go element by element.

#include <algorithm>

#include "sim/network/tflite_multipliers.hpp"
#include "sim/tflite/operators.hpp"
#include "sim/tflite/quantization.hpp"
#include "sim/tflite/windows.hpp"

namespace systole::tflite {
namespace {

constexpr std::uint32_t kElementBits = 8;
constexpr std::int32_t kSumShift = tflite_multipliers::sum_left_shift(kElementBits);

template <typename Pool>
Pool build_pool(Node& node) {
  node.expect_inputs(1, 1);
  node.expect_same_quantized_type(1);
  const auto& options = node.required_options<file::Pool2DOptions>();
  const Shape& ifmap = node.in(0).shape;
  expect_rank("ifmap", ifmap, 4);
  const std::int64_t kernel_h = options.filter_h();
  const std::int64_t kernel_w = options.filter_w();
  // Padding is less than a window, so anything larger sees nothing but padding at its edges.
  if (kernel_h < 1 || kernel_w < 1 || kernel_h > 2 * ifmap[1] || kernel_w > 2 * ifmap[2]) {
    throw NodeError{"has a window of " + std::to_string(kernel_h) + " x " +
                    std::to_string(kernel_w) + " on an ifmap of " + shape_text(ifmap)};
  }
  Pool pool;
  pool.window = window_over(ifmap, node.out().shape, kernel_h, kernel_w,
                            {options.stride_h(), options.stride_w(), 1, 1}, options.padding());
  expect_output_shape(node, {ifmap[0], node.out().shape[1], node.out().shape[2], ifmap[3]});
  const Requantizer clamps = requantizer_of(node.out(), options.activation());
  pool.clamp_min = clamps.clamp_min;
  pool.clamp_max = clamps.clamp_max;
  node.feed(0);
  return pool;
}

// Shape of a and b, each size of 1 repeated.
void expect_repeated_shape(const Node& node) {
  const Shape& a = node.in(0).shape;
  const Shape& b = node.in(1).shape;
  Shape result(std::max(a.size(), b.size()), 1);
  for (const Shape* shape : {&a, &b}) {
    const std::size_t missing = result.size() - shape->size();
    for (std::size_t axis = 0; axis < shape->size(); ++axis) {
      std::int64_t& size = result[missing + axis];
      const std::int64_t other = (*shape)[axis];
      if (size != other && size != 1 && other != 1) {
        throw NodeError{"has operands of " + shape_text(a) + " and " + shape_text(b) +
                        ", which do not fit together"};
      }
      size = std::max(size, other);
    }
  }
  expect_output_shape(node, result);
}

// The terms and the output of `node`, whose multipliers `derive` gives.
template <typename Derive>
Add build_terms(Node& node, file::Activation activation, std::int32_t left_shift,
                const Derive& derive) {
  node.expect_inputs(2, 2);
  node.expect_same_quantized_type(2);
  expect_repeated_shape(node);
  const tflite_multipliers::Sum reals =
      derive(node.in(0).scale[0], node.in(1).scale[0], node.out().scale[0], left_shift);
  Add add;
  add.left_shift = left_shift;
  add.input = {multiplier_of(reals.input[0]), multiplier_of(reals.input[1])};
  add.input_zero_point = {node.in(0).zero_point, node.in(1).zero_point};
  add.output = requantizer_of(node.out(), activation, multiplier_of(reals.output));
  node.feed(0);
  node.feed(1);
  return add;
}

bool is_signed(const Node& node) { return node.out_type() != file::TensorType::UINT8; }

QuantizedMultiplier relu_multiplier(const Node& node) {
  return multiplier_of(
      tflite_multipliers::of_relu(node.in(0).scale[0], node.out().scale[0], is_signed(node)));
}

}  // namespace

LayerOp build_max_pool_2d(Node& node) { return build_pool<MaxPool>(node); }

LayerOp build_average_pool_2d(Node& node) { return build_pool<AveragePool>(node); }

LayerOp build_add(Node& node) {
  return build_terms(node, activation_of(node.options<file::AddOptions>()), kSumShift,
                     tflite_multipliers::of_add);
}

LayerOp build_sub(Node& node) {
  return Sub{build_terms(node, activation_of(node.options<file::SubOptions>()), kSumShift,
                         [&](float a, float b, float ofmap, std::int32_t left_shift) {
                           return tflite_multipliers::of_sub(a, b, ofmap, left_shift,
                                                             is_signed(node));
                         })};
}

LayerOp build_squared_difference(Node& node) {
  node.expect_inputs(2, 2);
  node.expect_int8_only();
  return SquaredDifference{build_terms(node, file::Activation::NONE,
                                       tflite_multipliers::square_left_shift(kElementBits),
                                       tflite_multipliers::of_squared_difference)};
}

LayerOp build_extremum(Node& node, bool largest) {
  node.expect_inputs(2, 2);
  node.expect_same_quantized_type(2);
  node.expect_same_numbers(0);
  node.expect_same_numbers(1);
  expect_repeated_shape(node);
  node.feed(0);
  node.feed(1);
  return Extremum{largest};
}

LayerOp build_l2_normalization(Node& node) {
  constexpr float kStep = 1.0F / 128;
  constexpr std::int64_t kMostElements = 33'000;  // whose squares the kernel can add up
  node.expect_inputs(1, 1);
  node.expect_same_quantized_type(1);
  node.expect_int8_only();
  expect_output_shape(node, node.in(0).shape);
  const Tensor& out = node.out();
  if (out.scale[0] != kStep || out.zero_point != 0 || out.shape.empty() ||
      out.shape.back() > kMostElements ||
      activation_of(node.options<file::L2NormOptions>()) != file::Activation::NONE) {
    throw NodeError{
        "expected rows of 33000 elements at most, an output with the scale 1/128 and "
        "the zero point 0, and no fused activation"};
  }
  node.feed(0);
  return L2Normalization{};
}

LayerOp build_mul(Node& node) {
  node.expect_inputs(2, 2);
  node.expect_same_quantized_type(2);
  expect_repeated_shape(node);
  const double real = tflite_multipliers::of_mul(node.in(0).scale[0], node.in(1).scale[0],
                                                 node.out().scale[0], is_signed(node));
  const file::Activation activation = activation_of(node.options<file::MulOptions>());
  node.feed(0);
  node.feed(1);
  return Mul{requantizer_of(node.out(), activation, multiplier_of(real))};
}

LayerOp build_softmax(Node& node) {
  node.expect_inputs(1, 1);
  node.expect_same_quantized_type(1);
  expect_fixed_output(node, 256, node.out().format.min());
  expect_output_shape(node, node.in(0).shape);
  if (node.in(0).shape.empty()) {
    throw NodeError{"has a scalar for its input, expected rows"};
  }
  const float beta = node.required_options<file::SoftmaxOptions>().beta();
  Softmax softmax;
  softmax.input = multiplier_of(tflite_multipliers::of_softmax(node.in(0).scale[0], beta));
  if (softmax.input.exponent < 0 || softmax.input.multiplier == 0) {
    throw NodeError{"has so small an input scale times beta that the kernels do not take it"};
  }
  softmax.diff_min = -saturation_radius(tflite_multipliers::kSoftmaxIntegerBits, softmax.input);
  node.feed(0);
  return softmax;
}

LayerOp build_relu(Node& node, file::Activation activation) {
  node.expect_inputs(1, 1);
  node.expect_same_quantized_type(1);
  expect_output_shape(node, node.in(0).shape);
  node.feed(0);
  return Relu{requantizer_of(node.out(), activation, relu_multiplier(node))};
}

LayerOp build_relu_0_to_1(Node& node) {
  node.expect_inputs(1, 1);
  node.expect_same_quantized_type(1);
  expect_output_shape(node, node.in(0).shape);
  node.feed(0);
  Requantizer requant = requantizer_of(node.out(), file::Activation::RELU, relu_multiplier(node));
  requant.clamp_max = quantized_real(1, node.out());
  return Relu{requant};
}

LayerOp build_leaky_relu(Node& node) {
  node.expect_inputs(1, 1);
  node.expect_same_quantized_type(1);
  expect_output_shape(node, node.in(0).shape);
  const float alpha = node.required_options<file::LeakyReluOptions>().alpha();
  const auto slopes =
      tflite_multipliers::of_leaky_relu(node.in(0).scale[0], alpha, node.out().scale[0]);
  node.feed(0);
  return LeakyRelu{multiplier_of(slopes.identity), multiplier_of(slopes.alpha)};
}

LayerOp build_prelu(Node& node) {
  node.expect_inputs(2, 2);
  node.expect_int8_only();
  node.expect_same_quantized_type(2);
  expect_repeated_shape(node);
  expect_output_shape(node, node.in(0).shape);
  const auto slopes =
      tflite_multipliers::of_prelu(node.in(0).scale[0], node.in(1).scale[0], node.out().scale[0]);
  node.feed(0);
  node.feed(1);
  return Prelu{multiplier_of(slopes.identity), multiplier_of(slopes.alpha)};
}

LayerOp build_quantize(Node& node) {
  node.expect_inputs(1, 1);
  node.expect_quantized_output();
  expect_output_shape(node, node.in(0).shape);
  node.feed(0);
  if (node.in_type(0) == file::TensorType::FLOAT32) {
    return Quantize{};
  }
  node.expect_quantized(0);
  return Requantize{requantizer_of(node.out(), file::Activation::NONE,
                                   multiplier_of(scale_ratio(node.in(0), node.out())))};
}

LayerOp build_dequantize(Node& node) {
  node.expect_inputs(1, 1);
  node.expect_quantized(0);
  expect_output_shape(node, node.in(0).shape);
  if (node.out_type() != file::TensorType::FLOAT32) {
    throw NodeError{std::string{"has an output of "} + file::EnumNameTensorType(node.out_type()) +
                    ", expected FLOAT32"};
  }
  node.feed(0);
  return Dequantize{};
}

}  // namespace systole::tflite
