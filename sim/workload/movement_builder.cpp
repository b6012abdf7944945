// The part of LayerBuilder about operators of the host that move elements and leave them as they
// are.

#include <algorithm>
#include <functional>
#include <numeric>

#include "sim/workload/geometry.hpp"
#include "sim/workload/layer_builder.hpp"

namespace systole {
namespace {

std::int64_t product_of(const Shape& sizes) {
  return std::accumulate(sizes.begin(), sizes.end(), std::int64_t{1}, std::multiplies<>{});
}

}  // namespace

bool LayerBuilder::has_axes(const std::string& key, std::size_t count) {
  const std::size_t rank = input(0).shape.size();
  return count == rank ||
         fail(key, "has " + std::to_string(count) + " values, expected " + std::to_string(rank) +
                       ", one for each dimension of '" + input(0).name + "'");
}

std::optional<LayerOp> LayerBuilder::build_pad() {
  const Shape& shape = input(0).shape;
  if (!has_axes("before", trace_.host.before.size()) ||
      !has_axes("after", trace_.host.after.size())) {
    return std::nullopt;
  }
  keep_numbers();
  Pad pad{trace_.host.before, trace_.host.after, trace_.host.value.value_or(ofmap_.zero_point)};
  if (pad.value < ofmap_.format.min() || pad.value > ofmap_.format.max()) {
    fail("value", std::to_string(pad.value) + " is out of range of '" + input(0).name + "'");
    return std::nullopt;
  }
  for (std::size_t axis = 0; axis < shape.size(); ++axis) {
    ofmap_.shape.push_back(pad.before[axis] + shape[axis] + pad.after[axis]);
  }
  return pad;
}

std::optional<LayerOp> LayerBuilder::build_concat() {
  keep_numbers();
  ofmap_.shape = input(0).shape;
  const auto own = own_axis();
  if (!own) {
    return std::nullopt;
  }
  const std::size_t axis = *own;
  for (std::size_t i = 1; i < inputs_.size(); ++i) {
    const Tensor& part = input(i);
    Shape fitting = ofmap_.shape;
    if (part.shape.size() == fitting.size()) {
      fitting[axis] = part.shape[axis];
    }
    if (part.shape != fitting || part.format != ofmap_.format || part.scale != ofmap_.scale ||
        part.zero_point != ofmap_.zero_point) {
      fail("inputs[" + std::to_string(i) + "]",
           "'" + part.name + "' " + shape_text(part.shape) + " does not fit behind '" +
               input(0).name + "' " + shape_text(input(0).shape) +
               ", expected the same other sizes, format, scale and zero point");
      return std::nullopt;
    }
    ofmap_.shape[axis] += part.shape[axis];
  }
  return Concat{axis};
}

std::optional<LayerOp> LayerBuilder::build_transpose() {
  const Shape& shape = input(0).shape;
  std::vector<std::int64_t> sorted = trace_.host.permutation;
  std::sort(sorted.begin(), sorted.end());
  bool complete = sorted.size() == shape.size();
  for (std::size_t axis = 0; complete && axis < sorted.size(); ++axis) {
    complete = sorted[axis] == static_cast<std::int64_t>(axis);
  }
  if (!complete) {
    fail("permutation", "expected each axis of '" + input(0).name + "' " + shape_text(shape) +
                            " once, counted from 0");
    return std::nullopt;
  }
  keep_numbers();
  Transpose transpose;
  for (const std::int64_t axis : trace_.host.permutation) {
    transpose.permutation.push_back(static_cast<std::size_t>(axis));
    ofmap_.shape.push_back(shape[static_cast<std::size_t>(axis)]);
  }
  return transpose;
}

std::optional<LayerOp> LayerBuilder::build_strided_slice() {
  const Shape& shape = input(0).shape;
  HostTrace& host = trace_.host;
  if (host.steps.empty()) {
    host.steps.assign(shape.size(), 1);
  }
  if (!has_axes("begin", host.begin.size()) || !has_axes("count", host.count.size()) ||
      !has_axes("steps", host.steps.size())) {
    return std::nullopt;
  }
  for (std::size_t axis = 0; axis < shape.size(); ++axis) {
    const std::int64_t last = host.begin[axis] + (host.count[axis] - 1) * host.steps[axis];
    if (host.begin[axis] >= shape[axis] || last < 0 || last >= shape[axis]) {
      fail("count", "reaches from " + std::to_string(host.begin[axis]) + " to " +
                        std::to_string(last) + " on axis " + std::to_string(axis) + " of '" +
                        input(0).name + "' " + shape_text(shape));
      return std::nullopt;
    }
  }
  keep_numbers();
  ofmap_.shape = trace_.shape.empty() ? host.count : trace_.shape;
  if (product_of(ofmap_.shape) != product_of(host.count)) {
    fail("shape", shape_text(ofmap_.shape) + " cannot hold " + shape_text(host.count));
    return std::nullopt;
  }
  return StridedSlice{host.begin, host.steps, host.count};
}

}  // namespace systole
