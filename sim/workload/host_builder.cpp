// The part of LayerBuilder that is about operators of the host.

#include <algorithm>
#include <limits>

#include "sim/workload/geometry.hpp"
#include "sim/workload/layer_builder.hpp"
#include "sim/workload/scales.hpp"

namespace systole {

std::optional<LayerOp> LayerBuilder::build_host_op() {
  switch (trace_.op) {
    case TraceOp::Sub:
      return build_sub();
    case TraceOp::Mul:
      return build_mul();
    case TraceOp::Mean:
      return build_mean(/*is_sum=*/false);
    case TraceOp::Sum:
      return build_mean(/*is_sum=*/true);
    case TraceOp::Maximum:
    case TraceOp::Minimum:
      return build_extremum(trace_.op == TraceOp::Maximum);
    case TraceOp::ReduceMax:
    case TraceOp::ReduceMin:
      return build_reduce_extremum(trace_.op == TraceOp::ReduceMax);
    case TraceOp::ArgMax:
    case TraceOp::ArgMin:
      return build_arg_extremum(trace_.op == TraceOp::ArgMax);
    case TraceOp::SquaredDifference:
      return build_squared_difference();
    case TraceOp::Lookup:
      return build_lookup();
    case TraceOp::Gather:
      return build_gather();
    case TraceOp::Prelu:
      return build_prelu();
    case TraceOp::L2Normalization:
      return build_l2_normalization();
    case TraceOp::Pad:
      return build_pad();
    case TraceOp::Concat:
      return build_concat();
    case TraceOp::Transpose:
      return build_transpose();
    case TraceOp::StridedSlice:
      return build_strided_slice();
    case TraceOp::Softmax:
      return build_softmax();
    case TraceOp::Logistic:
      return build_logistic();
    case TraceOp::Relu:
      return build_relu();
    case TraceOp::LeakyRelu:
      return build_leaky_relu();
    case TraceOp::Requantize:
      return build_requantize();
    case TraceOp::ResizeNearest:
      return build_resize<ResizeNearest>();
    case TraceOp::ResizeBilinear:
      return build_resize<ResizeBilinear>();
    case TraceOp::TransposeConv2d:
      return build_transpose_conv();
    case TraceOp::BatchMatMul:
      return build_batch_matmul();
    case TraceOp::Quantize:
    case TraceOp::Dequantize: {
      const bool to_float = trace_.op == TraceOp::Dequantize;
      if (input(0).format.is_float == to_float) {
        fail("inputs[0]",
             "'" + input(0).name + "' holds " +
                 (to_float ? "floats, expected integers" : "integers, expected floats"));
        return std::nullopt;
      }
      const Tensor& quantized = to_float ? input(0) : ofmap_;
      if (!shapes_only_ && quantized.scale.empty()) {
        fail(to_float ? "inputs[0]" : "output", "has no scale, expected one");
        return std::nullopt;
      }
      ofmap_.shape = input(0).shape;
      if (to_float) {
        ofmap_.format = {32, true, true};
        return systole::Dequantize{};
      }
      return systole::Quantize{};
    }
    default:
      throw std::logic_error{"an operator of the host has no builder"};
  }
}

void LayerBuilder::keep_numbers() {
  ofmap_.format = input(0).format;
  ofmap_.scale = input(0).scale;
  ofmap_.zero_point = input(0).zero_point;
}

bool LayerBuilder::all_have_scales() const {
  return !ofmap_.scale.empty() && std::all_of(inputs_.begin(), inputs_.end(), [this](TensorId id) {
    return !network_.tensor(id).scale.empty();
  });
}

bool LayerBuilder::set_single_requantizer(
    Requantizer& requant, const std::function<std::optional<QuantizedMultiplier>()>& derive) {
  requant.zero_point = ofmap_.zero_point;
  if (!has_integers() || !set_limits(requant.clamp_min, requant.clamp_max)) {
    return false;
  }
  if (trace_.requant.given()) {
    take_constants(requant);
    return requant.entries() == 1 ||
           fail("requant", "has " + std::to_string(requant.entries()) + " constants, expected 1");
  }
  if (!all_have_scales()) {
    return shapes_only_ || fail("output", "it and the inputs need scales, or requant");
  }
  const std::optional<QuantizedMultiplier> q = derive();
  if (!q) {
    return fail("output", "its scale is too small for those of the inputs");
  }
  requant.multiplier = {q->multiplier};
  requant.exponent = {q->exponent};
  return true;
}

bool LayerBuilder::set_repeated_shape() {
  const Tensor& a = input(0);
  const Tensor& b = input(1);
  Shape result(std::max(a.shape.size(), b.shape.size()), 1);
  for (const Tensor* operand : {&a, &b}) {
    const std::size_t missing = result.size() - operand->shape.size();
    for (std::size_t axis = 0; axis < operand->shape.size(); ++axis) {
      std::int64_t& size = result[missing + axis];
      const std::int64_t other = operand->shape[axis];
      if (size != other && size != 1 && other != 1) {
        return fail("inputs", "the shapes differ: '" + a.name + "' is " + shape_text(a.shape) +
                                  ", '" + b.name + "' is " + shape_text(b.shape));
      }
      size = std::max(size, other);
    }
  }
  ofmap_.shape = std::move(result);
  return true;
}

std::int64_t LayerBuilder::largest_distance(std::size_t operand) const {
  const Tensor& tensor = input(operand);
  const std::int64_t zero_point = tensor.zero_point;
  if (!tensor.data) {
    return std::max(zero_point - tensor.format.min(), tensor.format.max() - zero_point);
  }
  std::int64_t largest = 0;
  for (const std::int64_t value : *tensor.data) {
    largest = std::max(largest, std::abs(value - zero_point));
  }
  return largest;
}

bool LayerBuilder::fits_host(std::int64_t a, std::int64_t b) {
  constexpr std::int64_t kMost = std::numeric_limits<std::int32_t>::max();
  return has_integers() &&
         (a == 0 || b <= kMost / a ||
          fail("inputs", trace_op_name(trace_.op) +
                             " of such bits and zero points may be above 2^31 - 1, expected "
                             "fewer bits: it computes in 32"));
}

bool LayerBuilder::has_integers() {
  const auto real = std::find_if(inputs_.begin(), inputs_.end(), [this](TensorId id) {
    return network_.tensor(id).format.is_float;
  });
  return real == inputs_.end() ||
         fail("inputs", quoted(network_.tensor(*real).name) + " is float32, and " +
                            trace_op_name(trace_.op) + " takes integers: quantize makes them");
}

std::optional<LayerOp> LayerBuilder::build_sub() {
  Sub sub;
  sub.terms.left_shift = tflite_multipliers::sum_left_shift(widest_operand());
  const auto derive = [this](float a, float b, float ofmap, std::int32_t left_shift) {
    return tflite_multipliers::of_sub(a, b, ofmap, left_shift, input(1).format.is_signed);
  };
  if (!set_repeated_shape() || !set_sum(sub.terms, derive)) {
    return std::nullopt;
  }
  return sub;
}

std::optional<LayerOp> LayerBuilder::build_mul() {
  Mul mul;
  const auto derive = [this] {
    return checked_multiplier(tflite_multipliers::of_mul(scale_of(0), scale_of(1), ofmap_scale(),
                                                         input(1).format.is_signed));
  };
  if (!set_repeated_shape() || !fits_host(largest_distance(0), largest_distance(1)) ||
      !set_single_requantizer(mul.output, derive)) {
    return std::nullopt;
  }
  return mul;
}

std::optional<LayerOp> LayerBuilder::build_softmax() {
  if (!has_rows()) {
    return std::nullopt;
  }
  ofmap_.shape = input(0).shape;
  ofmap_.scale = {1.0F / 256};
  ofmap_.zero_point = static_cast<std::int32_t>(ofmap_.format.min());
  Softmax softmax;
  if (trace_.requant.multiplier.size() == 1) {
    softmax.input = {trace_.requant.multiplier[0], trace_.requant.exponent[0]};
  } else if (!input(0).scale.empty()) {
    softmax.input = quantize_multiplier(
        tflite_multipliers::of_softmax(scale_of(0), static_cast<float>(trace_.host.beta)));
  } else if (!shapes_only_) {
    fail("inputs[0]", "'" + input(0).name + "' has no scale, expected one, or requant");
    return std::nullopt;
  }
  const bool flushed = softmax.input.multiplier == 0 && !input(0).scale.empty();
  if (softmax.input.exponent < 0 || flushed) {
    fail("inputs[0]", "has so small a scale times beta that the kernels do not take it");
    return std::nullopt;
  }
  softmax.diff_min = -saturation_radius(tflite_multipliers::kSoftmaxIntegerBits, softmax.input);
  return softmax;
}

std::optional<LayerOp> LayerBuilder::build_logistic() {
  ofmap_.shape = input(0).shape;
  ofmap_.scale = {1.0F / 256};
  ofmap_.zero_point = static_cast<std::int32_t>(ofmap_.format.min());
  Logistic logistic;
  if (trace_.requant.multiplier.size() == 1) {
    logistic.input = {trace_.requant.multiplier[0], trace_.requant.exponent[0]};
  } else if (!input(0).scale.empty()) {
    logistic.input = quantize_multiplier(tflite_multipliers::of_logistic(scale_of(0)));
  } else if (!shapes_only_) {
    fail("inputs[0]", "'" + input(0).name + "' has no scale, expected one, or requant");
    return std::nullopt;
  }
  logistic.radius = saturation_radius(tflite_multipliers::kLogisticIntegerBits, logistic.input);
  return logistic;
}

std::optional<LayerOp> LayerBuilder::build_relu() {
  ofmap_.shape = input(0).shape;
  Relu relu;
  const auto derive = [this] {
    return checked_multiplier(
        tflite_multipliers::of_relu(scale_of(0), ofmap_scale(), input(0).format.is_signed));
  };
  if (!set_single_requantizer(relu.requant, derive)) {
    return std::nullopt;
  }
  return relu;
}

std::optional<LayerOp> LayerBuilder::build_requantize() {
  ofmap_.shape = input(0).shape;
  systole::Requantize op;
  const auto derive = [this] {
    return checked_multiplier(tflite_multipliers::of_rescaling(scale_of(0), ofmap_scale()));
  };
  if (!set_single_requantizer(op.requant, derive)) {
    return std::nullopt;
  }
  return op;
}

template <typename Op>
std::optional<LayerOp> LayerBuilder::build_resize() {
  if (!has_image()) {
    return std::nullopt;
  }
  if (trace_.host.size.size() != 2) {
    fail("size", "expected two sizes, [height, width]");
    return std::nullopt;
  }
  if (trace_.host.align_corners && trace_.host.half_pixel_centers) {
    fail("half_pixel_centers", "given beside align_corners, expected one of the two");
    return std::nullopt;
  }
  keep_numbers();
  ofmap_.shape = {input(0).shape[0], trace_.host.size[0], trace_.host.size[1], input(0).shape[3]};
  return Op{trace_.host.align_corners, trace_.host.half_pixel_centers};
}

std::optional<LayerOp> LayerBuilder::build_transpose_conv() {
  if (!has_image() || !add_weights({trace_.out_channels, trace_.window.kernel_h,
                                    trace_.window.kernel_w, input(0).shape[3]},
                                   {"out_channels", "kernel height", "kernel width", ""})) {
    return std::nullopt;
  }
  const Shape ifmap = input(0).shape;
  const Shape weights = input(1).shape;
  Window& window = trace_.window;
  window.kernel_h = weights[1];
  window.kernel_w = weights[2];
  const bool is_same = trace_.padding == PaddingRule::Same;
  std::int64_t out_h = ifmap[1] * window.stride_h;
  std::int64_t out_w = ifmap[2] * window.stride_w;
  if (trace_.host.size.size() == 2) {
    out_h = trace_.host.size[0];
    out_w = trace_.host.size[1];
  } else if (!is_same) {
    out_h += window.kernel_h - window.stride_h - window.pad_top - window.pad_bottom;
    out_w += window.kernel_w - window.stride_w - window.pad_left - window.pad_right;
  }
  if (out_h < 1 || out_w < 1) {
    fail("padding", "leaves nothing of the output");
    return std::nullopt;
  }
  // The window slides over the output, and the input has an element for each of its places.
  if (is_same) {
    pad_same(window, out_h, out_w);
  }
  const OutputSize places = output_size(window, out_h, out_w);
  if (places.h != ifmap[1] || places.w != ifmap[2]) {
    fail("size", "on [" + std::to_string(out_h) + ", " + std::to_string(out_w) +
                     "] the window has " + std::to_string(places.h.value_or(0)) + " x " +
                     std::to_string(places.w.value_or(0)) + " places, expected as many as '" +
                     input(0).name + "' has pixels, " + std::to_string(ifmap[1]) + " x " +
                     std::to_string(ifmap[2]));
    return std::nullopt;
  }
  ofmap_.shape = {ifmap[0], out_h, out_w, weights[0]};
  TransposeConv conv;
  conv.window = window;
  conv.has_bias = trace_.bias.given;
  const bool has_bias = add_bias(weights[0]);
  if (!set_requantizer(conv.requant, weights[0], false) || !has_bias) {
    return std::nullopt;
  }
  return conv;
}

std::optional<LayerOp> LayerBuilder::build_batch_matmul() {
  const BatchMatMul flags{trace_.host.transpose_a, trace_.host.transpose_b, {}};
  const Shape& a = input(0).shape;
  const Shape& b = input(1).shape;
  for (std::size_t i = 0; i < 2; ++i) {
    if (input(i).shape.size() < 2) {
      fail("inputs[" + std::to_string(i) + "]", "'" + input(i).name + "' has the shape " +
                                                    shape_text(input(i).shape) +
                                                    ", expected two dimensions or more");
      return std::nullopt;
    }
  }
  const auto size = [](const Shape& shape, bool transposed, bool row) {
    return shape[shape.size() - (row == transposed ? 1 : 2)];
  };
  const std::size_t rank = std::max(a.size(), b.size());
  bool fits = size(a, flags.transpose_a, false) == size(b, flags.transpose_b, true);
  for (std::size_t axis = 0; axis + 2 < rank; ++axis) {
    const auto of = [&](const Shape& shape) {
      const std::size_t missing = rank - shape.size();
      return axis < missing ? 1 : shape[axis - missing];
    };
    fits = fits && (of(a) == of(b) || of(a) == 1 || of(b) == 1);
    ofmap_.shape.push_back(std::max(of(a), of(b)));
  }
  ofmap_.shape.push_back(size(a, flags.transpose_a, true));
  ofmap_.shape.push_back(size(b, flags.transpose_b, false));
  if (!fits) {
    fail("inputs", "the shapes do not fit: '" + input(0).name + "' is " + shape_text(a) + ", '" +
                       input(1).name + "' is " + shape_text(b));
    return std::nullopt;
  }
  BatchMatMul product = flags;
  const auto derive = [this] {
    return checked_multiplier(
        tflite_multipliers::of_product(scale_of(0), scale_of(1), ofmap_scale()));
  };
  if (!set_single_requantizer(product.requant, derive)) {
    return std::nullopt;
  }
  return product;
}

}  // namespace systole
