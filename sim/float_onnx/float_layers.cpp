#include "sim/float_onnx/float_reader.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <limits>

#include "sim/onnx/axis.hpp"
#include "sim/workload/activation_keys.hpp"

namespace systole::quantize {

std::vector<float> numbers_of(const Constant& constant) {
  std::vector<float> values = onnx::floats_of(constant);
  const auto bad =
      std::find_if(values.begin(), values.end(), [](float v) { return !std::isfinite(v); });
  if (bad != values.end()) {
    throw NodeError{"has a constant of " + onnx::shape_text(constant.shape) + " with " +
                    (std::isnan(*bad) ? "a NaN" : "an infinity") +
                    " in it, expected finite numbers"};
  }
  return values;
}

// Padding of nothing, before a pooling that pads itself.
void FloatReader::read_pad(const Node& node) {
  constexpr std::int64_t kNamesAxes = 18;
  node.expect_inputs(1, node.opset() < kNamesAxes ? 3 : 4);
  node.text("mode", "constant");
  node.real("value", 0);
  const std::vector<std::int64_t> pads =
      node.has(1) ? onnx::integers_of(constant(node, 1))
                  : node.integers("pads").value_or(std::vector<std::int64_t>{1});
  if (std::any_of(pads.begin(), pads.end(), [](std::int64_t pad) { return pad != 0; })) {
    throw NodeError{"pads, which is not supported before other operators than Conv and pooling"};
  }
  define(node.output(0), find(node.input(0)));
}

void FloatReader::read_conv(const Node& node) {
  node.expect_inputs(2, 3);
  const onnx::WindowAttributes attributes = onnx::window_attributes(node);
  const Known x = image(node);
  const Constant weight = constant(node, 1);
  if (weight.shape.size() != 4) {
    throw NodeError{"has weights of " + onnx::shape_text(weight.shape) + ", expected 4 dimensions"};
  }
  const std::int64_t groups = node.integer("group", 1);
  if (groups < 1 || weight.shape[0] % groups != 0 || weight.shape[1] * groups != x.shape[1]) {
    throw NodeError{"has weights of " + onnx::shape_text(weight.shape) + " in " +
                    std::to_string(groups) + " groups for an image of " +
                    onnx::shape_text(x.shape) + ", which do not fit together"};
  }
  onnx::expect_kernel(attributes, weight.shape[2], weight.shape[3]);
  const onnx::PlacedWindow placed =
      onnx::place_window(attributes, x.shape, weight.shape[2], weight.shape[3]);
  FloatConv2d op;
  op.window = placed.window;
  op.groups = groups;
  op.weight = tensor_of(onnx::permuted(weight, kToChannelsLast));
  if (node.has(2)) {
    op.bias = numbers_of(constant(node, 2));
  }
  out(node, std::move(op), {x.id}, {x.shape[0], weight.shape[0], placed.out_h, placed.out_w});
}

void FloatReader::read_gemm(const Node& node) {
  node.expect_inputs(2, 3);
  if (node.real("alpha", 1) != 1 || node.integer("transA", 0) != 0 ||
      (node.real("beta", 1) != 1 && node.has(2))) {
    throw NodeError{"has transA, or an alpha or beta that is not 1, which is not supported"};
  }
  const bool transposed = node.integer("transB", 0) != 0;
  read_product(node, constant(node, 1), transposed,
               node.has(2) ? std::optional{constant(node, 2)} : std::nullopt);
}

void FloatReader::read_product(const Node& node, Constant weight, bool rows_are_outputs,
                               const std::optional<Constant>& bias) {
  if (weight.shape.size() != 2) {
    throw NodeError{"has weights of " + onnx::shape_text(weight.shape) + ", expected 2 dimensions"};
  }
  const std::string of_weights = "has weights of " + onnx::shape_text(weight.shape);
  if (!rows_are_outputs) {
    weight = onnx::permuted(weight, {1, 0});
  }
  Known x = find(node.input(0));
  if (x.image) {  // columns in the order of an NHWC image
    const Shape in = *x.image;
    const Shape flat = weight.shape;
    if (flat[1] != in[1] * in[2] * in[3]) {
      throw NodeError{of_weights + " for an image of " + onnx::shape_text(in) +
                      ", which do not fit together"};
    }
    weight.shape = {flat[0], in[1], in[2], in[3]};
    weight = onnx::permuted(weight, kToChannelsLast);
    weight.shape = flat;
    x.id = layer(node, FloatReshape{x.shape}, {x.id}, "_flat");
  } else if (x.shape.size() != 2) {
    throw NodeError{"has an input of " + onnx::shape_text(x.shape) + ", expected 2 dimensions"};
  } else if (weight.shape[1] != x.shape[1]) {
    throw NodeError{of_weights + " for an input of " + onnx::shape_text(x.shape) +
                    ", which do not fit together"};
  }
  FloatFullyConnected op{tensor_of(weight), {}};
  if (bias) {
    onnx::expect_bias(bias->shape, weight.shape[0]);
    op.bias = numbers_of(*bias);
    op.bias.resize(static_cast<std::size_t>(weight.shape[0]), op.bias[0]);
  }
  const Shape shape{x.shape[0], weight.shape[0]};
  out(node, std::move(op), {x.id}, shape);
}

void FloatReader::read_add(const Node& node) {
  node.expect_inputs(2, 2);
  for (const std::size_t i : {std::size_t{0}, std::size_t{1}}) {
    if (is_constant(node.input(i))) {
      add_constant(node, find(node.input(1 - i)), constant(node, i));
      return;
    }
  }
  const Known a = find(node.input(0));
  const Known b = find(node.input(1));
  if (a.shape != b.shape) {
    throw NodeError{"adds " + onnx::shape_text(a.shape) + " and " + onnx::shape_text(b.shape) +
                    ", expected two of one shape"};
  }
  out(node, FloatAdd{}, {inner(a), inner(b)}, a.shape);
}

// A bias, as an exporter writes it behind MatMul.
void FloatReader::add_constant(const Node& node, const Known& x, const Constant& bias) {
  std::vector<float> values = numbers_of(bias);
  const auto channels = static_cast<std::size_t>(x.shape.back());
  if (x.shape.size() != 2 || x.image || !onnx::is_bias(bias.shape, x.shape.back())) {
    throw NodeError{"adds a constant of " + onnx::shape_text(bias.shape) + " to " +
                    onnx::shape_text(x.shape) + ", expected a bias behind MatMul or Gemm"};
  }
  values.resize(channels, values[0]);
  FloatBatchNorm op;  // gamma and variance of 1: what is left is the addition
  op.gamma.assign(channels, 1.0F);
  op.variance.assign(channels, 1.0F);
  op.mean.assign(channels, 0.0F);
  op.beta = std::move(values);
  op.epsilon = 0;
  out(node, std::move(op), {x.id}, x.shape);
}

void FloatReader::read_batch_norm(const Node& node) {
  node.expect_inputs(5, 5);
  node.real("momentum", 0);
  if (node.integer("training_mode", 0) != 0) {
    throw NodeError{"is in training mode"};
  }
  FloatBatchNorm op;
  op.epsilon = node.real("epsilon", 1e-5F);
  if (!std::isfinite(op.epsilon) || op.epsilon < 0) {
    throw NodeError{"has an epsilon of " + std::to_string(op.epsilon) +
                    ", expected a finite number that is not below 0"};
  }
  op.gamma = numbers_of(constant(node, 1));
  op.beta = numbers_of(constant(node, 2));
  op.mean = numbers_of(constant(node, 3));
  op.variance = numbers_of(constant(node, 4));
  if (std::any_of(op.variance.begin(), op.variance.end(), [](float v) { return v < 0; })) {
    throw NodeError{"has a variance below 0"};
  }
  if (op.epsilon == 0 &&
      std::find(op.variance.begin(), op.variance.end(), 0.0F) != op.variance.end()) {
    throw NodeError{"has a variance and an epsilon of 0, and divides by their sum"};
  }
  const Known x = find(node.input(0));
  if (x.shape.size() != 2 && x.shape.size() != 4) {
    throw NodeError{"has an input of " + onnx::shape_text(x.shape) +
                    ", expected 2 or 4 dimensions"};
  }
  out(node, std::move(op), {inner(x)}, x.shape);
}

/// `none` is an infinity; the least and the largest float32, ONNX's own defaults, limit nothing.
float FloatReader::limit(const Node& node, const char* attribute, std::size_t i, float none) {
  float value = none;
  if (node.opset() < 11) {
    value = node.real(attribute, none);
  } else if (node.has(i)) {
    const std::vector<float> values = onnx::floats_of(constant(node, i));
    if (values.size() != 1) {
      throw NodeError{"has a limit that is not one number"};
    }
    value = values[0];
  }
  if (std::abs(value) >= std::numeric_limits<float>::max() &&
      std::signbit(value) == std::signbit(none)) {
    return none;
  }
  if (value != none && !kRealLimitRange(static_cast<double>(value))) {
    throw NodeError{fmt::format("has a {} of {}, expected {}", attribute, value,
                                kRealLimitRange.expected("a number"))};
  }
  return value;
}

void FloatReader::read_clip(const Node& node) {
  FloatClip op;
  if (node.op() == "Relu") {
    node.expect_inputs(1, 1);
    op.low = 0;
  } else {
    node.expect_inputs(1, 3);
    op.low = limit(node, "min", 1, op.low);
    op.high = limit(node, "max", 2, op.high);
  }
  const Known x = find(node.input(0));
  if (x.image) {  // still a flattened image behind it
    define(node.output(0), {layer(node, op, {x.id}, ""), x.shape, x.image});
    return;
  }
  out(node, op, {x.id}, x.shape);
}

void FloatReader::read_pool(const Node& node) {
  node.expect_inputs(1, 1);
  const onnx::WindowAttributes attributes = onnx::window_attributes(node);
  const Known x = image(node);
  const onnx::PlacedWindow placed = onnx::place_window(attributes, x.shape);
  if (placed.window.dilation_h != 1 || placed.window.dilation_w != 1) {
    throw NodeError{"has dilations, which pooling does not support"};
  }
  const Shape shape{x.shape[0], x.shape[1], placed.out_h, placed.out_w};
  if (node.op() == "MaxPool") {
    node.integer("storage_order", 0);  // of the indices, which nobody reads
    out(node, FloatMaxPool{placed.window}, {x.id}, shape);
    return;
  }
  const bool counts_padding = node.integer("count_include_pad", 0) != 0;
  if (counts_padding && attributes.ceil_mode) {
    throw NodeError{"has ceil_mode and count_include_pad, which is not supported"};
  }
  out(node, FloatAveragePool{placed.window, counts_padding}, {x.id}, shape);
}

void FloatReader::read_concat(const Node& node) {
  node.expect_inputs(1, std::max<std::size_t>(1, node.inputs()));
  std::vector<Known> parts;
  std::vector<Shape> shapes;
  for (std::size_t i = 0; i < node.inputs(); ++i) {
    parts.push_back(find(node.input(i)));
    shapes.push_back(parts.back().shape);
  }
  const std::size_t at = onnx::axis_below(node.integer("axis", 1), shapes[0].size());
  const Shape shape = joined_shape(shapes, at);  // in the file's layout, as its mistakes are told
  std::vector<ValueId> ids;
  ids.reserve(parts.size());
  for (const Known& x : parts) {
    ids.push_back(inner(x));
  }
  constexpr std::size_t kInChannelsLast[] = {0, 3, 1, 2};
  out(node, FloatConcat{shape.size() == 4 ? kInChannelsLast[at] : at}, ids, shape);
}

void FloatReader::read_reshape(const Node& node) {
  const std::size_t inputs = node.op() == "Flatten" ? 1 : 2;
  node.expect_inputs(inputs, inputs);
  const Known x = find(node.input(0));
  Shape to;
  if (node.op() == "Flatten") {
    if (node.integer("axis", 1) != 1 || x.shape.empty()) {
      throw NodeError{"has an axis that is not 1, which is not supported"};
    }
    to = {x.shape[0], element_count(x.shape) / x.shape[0]};
  } else {
    node.integer("allowzero", 0);
    to = onnx::integers_of(constant(node, 1));
    std::int64_t known = 1;
    for (std::size_t i = 0; i < to.size(); ++i) {
      to[i] = to[i] == 0 && i < x.shape.size() ? x.shape[i] : to[i];
      known *= to[i] > 0 && to[i] <= element_count(x.shape) ? to[i] : 1;
      known = std::min(known, std::int64_t{1} << 30);
    }
    if (const auto open = std::find(to.begin(), to.end(), -1); open != to.end()) {
      *open = element_count(x.shape) / known;
    }
    if (onnx::checked_elements(to) != element_count(x.shape)) {
      throw NodeError{"has an input of " + onnx::shape_text(x.shape) + " for an output of " +
                      onnx::shape_text(to)};
    }
  }
  if (to == x.shape) {
    define(node.output(0), x);
  } else if (x.shape.size() == 4 && to.size() == 2 && to[0] == 1 && !moves_nothing(x.shape)) {
    define(node.output(0), {x.id, to, x.shape});
  } else if (to.size() == 4) {
    throw NodeError{"makes an image of " + onnx::shape_text(x.shape) + ", which is not supported"};
  } else {
    const ValueId from = x.shape.size() == 4 && !moves_nothing(x.shape) ? plain(x) : inner(x);
    out(node, FloatReshape{to}, {from}, to);
  }
}

}  // namespace systole::quantize
