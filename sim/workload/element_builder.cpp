// The part of LayerBuilder about operators of the host that reduce axes, choose, look up or compare
// elements.

#include <algorithm>

#include "sim/workload/geometry.hpp"
#include "sim/workload/layer_builder.hpp"
#include "sim/workload/scales.hpp"

namespace systole {

std::optional<std::size_t> LayerBuilder::own_axis() {
  const Shape& shape = input(0).shape;
  const auto rank = static_cast<std::int64_t>(shape.size());
  if (trace_.host.axis < -rank || trace_.host.axis >= rank) {
    fail("axis", std::to_string(trace_.host.axis) + " is no axis of '" + input(0).name + "' " +
                     shape_text(shape));
    return std::nullopt;
  }
  return static_cast<std::size_t>((trace_.host.axis + rank) % rank);
}

std::optional<std::vector<std::size_t>> LayerBuilder::reduced_axes() {
  const Shape& shape = input(0).shape;
  const auto rank = static_cast<std::int64_t>(shape.size());
  std::vector<bool> reduced(shape.size(), false);
  for (const std::int64_t axis : trace_.host.axes) {
    if (axis < -rank || axis >= rank || reduced[static_cast<std::size_t>((axis + rank) % rank)]) {
      fail("axes", std::to_string(axis) + " comes twice or is no axis of '" + input(0).name + "' " +
                       shape_text(shape));
      return std::nullopt;
    }
    reduced[static_cast<std::size_t>((axis + rank) % rank)] = true;
  }
  std::vector<std::size_t> axes;
  for (std::size_t axis = 0; axis < shape.size(); ++axis) {
    if (reduced[axis]) {
      axes.push_back(axis);
    }
    if (!reduced[axis] || trace_.host.keep_dims) {
      ofmap_.shape.push_back(reduced[axis] ? 1 : shape[axis]);
    }
  }
  return axes;
}

std::optional<LayerOp> LayerBuilder::build_mean(bool is_sum) {
  auto axes = reduced_axes();
  if (!axes) {
    return std::nullopt;
  }
  Mean mean;
  mean.axes = *std::move(axes);
  mean.is_sum = is_sum;
  std::int64_t count = 1;
  for (const std::size_t axis : mean.axes) {
    count *= input(0).shape[axis];
  }
  if (!fits_host(count, largest_distance(0))) {
    return std::nullopt;
  }
  const auto derive = [&] {
    const auto sum =
        checked_multiplier(tflite_multipliers::of_rescaling(scale_of(0), ofmap_scale()));
    return is_sum || !sum ? sum : std::optional{tflite_multipliers::of_mean(*sum, count)};
  };
  if (!set_single_requantizer(mean.requant, derive)) {
    return std::nullopt;
  }
  return mean;
}

std::optional<LayerOp> LayerBuilder::build_extremum(bool largest) {
  const Tensor& a = input(0);
  const Tensor& b = input(1);
  if (a.format != b.format || a.scale != b.scale || a.zero_point != b.zero_point) {
    fail("inputs[1]", "'" + b.name + "' has another format, scale or zero point than '" + a.name +
                          "', expected the same");
    return std::nullopt;
  }
  if (!set_repeated_shape()) {
    return std::nullopt;
  }
  keep_numbers();
  return Extremum{largest};
}

std::optional<LayerOp> LayerBuilder::build_reduce_extremum(bool largest) {
  auto axes = reduced_axes();
  if (!axes) {
    return std::nullopt;
  }
  keep_numbers();
  return ReduceExtremum{*std::move(axes), largest};
}

std::optional<LayerOp> LayerBuilder::build_arg_extremum(bool largest) {
  const auto axis = own_axis();
  if (!axis) {
    return std::nullopt;
  }
  ofmap_.shape = input(0).shape;
  const auto at = ofmap_.shape.begin() + static_cast<std::ptrdiff_t>(*axis);
  if (trace_.host.keep_dims) {
    *at = 1;
  } else {
    ofmap_.shape.erase(at);
  }
  ofmap_.format = {32, true};
  return ArgExtremum{*axis, largest};
}

std::optional<LayerOp> LayerBuilder::build_squared_difference() {
  SquaredDifference op;
  op.terms.left_shift = tflite_multipliers::square_left_shift(widest_operand());
  if (!set_repeated_shape() || !set_sum(op.terms, tflite_multipliers::of_squared_difference)) {
    return std::nullopt;
  }
  return op;
}

std::optional<LayerOp> LayerBuilder::build_lookup() {
  const ElementFormat from = input(0).format;
  const std::vector<std::int32_t>& table = trace_.host.table;
  constexpr std::uint8_t kMaxBits = 16;
  const std::int64_t entries = from.max() - from.min() + 1;
  if (from.bits > kMaxBits || static_cast<std::int64_t>(table.size()) != entries) {
    fail("table", "has " + std::to_string(table.size()) +
                      " entries, expected one for each of the " + std::to_string(from.bits) +
                      "-bit integers of '" + input(0).name + "'");
    return std::nullopt;
  }
  for (const std::int32_t value : table) {
    if (value < ofmap_.format.min() || value > ofmap_.format.max()) {
      fail("table", std::to_string(value) + " is out of range of the output");
      return std::nullopt;
    }
  }
  ofmap_.shape = input(0).shape;
  return systole::Lookup{table};
}

std::optional<LayerOp> LayerBuilder::build_gather() {
  const auto axis = own_axis();
  if (!axis) {
    return std::nullopt;
  }
  const std::vector<std::int32_t>& indices = trace_.host.indices;
  const std::int64_t size = input(0).shape[*axis];
  const auto outside = std::find_if(indices.begin(), indices.end(),
                                    [&](std::int32_t index) { return index >= size; });
  if (indices.empty() || outside != indices.end()) {
    fail("indices", (indices.empty() ? "is empty" : std::to_string(*outside) + " is out of range") +
                        ", expected 0.." + std::to_string(size - 1) + " of '" + input(0).name +
                        "' " + shape_text(input(0).shape));
    return std::nullopt;
  }
  keep_numbers();
  ofmap_.shape = input(0).shape;
  ofmap_.shape[*axis] = static_cast<std::int64_t>(indices.size());
  return Gather{*axis, {indices.begin(), indices.end()}};
}

/// The slopes that the trace gives, else `of_scales()`; none where shapes are all that there is.
template <typename Op, typename OfScales>
std::optional<LayerOp> LayerBuilder::build_slopes(const char* inputs, OfScales of_scales) {
  const RequantTrace& given = trace_.requant;
  if (given.multiplier.size() == 2) {
    return Op{{given.multiplier[0], given.exponent[0]}, {given.multiplier[1], given.exponent[1]}};
  }
  if (given.given()) {
    fail("requant", "expected two multipliers and exponents, of x and of alpha times x");
    return std::nullopt;
  }
  if (all_have_scales()) {
    const tflite_multipliers::Slopes reals = of_scales();
    const auto identity = checked_multiplier(reals.identity);
    const auto alpha = checked_multiplier(reals.alpha);
    if (!identity || !alpha) {
      fail("output", "its scale is too small for those of the inputs");
      return std::nullopt;
    }
    return Op{*identity, *alpha};
  }
  if (!shapes_only_) {
    fail("output", std::string{"it and the "} + inputs + " scales, or requant");
    return std::nullopt;
  }
  return Op{};
}

std::optional<LayerOp> LayerBuilder::build_prelu() {
  if (!set_repeated_shape()) {
    return std::nullopt;
  }
  if (ofmap_.shape != input(0).shape) {
    fail("inputs[1]", "'" + input(1).name + "' " + shape_text(input(1).shape) +
                          " is larger than '" + input(0).name + "' " + shape_text(input(0).shape));
    return std::nullopt;
  }
  if (!fits_host(largest_distance(0), largest_distance(1))) {
    return std::nullopt;
  }
  return build_slopes<Prelu>("inputs need", [&] {
    return tflite_multipliers::of_prelu(scale_of(0), scale_of(1), ofmap_scale());
  });
}

std::optional<LayerOp> LayerBuilder::build_leaky_relu() {
  ofmap_.shape = input(0).shape;
  return build_slopes<LeakyRelu>("input need", [&] {
    return tflite_multipliers::of_leaky_relu(scale_of(0), static_cast<float>(trace_.host.alpha),
                                             ofmap_scale());
  });
}

std::optional<LayerOp> LayerBuilder::build_l2_normalization() {
  constexpr std::int64_t kMostElements = 33'000;  // whose squares fit an int32
  const ElementFormat format = input(0).format;
  if (!has_rows()) {
    return std::nullopt;
  }
  if (input(0).shape.back() > kMostElements || format.bits > 8 || ofmap_.format.bits > 8) {
    fail("inputs[0]", "'" + input(0).name + "' " + shape_text(input(0).shape) +
                          ", expected rows of 33000 elements of 8 bits at most");
    return std::nullopt;
  }
  ofmap_.shape = input(0).shape;
  ofmap_.scale = {1.0F / 128};
  ofmap_.zero_point = 0;
  return L2Normalization{};
}

}  // namespace systole
