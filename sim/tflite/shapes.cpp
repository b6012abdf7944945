// Operators that copy elements.

#include <algorithm>
#include <optional>

#include "sim/tflite/operators.hpp"
#include "sim/tflite/quantization.hpp"
#include "sim/tflite/windows.hpp"

namespace systole::tflite {
namespace {

void expect_count(const char* what, const std::vector<std::int64_t>& values, std::size_t count) {
  if (values.size() != count) {
    throw NodeError{std::string{what} + " has " + std::to_string(values.size()) +
                    (values.size() == 1 ? " element" : " elements") + ", expected " +
                    std::to_string(count)};
  }
}

bool bit(std::int32_t mask, std::size_t axis) {
  return ((static_cast<std::uint32_t>(mask) >> axis) & 1U) != 0;
}

// One axis of a strided slice, as Python slices: ends out of range are moved to the edge.
struct AxisSlice {
  std::int64_t begin = 0, stride = 1, count = 0;
};
AxisSlice slice_axis(std::int64_t size, std::optional<std::int64_t> begin,
                     std::optional<std::int64_t> end, std::int64_t stride) {
  constexpr std::int64_t kMaxStride = std::int64_t{1} << 31;
  if (stride == 0 || stride > kMaxStride || stride < -kMaxStride) {
    throw NodeError{"has a stride of " + std::to_string(stride) +
                    ", expected -2^31..2^31 without 0"};
  }
  const bool forward = stride > 0;
  // The first element that can be begun with, and the first behind the last.
  const std::int64_t low = forward ? 0 : -1;
  const std::int64_t high = forward ? size : size - 1;
  const auto place = [&](std::int64_t index) {
    return std::clamp(index < 0 && index >= -size ? index + size : index, low, high);
  };
  const std::int64_t first = begin ? place(*begin) : forward ? low : high;
  const std::int64_t last = end ? place(*end) : forward ? high : low;
  const std::int64_t distance = forward ? last - first : first - last;
  const std::int64_t step = forward ? stride : -stride;
  return {first, stride, distance <= 0 ? 0 : (distance + step - 1) / step};
}

// The sizes that a resize names, where they are constant, are those of its output.
void expect_resize(Node& node) {
  node.expect_inputs(2, 2);
  const Shape& in = node.in(0).shape;
  const Shape& out = node.out().shape;
  expect_rank("input", in, 4);
  expect_rank("output", out, 4);
  if (in[0] != out[0] || in[3] != out[3]) {
    throw NodeError{"resizes " + shape_text(in) + " to " + shape_text(out) +
                    ": batch and channels must stay"};
  }
  const std::vector<std::int64_t> size = node.integers(1);
  expect_count("size", size, 2);
  expect_output_shape(node, {in[0], size[0], size[1], in[3]});
  node.expect_same_numbers(0);
}

}  // namespace

LayerOp build_reshape(Node& node) {
  node.expect_inputs(1, 2);
  node.expect_same_numbers(0);
  if (node.in(0).elements() != node.out().elements()) {
    throw NodeError{"makes " + shape_text(node.out().shape) + " of " +
                    shape_text(node.in(0).shape) + ": the elements differ in number"};
  }
  node.feed(0);
  return Reshape{};
}

// PAD fills with the output's 0.0, PADV2 with an integer of its own.
LayerOp build_pad(Node& node) {
  node.expect_inputs(2, 3);
  node.expect_same_numbers(0);
  node.expect_quantized(0);
  const Shape& shape = node.in(0).shape;
  const std::vector<std::int64_t> amounts = node.integers(1);
  expect_count("padding", amounts, 2 * shape.size());
  Pad pad;
  pad.value = node.out().zero_point;
  Shape expected;
  for (std::size_t axis = 0; axis < shape.size(); ++axis) {
    const std::int64_t before = amounts[2 * axis];
    const std::int64_t after = amounts[2 * axis + 1];
    constexpr std::int64_t kMost = std::int64_t{1} << 28;
    if (before < 0 || after < 0 || before > kMost || after > kMost) {
      throw NodeError{"pads by " + std::to_string(before) + " and " + std::to_string(after) +
                      ", expected 0..2^28"};
    }
    pad.before.push_back(before);
    pad.after.push_back(after);
    expected.push_back(before + shape[axis] + after);
  }
  expect_output_shape(node, expected);
  if (node.has(2)) {
    if (!node.is_constant(2) || node.in(2).elements() != 1) {
      throw NodeError{"pads with a value that is not one constant"};
    }
    node.expect_same_numbers(2);
    pad.value = node.constant(2).front();
  }
  node.feed(0);
  return pad;
}

LayerOp build_transpose(Node& node) {
  node.expect_inputs(2, 2);
  node.expect_same_numbers(0);
  const Shape& shape = node.in(0).shape;
  const std::vector<std::int64_t> order = node.integers(1);
  expect_count("permutation", order, shape.size());
  Transpose transpose;
  Shape expected;
  std::vector<bool> seen(shape.size(), false);
  for (const std::int64_t from : order) {
    const std::size_t axis = axis_of(from, shape);
    if (seen[axis]) {
      throw NodeError{"has a permutation that names axis " + std::to_string(axis) + " twice"};
    }
    seen[axis] = true;
    transpose.permutation.push_back(axis);
    expected.push_back(shape[axis]);
  }
  expect_output_shape(node, expected);
  node.feed(0);
  return transpose;
}

LayerOp build_slice(Node& node) {
  node.expect_inputs(3, 3);
  node.expect_same_numbers(0);
  const Shape& shape = node.in(0).shape;
  const std::vector<std::int64_t> begin = node.integers(1);
  std::vector<std::int64_t> size = node.integers(2);
  expect_count("begin", begin, shape.size());
  expect_count("size", size, shape.size());
  for (std::size_t axis = 0; axis < shape.size(); ++axis) {
    if (begin[axis] < 0 || begin[axis] >= shape[axis]) {
      throw NodeError{"begins at " + std::to_string(begin[axis]) + " on axis " +
                      std::to_string(axis) + " of " + shape_text(shape)};
    }
    size[axis] = size[axis] == -1 ? shape[axis] - begin[axis] : size[axis];
    if (size[axis] < 1 || size[axis] > shape[axis] - begin[axis]) {
      throw NodeError{"takes " + std::to_string(size[axis]) + " from " +
                      std::to_string(begin[axis]) + " on of axis " + std::to_string(axis) + " of " +
                      shape_text(shape)};
    }
  }
  expect_output_shape(node, size);
  node.feed(0);
  return StridedSlice{begin, std::vector<std::int64_t>(shape.size(), 1), size};
}

LayerOp build_strided_slice(Node& node) {
  node.expect_inputs(4, 4);
  node.expect_same_numbers(0);
  const auto& options = node.required_options<file::StridedSliceOptions>();
  if (options.ellipsis_mask() != 0 || options.new_axis_mask() != 0 || options.offset()) {
    throw NodeError{"has an ellipsis, a new axis or ends as offsets, which are not supported"};
  }
  const Shape& shape = node.in(0).shape;
  const std::vector<std::int64_t> begin = node.integers(1);
  const std::vector<std::int64_t> end = node.integers(2);
  const std::vector<std::int64_t> stride = node.integers(3);
  const std::size_t named = std::min(begin.size(), shape.size());  // the other axes stay whole
  expect_count("begin", begin, named);
  expect_count("end", end, named);
  expect_count("stride", stride, named);
  StridedSlice slice;
  Shape expected;
  for (std::size_t axis = 0; axis < shape.size(); ++axis) {
    const bool is_named = axis < named;
    const bool dropped = is_named && bit(options.shrink_axis_mask(), axis);
    const bool has_begin = is_named && !bit(options.begin_mask(), axis);
    const bool has_end = is_named && !bit(options.end_mask(), axis) && !dropped;
    AxisSlice part =
        slice_axis(shape[axis], has_begin ? std::optional{begin[axis]} : std::nullopt,
                   has_end ? std::optional{end[axis]} : std::nullopt, is_named ? stride[axis] : 1);
    if (part.count < 1) {
      throw NodeError{"takes nothing on axis " + std::to_string(axis)};
    }
    part.count = dropped ? 1 : part.count;
    slice.begin.push_back(part.begin);
    slice.stride.push_back(part.stride);
    slice.count.push_back(part.count);
    if (!dropped) {
      expected.push_back(part.count);
    }
  }
  expect_output_shape(node, expected);
  node.feed(0);
  return slice;
}

LayerOp build_resize_nearest_neighbor(Node& node) {
  expect_resize(node);
  ResizeNearest op;
  if (const auto* options = node.options<file::ResizeNearestNeighborOptions>()) {
    op = {options->align_corners(), options->half_pixel_centers()};
  }
  node.feed(0);
  return op;
}

LayerOp build_resize_bilinear(Node& node) {
  expect_resize(node);
  ResizeBilinear op;
  if (const auto* options = node.options<file::ResizeBilinearOptions>()) {
    op = {options->align_corners(), options->half_pixel_centers()};
  }
  if (op.align_corners && op.half_pixel_centers) {
    throw NodeError{"has both align_corners and half_pixel_centers, expected one of the two"};
  }
  node.feed(0);
  return op;
}

}  // namespace systole::tflite
