// Pools, means and operators that go element by element.

#include <algorithm>
#include <cmath>

#include "sim/tflite/operators.hpp"
#include "sim/tflite/quantization.hpp"
#include "sim/tflite/windows.hpp"

namespace systole::tflite {
namespace {

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

// ADD forms its ratios in double, SUB in float32: as the kernels do.
template <typename Real>
Add build_terms(Node& node, file::Activation activation) {
  node.expect_inputs(2, 2);
  node.expect_same_quantized_type(2);
  expect_repeated_shape(node);
  Add add;
  const auto a = static_cast<Real>(node.in(0).scale[0]);
  const auto b = static_cast<Real>(node.in(1).scale[0]);
  const Real twice_max = 2 * std::max(a, b);
  const auto steps = static_cast<Real>(1 << add.left_shift);
  const auto out = static_cast<Real>(node.out().scale[0]);
  add.input = {multiplier_of(static_cast<double>(a / twice_max)),
               multiplier_of(static_cast<double>(b / twice_max))};
  add.input_zero_point = {node.in(0).zero_point, node.in(1).zero_point};
  add.output = requantizer_of(node.out(), activation,
                              multiplier_of(static_cast<double>(twice_max / (steps * out))));
  node.feed(0);
  node.feed(1);
  return add;
}

double ratio(const Tensor& input, const Tensor& output) {
  return static_cast<double>(input.scale[0]) / static_cast<double>(output.scale[0]);
}

// Softmax and logistic give 0 to 1 in steps of 1/256.
void expect_probabilities(const Node& node) {
  constexpr float kStep = 1.0F / 256;
  const Tensor& out = node.out();
  if (out.scale[0] != kStep || out.zero_point != out.format.min()) {
    throw NodeError{"has an output with the scale " + std::to_string(out.scale[0]) +
                    " and the zero point " + std::to_string(out.zero_point) +
                    ", expected 1/256 and " + std::to_string(out.format.min())};
  }
}

}  // namespace

LayerOp build_max_pool_2d(Node& node) { return build_pool<MaxPool>(node); }

LayerOp build_average_pool_2d(Node& node) { return build_pool<AveragePool>(node); }

LayerOp build_mean(Node& node) {
  node.expect_inputs(2, 2);
  node.expect_same_quantized_type(1);
  node.expect_int8_only();
  const Shape& shape = node.in(0).shape;
  const auto rank = static_cast<std::int64_t>(shape.size());
  std::vector<bool> reduced(shape.size(), false);
  for (const std::int64_t axis : node.integers(1)) {
    if (axis < -rank || axis >= rank) {
      throw NodeError{"has the axis " + std::to_string(axis) + ", its input is " +
                      shape_text(shape)};
    }
    reduced[static_cast<std::size_t>(axis < 0 ? axis + rank : axis)] = true;
  }
  const auto* options = node.options<file::ReducerOptions>();
  const bool keep_dims = options != nullptr && options->keep_dims();
  Mean mean;
  Shape expected;
  std::int64_t count = 1;
  for (std::size_t axis = 0; axis < shape.size(); ++axis) {
    if (reduced[axis]) {
      mean.axes.push_back(axis);
      count *= shape[axis];
    }
    if (!reduced[axis] || keep_dims) {
      expected.push_back(reduced[axis] ? 1 : shape[axis]);
    }
  }
  expect_output_shape(node, expected);
  // The division by the count goes into the multiplier, with as many bits as there is room for.
  QuantizedMultiplier q = multiplier_of(ratio(node.in(0), node.out()));
  std::int32_t bits = 0;
  while ((count >> (bits + 1)) != 0) {
    ++bits;
  }
  bits = std::min({bits, 32, 31 + q.exponent});
  q.multiplier = static_cast<std::int32_t>((std::int64_t{q.multiplier} << bits) / count);
  q.exponent -= bits;
  mean.requant = requantizer_of(node.out(), file::Activation::NONE, q);
  node.feed(0);
  return mean;
}

LayerOp build_add(Node& node) {
  return build_terms<double>(node, activation_of(node.options<file::AddOptions>()));
}

LayerOp build_sub(Node& node) {
  node.expect_inputs(2, 2);
  node.expect_int8_only();
  return Sub{build_terms<float>(node, activation_of(node.options<file::SubOptions>()))};
}

LayerOp build_mul(Node& node) {
  node.expect_inputs(2, 2);
  node.expect_same_quantized_type(2);
  expect_repeated_shape(node);
  const double product =
      static_cast<double>(node.in(0).scale[0]) * static_cast<double>(node.in(1).scale[0]);
  const file::Activation activation = activation_of(node.options<file::MulOptions>());
  node.feed(0);
  node.feed(1);
  return Mul{requantizer_of(node.out(), activation,
                            multiplier_of(product / static_cast<double>(node.out().scale[0])))};
}

LayerOp build_softmax(Node& node) {
  node.expect_inputs(1, 1);
  node.expect_same_quantized_type(1);
  expect_probabilities(node);
  expect_output_shape(node, node.in(0).shape);
  if (node.in(0).shape.empty()) {
    throw NodeError{"has a scalar for its input, expected rows"};
  }
  constexpr std::int32_t kIntegerBits = 5;
  constexpr double kMost = 2147483647.0;
  const float beta = node.required_options<file::SoftmaxOptions>().beta();
  const double scale = static_cast<double>(beta) * static_cast<double>(node.in(0).scale[0]);
  Softmax softmax;
  softmax.input = multiplier_of(std::min(std::ldexp(scale, 31 - kIntegerBits), kMost));
  if (softmax.input.exponent < 0 || softmax.input.multiplier == 0) {
    throw NodeError{"has so small an input scale times beta that the kernels do not take it"};
  }
  softmax.diff_min = -saturation_radius(kIntegerBits, softmax.input);
  node.feed(0);
  return softmax;
}

LayerOp build_logistic(Node& node) {
  node.expect_inputs(1, 1);
  node.expect_same_quantized_type(1);
  node.expect_int8_only();
  expect_probabilities(node);
  expect_output_shape(node, node.in(0).shape);
  constexpr std::int32_t kIntegerBits = 4;
  Logistic logistic;
  logistic.input =
      multiplier_of(std::ldexp(static_cast<double>(node.in(0).scale[0]), 31 - kIntegerBits));
  logistic.radius = saturation_radius(kIntegerBits, logistic.input);
  node.feed(0);
  return logistic;
}

LayerOp build_relu(Node& node, file::Activation activation) {
  node.expect_inputs(1, 1);
  node.expect_same_quantized_type(1);
  expect_output_shape(node, node.in(0).shape);
  node.feed(0);
  return Relu{requantizer_of(node.out(), activation, multiplier_of(ratio(node.in(0), node.out())))};
}

LayerOp build_leaky_relu(Node& node) {
  node.expect_inputs(1, 1);
  node.expect_same_quantized_type(1);
  expect_output_shape(node, node.in(0).shape);
  const float alpha = node.required_options<file::LeakyReluOptions>().alpha();
  const float in = node.in(0).scale[0];
  const float out = node.out().scale[0];
  node.feed(0);
  return LeakyRelu{multiplier_of(static_cast<double>(in / out)),
                   multiplier_of(static_cast<double>(in * alpha / out))};
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
                                   multiplier_of(ratio(node.in(0), node.out())))};
}

LayerOp build_dequantize(Node& node) {
  node.expect_inputs(1, 1);
  node.expect_quantized(0);
  expect_output_shape(node, node.in(0).shape);
  if (node.out_type() != file::TensorType::FLOAT32) {
    throw NodeError{"has an output that is not FLOAT32"};
  }
  node.feed(0);
  return Dequantize{};
}

}  // namespace systole::tflite
