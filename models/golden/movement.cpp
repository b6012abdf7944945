// Operators that copy elements to other places, and the mean over axes.

#include <algorithm>
#include <cmath>

#include "models/golden/broadcast.hpp"
#include "models/golden/operators.hpp"
#include "models/golden/requantize.hpp"
#include "models/golden/wrap.hpp"
#include "sim/network/refusal.hpp"

namespace systole::golden {
namespace {

void require(bool holds, const char* what) {
  if (!holds) {
    throw Refusal{what};
  }
}

// Elements of `data` at `first` plus the walk through `shape`, in its order.
TensorData gathered(const TensorData& data, std::int64_t first, const Shape& shape,
                    const std::vector<std::int64_t>& distance) {
  TensorData result(static_cast<std::size_t>(element_count(shape)));
  StridedWalk walk{shape};
  for (std::int32_t& value : result) {
    value = data[static_cast<std::size_t>(first + walk.offset(distance))];
    walk.next();
  }
  return result;
}

// Copies `data`, of the given shape, to where it lies within `result`.
void scatter(const TensorData& data, const Shape& shape, std::int64_t first,
             const std::vector<std::int64_t>& distance, TensorData& result) {
  StridedWalk walk{shape};
  for (const std::int32_t value : data) {
    result[static_cast<std::size_t>(first + walk.offset(distance))] = value;
    walk.next();
  }
}

// GetNearestNeighbor of TensorFlow Lite's reference kernel, in float32 as there.
std::int64_t nearest(std::int64_t out, std::int64_t in_size, std::int64_t out_size,
                     const ResizeNearest& op) {
  const bool between_corners = op.align_corners && out_size > 1;
  const float scale = between_corners
                          ? static_cast<float>(in_size - 1) / static_cast<float>(out_size - 1)
                          : static_cast<float>(in_size) / static_cast<float>(out_size);
  const float at = (static_cast<float>(out) + (op.half_pixel_centers ? 0.5F : 0.0F)) * scale;
  const float rounded = op.align_corners ? std::round(at) : std::floor(at);
  return std::clamp<std::int64_t>(static_cast<std::int64_t>(rounded), 0, in_size - 1);
}

}  // namespace

TensorData mean(const Mean& op, const Operand& input, const Tensor& output) {
  check(op.requant, 1);
  const Shape& shape = input.tensor.shape;
  Shape kept = shape;
  for (const std::size_t axis : op.axes) {
    require(axis < shape.size(), "mean: no such axis");
    kept[axis] = 1;
  }
  require(element_count(kept) == output.elements(), "mean: the output has other elements");
  const std::vector<std::int64_t> distance = repeated_distances(kept, shape);
  TensorData sums(static_cast<std::size_t>(output.elements()), 0);
  StridedWalk walk{shape};
  for (const std::int32_t value : input.data) {
    std::int32_t& sum = sums[static_cast<std::size_t>(walk.offset(distance))];
    sum = add_wrapping(sum, subtract_wrapping(value, input.tensor.zero_point));
    walk.next();
  }
  for (std::int32_t& sum : sums) {
    sum = requantize(sum, 0, op.requant);
  }
  return sums;
}

TensorData pad(const Pad& op, const Operand& input, const Shape& ofmap) {
  const Shape& shape = input.tensor.shape;
  require(op.before.size() == shape.size() && op.after.size() == shape.size() &&
              ofmap.size() == shape.size(),
          "pad: the dimensions differ in number");
  for (std::size_t axis = 0; axis < shape.size(); ++axis) {
    require(op.before[axis] >= 0 && op.after[axis] >= 0 &&
                ofmap[axis] == op.before[axis] + shape[axis] + op.after[axis],
            "pad: the output's shape is not that of the padded input");
  }
  TensorData result(static_cast<std::size_t>(element_count(ofmap)), op.value);
  const std::vector<std::int64_t> distance = packed_distances(ofmap);
  std::int64_t first = 0;
  for (std::size_t axis = 0; axis < shape.size(); ++axis) {
    first += op.before[axis] * distance[axis];
  }
  scatter(input.data, shape, first, distance, result);
  return result;
}

TensorData concat(const Concat& op, const std::vector<Operand>& inputs, const Shape& ofmap) {
  require(op.axis < ofmap.size(), "concat: no such axis");
  TensorData result(static_cast<std::size_t>(element_count(ofmap)));
  const std::vector<std::int64_t> distance = packed_distances(ofmap);
  std::int64_t at = 0;
  for (const Operand& input : inputs) {
    Shape expected = ofmap;
    const Shape& shape = input.tensor.shape;
    require(shape.size() == ofmap.size(), "concat: the dimensions differ in number");
    expected[op.axis] = shape[op.axis];
    require(shape == expected && at + shape[op.axis] <= ofmap[op.axis],
            "concat: the inputs do not make up the output");
    scatter(input.data, shape, at * distance[op.axis], distance, result);
    at += shape[op.axis];
  }
  require(at == ofmap[op.axis], "concat: the inputs do not make up the output");
  return result;
}

TensorData transpose(const Transpose& op, const Operand& input, const Shape& ofmap) {
  const Shape& shape = input.tensor.shape;
  require(op.permutation.size() == shape.size() && ofmap.size() == shape.size(),
          "transpose: the dimensions differ in number");
  const std::vector<std::int64_t> packed = packed_distances(shape);
  std::vector<std::int64_t> distance(shape.size());
  std::vector<bool> seen(shape.size(), false);
  for (std::size_t axis = 0; axis < shape.size(); ++axis) {
    const std::size_t from = op.permutation[axis];
    require(from < shape.size() && !seen[from] && ofmap[axis] == shape[from],
            "transpose: the output's shape is not the permuted one");
    seen[from] = true;
    distance[axis] = packed[from];
  }
  return gathered(input.data, 0, ofmap, distance);
}

TensorData strided_slice(const StridedSlice& op, const Operand& input) {
  const Shape& shape = input.tensor.shape;
  require(op.begin.size() == shape.size() && op.stride.size() == shape.size() &&
              op.count.size() == shape.size(),
          "strided_slice: the dimensions differ in number");
  std::vector<std::int64_t> distance = packed_distances(shape);
  std::int64_t first = 0;
  for (std::size_t axis = 0; axis < shape.size(); ++axis) {
    const std::int64_t last = op.begin[axis] + (op.count[axis] - 1) * op.stride[axis];
    require(op.count[axis] >= 1 && std::min(op.begin[axis], last) >= 0 &&
                std::max(op.begin[axis], last) < shape[axis],
            "strided_slice: the slice leaves the input");
    first += op.begin[axis] * distance[axis];
    distance[axis] *= op.stride[axis];
  }
  return gathered(input.data, first, op.count, distance);
}

TensorData gather(const Gather& op, const Operand& input, const Shape& ofmap) {
  const Shape& shape = input.tensor.shape;
  require(op.axis < shape.size(), "gather: no such axis");
  Shape expected = shape;
  expected[op.axis] = static_cast<std::int64_t>(op.indices.size());
  require(ofmap == expected, "gather: the output's shape is another");
  const std::int64_t inner = packed_distances(shape)[op.axis];
  const std::int64_t block = inner * shape[op.axis];
  TensorData result;
  result.reserve(static_cast<std::size_t>(element_count(ofmap)));
  for (std::int64_t first = 0; first < input.tensor.elements(); first += block) {
    for (const std::int64_t index : op.indices) {
      require(index >= 0 && index < shape[op.axis], "gather: an index leaves the axis");
      const auto from = input.data.begin() + first + index * inner;
      result.insert(result.end(), from, from + inner);
    }
  }
  return result;
}

TensorData resize_nearest(const ResizeNearest& op, const Operand& input, const Shape& ofmap) {
  const Shape& in = input.tensor.shape;
  require(in.size() == 4 && ofmap.size() == 4 && in[0] == ofmap[0] && in[3] == ofmap[3],
          "resize_nearest: shapes must be [N,H,W,C] with the same N and C");
  TensorData result;
  result.reserve(static_cast<std::size_t>(element_count(ofmap)));
  for (std::int64_t n = 0; n < ofmap[0]; ++n) {
    for (std::int64_t y = 0; y < ofmap[1]; ++y) {
      const std::int64_t row = n * in[1] + nearest(y, in[1], ofmap[1], op);
      for (std::int64_t x = 0; x < ofmap[2]; ++x) {
        const std::int64_t pixel = row * in[2] + nearest(x, in[2], ofmap[2], op);
        const auto from = input.data.begin() + pixel * in[3];
        result.insert(result.end(), from, from + in[3]);
      }
    }
  }
  return result;
}

}  // namespace systole::golden
