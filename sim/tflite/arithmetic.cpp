// Pools and operators that go element by element.

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

// ADD and uint8 SUB form their ratios in double, int8 SUB in float32: as the kernels do.
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

// ReluPrepare: in double for int8 (TensorFlow Lite Micro), in float32 for uint8 (TensorFlow Lite).
QuantizedMultiplier relu_multiplier(const Node& node) {
  const bool in_float = node.out_type() == file::TensorType::UINT8;
  return multiplier_of(in_float ? static_cast<double>(node.in(0).scale[0] / node.out().scale[0])
                                : scale_ratio(node.in(0), node.out()));
}

}  // namespace

LayerOp build_max_pool_2d(Node& node) { return build_pool<MaxPool>(node); }

LayerOp build_average_pool_2d(Node& node) { return build_pool<AveragePool>(node); }

LayerOp build_add(Node& node) {
  return build_terms<double>(node, activation_of(node.options<file::AddOptions>()));
}

LayerOp build_sub(Node& node) {
  const file::Activation activation = activation_of(node.options<file::SubOptions>());
  return node.out_type() == file::TensorType::UINT8 ? Sub{build_terms<double>(node, activation)}
                                                    : Sub{build_terms<float>(node, activation)};
}

// squared_difference.cc of TensorFlow Lite Micro: a left shift by 7, and the square's scale.
LayerOp build_squared_difference(Node& node) {
  node.expect_inputs(2, 2);
  node.expect_int8_only();
  SquaredDifference op{build_terms<double>(node, file::Activation::NONE)};
  op.terms.left_shift = 7;
  const double twice_max =
      2.0 * static_cast<double>(std::max(node.in(0).scale[0], node.in(1).scale[0]));
  const float steps = 16384.0F * node.out().scale[0];
  op.terms.output =
      requantizer_of(node.out(), file::Activation::NONE,
                     multiplier_of(twice_max * twice_max / static_cast<double>(steps)));
  return op;
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
  const float a = node.in(0).scale[0];
  const float b = node.in(1).scale[0];
  const float out = node.out().scale[0];
  const bool in_float = node.out_type() == file::TensorType::UINT8;
  const double real =
      in_float ? static_cast<double>(a * b / out)
               : static_cast<double>(a) * static_cast<double>(b) / static_cast<double>(out);
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
  const float in = node.in(0).scale[0];
  const float out = node.out().scale[0];
  node.feed(0);
  return LeakyRelu{multiplier_of(static_cast<double>(in / out)),
                   multiplier_of(static_cast<double>(in * alpha / out))};
}

// CalculatePreluParams of TensorFlow Lite Micro (prelu_common.cc).
LayerOp build_prelu(Node& node) {
  node.expect_inputs(2, 2);
  node.expect_int8_only();
  node.expect_same_quantized_type(2);
  expect_repeated_shape(node);
  expect_output_shape(node, node.in(0).shape);
  const auto in = static_cast<double>(node.in(0).scale[0]);
  const auto alpha = static_cast<double>(node.in(1).scale[0]);
  const auto out = static_cast<double>(node.out().scale[0]);
  node.feed(0);
  node.feed(1);
  return Prelu{multiplier_of(in / out), multiplier_of(in * alpha / out)};
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
    throw NodeError{"has an output that is not FLOAT32"};
  }
  node.feed(0);
  return Dequantize{};
}

}  // namespace systole::tflite
