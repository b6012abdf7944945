// Largest and smallest: of two tensors, over axes, and where they are.

#include <algorithm>

#include "models/golden/element_wise.hpp"
#include "models/golden/operators.hpp"
#include "sim/network/refusal.hpp"

namespace systole::golden {
namespace {

// Whether a comes before b.
bool wins(bool largest, std::int32_t a, std::int32_t b) { return largest ? a > b : a < b; }

}  // namespace

TensorData extremum(const Extremum& op, const Operand& first, const Operand& second,
                    const Shape& ofmap) {
  return element_wise(first, second, ofmap, [&](std::int32_t a, std::int32_t b) {
    return wins(op.largest, a, b) ? a : b;
  });
}

TensorData reduce_extremum(const ReduceExtremum& op, const Operand& input, const Tensor& output) {
  const Shape& shape = input.tensor.shape;
  Shape kept = shape;
  for (const std::size_t axis : op.axes) {
    if (axis >= shape.size()) {
      throw Refusal{"reduce: no such axis"};
    }
    kept[axis] = 1;
  }
  if (element_count(kept) != output.elements()) {
    throw Refusal{"reduce: the output has other elements"};
  }
  const ElementFormat format = input.tensor.format;
  const auto start = static_cast<std::int32_t>(op.largest ? format.min() : format.max());
  const std::vector<std::int64_t> distance = repeated_distances(kept, shape);
  TensorData result(static_cast<std::size_t>(output.elements()), start);
  StridedWalk walk{shape};
  for (const std::int32_t value : input.data) {
    std::int32_t& best = result[static_cast<std::size_t>(walk.offset(distance))];
    best = wins(op.largest, value, best) ? value : best;
    walk.next();
  }
  return result;
}

TensorData arg_extremum(const ArgExtremum& op, const Operand& input) {
  const Shape& shape = input.tensor.shape;
  if (op.axis >= shape.size()) {
    throw Refusal{"arg_max: no such axis"};
  }
  Shape others = shape;
  others[op.axis] = 1;
  const std::vector<std::int64_t> packed = packed_distances(shape);
  TensorData result(static_cast<std::size_t>(element_count(others)), 0);
  StridedWalk walk{others};
  for (std::int32_t& index : result) {
    const std::int64_t first = walk.offset(packed);
    const auto value = [&](std::int64_t i) {
      return input.data[static_cast<std::size_t>(first + i * packed[op.axis])];
    };
    for (std::int32_t i = 1; i < shape[op.axis]; ++i) {
      index = wins(op.largest, value(i), value(index)) ? i : index;
    }
    walk.next();
  }
  return result;
}

}  // namespace systole::golden
