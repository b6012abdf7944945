#include "sim/workload/layer_builder.hpp"

#include <algorithm>
#include <utility>

#include "sim/workload/geometry.hpp"
#include "sim/workload/scales.hpp"

namespace systole {
namespace {

std::string size_text(std::int64_t h, std::int64_t w) {
  return std::to_string(h) + " x " + std::to_string(w);
}

/// Inputs of an operator; 0: any number.
std::size_t input_limit(TraceOp op) {
  switch (op) {
    case TraceOp::Add:
    case TraceOp::Sub:
    case TraceOp::Mul:
    case TraceOp::MatMul:
    case TraceOp::BatchMatMul:
    case TraceOp::Maximum:
    case TraceOp::Minimum:
    case TraceOp::SquaredDifference:
    case TraceOp::Prelu:
      return 2;
    case TraceOp::Concat:
      return 0;
    default:
      return 1;
  }
}

}  // namespace

bool LayerBuilder::fail(const std::string& key, const std::string& what) {
  const std::size_t end = key.find_first_of(".[");
  const YAML::Node outer = trace_.reader.raw(key.substr(0, end));
  if (end == std::string::npos || !outer.IsDefined()) {
    trace_.reader.error(key, what);
  } else if (key[end] == '[') {
    trace_.reader.error_at(std::as_const(outer)[std::stoul(key.substr(end + 1))], key, what);
  } else {
    trace_.reader.error_at(std::as_const(outer)[key.substr(end + 1)], key, what);
  }
  return false;
}

std::optional<TensorId> LayerBuilder::build(std::vector<TensorId> inputs) {
  inputs_ = std::move(inputs);
  ofmap_ = {trace_.name, {}, trace_.output.format, trace_.output.scale, trace_.output.zero_point,
            std::nullopt};
  if (!has_right_input_count()) {
    return std::nullopt;
  }
  auto op = build_op();
  if (!op) {
    return std::nullopt;
  }
  if (!checked_elements(ofmap_.shape)) {
    fail("name", "its output " + shape_text(ofmap_.shape) + " has more than 2^31 elements");
    return std::nullopt;
  }
  const TensorId output = network_.tensors.size();
  network_.tensors.push_back(std::move(ofmap_));
  network_.layers.push_back({trace_.name, *std::move(op), std::move(inputs_), output,
                             trace_.mapping, std::move(trace_.mapping_places)});
  return output;
}

std::optional<LayerOp> LayerBuilder::build_op() {
  switch (trace_.op) {
    case TraceOp::Conv2d:
    case TraceOp::DepthwiseConv2d:
      return build_conv();
    case TraceOp::FullyConnected:
      return build_fully_connected();
    case TraceOp::MatMul:
      return build_matmul();
    case TraceOp::MaxPool2d:
      return build_pool<MaxPool>();
    case TraceOp::AveragePool2d:
    case TraceOp::GlobalAveragePool2d:
      return build_pool<AveragePool>();
    case TraceOp::Add:
      return build_add();
    case TraceOp::Reshape:
      return build_reshape();
    default:
      return build_host_op();
  }
}

bool LayerBuilder::has_right_input_count() {
  constexpr std::size_t kMostConcatenated = 10'000;
  const std::size_t most = input_limit(trace_.op) == 0 ? kMostConcatenated : input_limit(trace_.op);
  const std::size_t least = trace_.op == TraceOp::MatMul || trace_.op == TraceOp::Concat ? 1 : most;
  if (inputs_.size() >= least && inputs_.size() <= most) {
    return true;
  }
  return fail("inputs", trace_op_name(trace_.op) + " has " + std::to_string(inputs_.size()) +
                            " inputs, expected " +
                            (trace_.op == TraceOp::Concat ? "1 to 10000"
                             : least < most               ? "1 or 2"
                                                          : std::to_string(most)));
}

bool LayerBuilder::has_rows() {
  return !input(0).shape.empty() ||
         fail("inputs[0]",
              "'" + input(0).name + "' has the shape [], expected one dimension or more");
}

bool LayerBuilder::has_image() {
  if (input(0).shape.size() == 4) {
    return true;
  }
  return fail("inputs[0]", "'" + input(0).name + "' has the shape " + shape_text(input(0).shape) +
                               ", expected four dimensions, [N, H, W, C]");
}

bool LayerBuilder::set_window_output(std::int64_t channels) {
  const Shape& ifmap = input(0).shape;
  Window& window = trace_.window;
  if (trace_.padding == PaddingRule::Same) {
    pad_same(window, ifmap[1], ifmap[2]);
  }
  const OutputSize size = output_size(window, ifmap[1], ifmap[2]);
  if (!size.h || !size.w) {
    return fail(trace_.reader.has("kernel") ? "kernel" : "weights",
                "the window is " +
                    size_text(kernel_span(window.kernel_h, window.dilation_h),
                              kernel_span(window.kernel_w, window.dilation_w)) +
                    ", expected at most the padded input's " +
                    size_text(ifmap[1] + window.pad_top + window.pad_bottom,
                              ifmap[2] + window.pad_left + window.pad_right));
  }
  ofmap_.shape = {ifmap[0], *size.h, *size.w, channels};
  return true;
}

std::optional<LayerOp> LayerBuilder::build_conv() {
  if (!has_image()) {
    return std::nullopt;
  }
  Conv2d conv;
  const std::int64_t ifmap_channels = input(0).shape[3];
  const bool is_depthwise = trace_.op == TraceOp::DepthwiseConv2d;
  conv.groups = is_depthwise ? ifmap_channels : trace_.groups;
  if (ifmap_channels % conv.groups != 0) {
    fail("groups", std::to_string(conv.groups) + " groups do not divide the " +
                       std::to_string(ifmap_channels) + " channels of '" + input(0).name + "'");
    return std::nullopt;
  }
  if (!add_weights({trace_.out_channels, trace_.window.kernel_h, trace_.window.kernel_w,
                    ifmap_channels / conv.groups},
                   {"out_channels", "kernel height", "kernel width", ""})) {
    return std::nullopt;
  }
  const Shape weights = input(1).shape;
  if (weights[0] % conv.groups != 0) {
    fail(is_depthwise ? "weights" : "groups",
         std::to_string(conv.groups) + (is_depthwise ? " input channels" : " groups") +
             " do not divide the " + std::to_string(weights[0]) + " output channels");
    return std::nullopt;
  }
  trace_.window.kernel_h = weights[1];
  trace_.window.kernel_w = weights[2];
  conv.has_bias = trace_.bias.given;
  const bool has_output = set_window_output(weights[0]);
  const bool has_bias = add_bias(weights[0]);  // each reports its own errors
  if (!set_requantizer(conv.requant, weights[0], false) || !has_output || !has_bias) {
    return std::nullopt;
  }
  conv.window = trace_.window;
  return conv;
}

std::optional<LayerOp> LayerBuilder::build_fully_connected() {
  FullyConnected dense;
  if (!has_rows() ||
      !add_weights({trace_.out_channels, input(0).shape.back()}, {"out_channels", ""})) {
    return std::nullopt;
  }
  const std::int64_t channels = input(1).shape[0];
  ofmap_.shape = {input(0).elements() / input(1).shape[1], channels};
  if (!trace_.shape.empty()) {
    if (checked_elements(trace_.shape) != element_count(ofmap_.shape) ||
        trace_.shape.back() != channels) {
      fail("shape", shape_text(trace_.shape) + " cannot hold " + shape_text(ofmap_.shape) +
                        ", expected the same elements and the same last size");
      return std::nullopt;
    }
    ofmap_.shape = trace_.shape;
  }
  dense.has_bias = trace_.bias.given;
  const bool has_bias = add_bias(channels);  // each reports its own errors
  if (!set_requantizer(dense.requant, channels, true) || !has_bias) {
    return std::nullopt;
  }
  return dense;
}

std::optional<LayerOp> LayerBuilder::build_matmul() {
  for (std::size_t i = 0; i < inputs_.size(); ++i) {
    if (input(i).shape.size() != 2) {
      fail("inputs[" + std::to_string(i) + "]", "'" + input(i).name + "' has the shape " +
                                                    shape_text(input(i).shape) +
                                                    ", expected two dimensions");
      return std::nullopt;
    }
  }
  const bool is_constant = inputs_.size() == 1;
  if (!is_constant && (trace_.weights.given || trace_.out_channels != 0)) {
    fail(trace_.weights.given ? "weights" : "out_channels", "given beside a second input");
    return std::nullopt;
  }
  const std::int64_t depth = input(0).shape[1];
  if (is_constant && !add_weights({depth, trace_.out_channels}, {"", "out_channels"})) {
    return std::nullopt;
  }
  if (input(1).shape[0] != depth) {
    fail("inputs[1]", "'" + input(1).name + "' has the shape " + shape_text(input(1).shape) +
                          ", expected [" + std::to_string(depth) + ", columns]");
    return std::nullopt;
  }
  ofmap_.shape = {input(0).shape[0], input(1).shape[1]};
  MatMul product;
  if (!set_requantizer(product.requant, ofmap_.shape[1], true)) {
    return std::nullopt;
  }
  return product;
}

template <typename Pool>
std::optional<LayerOp> LayerBuilder::build_pool() {
  if (!has_image()) {
    return std::nullopt;
  }
  Window& window = trace_.window;
  const Shape& ifmap = input(0).shape;
  if (trace_.op == TraceOp::GlobalAveragePool2d) {
    window.kernel_h = ifmap[1];
    window.kernel_w = ifmap[2];
  }
  if (window.kernel_h == 0) {
    fail("kernel", "missing, expected one integer or two, [height, width]");
    return std::nullopt;
  }
  if (!set_window_output(ifmap[3])) {
    return std::nullopt;
  }
  if (std::max(window.pad_top, window.pad_bottom) >= window.kernel_h ||
      std::max(window.pad_left, window.pad_right) >= window.kernel_w) {
    fail("padding", "is as large as the window, expected less: a window must see the image");
    return std::nullopt;
  }
  keep_numbers();
  Pool pool;
  pool.window = window;
  if (!set_limits(pool.clamp_min, pool.clamp_max)) {
    return std::nullopt;
  }
  return pool;
}

std::optional<LayerOp> LayerBuilder::build_add() {
  Add add;
  add.left_shift = tflite_multipliers::sum_left_shift(widest_operand());
  if (!set_repeated_shape() || !set_sum(add, tflite_multipliers::of_add)) {
    return std::nullopt;
  }
  return add;
}

std::uint32_t LayerBuilder::widest_operand() const {
  return std::max(input(0).format.bits, input(1).format.bits);
}

bool LayerBuilder::set_sum(Add& sum, const SumDerivation& derive) {
  const Tensor& a = input(0);
  const Tensor& b = input(1);
  const RequantTrace& given = trace_.requant;
  const bool has_own_shift = given.given() && (!given.scale.empty() || given.left_shift);
  if (!has_integers()) {
    return false;
  }
  if (sum.left_shift < 0 && !has_own_shift) {
    const auto bits = static_cast<std::int32_t>(widest_operand());
    return fail("inputs", "have " + std::to_string(bits) + " bits, expected at most " +
                              std::to_string(bits + sum.left_shift) + ": " +
                              trace_op_name(trace_.op) + " computes in 32 bits");
  }
  sum.input_zero_point = {a.zero_point, b.zero_point};
  sum.output.zero_point = ofmap_.zero_point;
  const bool has_limits = set_limits(sum.output.clamp_min, sum.output.clamp_max);
  if (trace_.requant.given()) {
    take_constants(sum.output);
    sum.left_shift = given.left_shift.value_or(sum.left_shift);
    for (std::size_t i = 0; i < sum.input.size(); ++i) {
      if (given.scale.empty()) {
        sum.input[i] = {given.operand_multiplier[i], given.operand_exponent[i]};
      } else {
        sum.input_scale[i] = given.operand_scale[i];
      }
    }
    return has_limits;
  }
  if (!has_scales(b) || !has_limits) {
    return false;
  }
  if (all_have_scales() &&
      !set_sum_multipliers(sum, derive(a.scale[0], b.scale[0], ofmap_.scale[0], sum.left_shift))) {
    return fail("output",
                "its scale is too small for those of the inputs: the sum would be "
                "multiplied by 2^30 or more");
  }
  return true;
}

std::optional<LayerOp> LayerBuilder::build_reshape() {
  const Tensor& ifmap = input(0);
  Shape shape = trace_.shape;
  const auto open = std::find(shape.begin(), shape.end(), -1);
  if (open != shape.end()) {
    *open = 1;
    const auto others = checked_elements(shape);  // nothing: a second -1, a 0, or too large
    *open = others ? ifmap.elements() / *others : 0;
  }
  if (shape.empty() || checked_elements(shape) != ifmap.elements()) {
    fail("shape", shape_text(trace_.shape) + " cannot hold '" + ifmap.name + "' " +
                      shape_text(ifmap.shape) + ", expected " + std::to_string(ifmap.elements()) +
                      " elements (one size may be -1)");
    return std::nullopt;
  }
  keep_numbers();
  ofmap_.shape = std::move(shape);
  return Reshape{};
}

}  // namespace systole
