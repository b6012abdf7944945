#include "models/golden/broadcast.hpp"

#include "sim/network/refusal.hpp"

namespace systole::golden {

void StridedWalk::next() {
  for (std::size_t axis = index_.size(); axis-- > 0;) {
    if (++index_[axis] < shape_[axis]) {
      return;
    }
    index_[axis] = 0;
  }
}

std::vector<std::int64_t> packed_distances(const Shape& shape) {
  std::vector<std::int64_t> distance(shape.size(), 1);
  for (std::size_t axis = shape.size(); axis-- > 1;) {
    distance[axis - 1] = distance[axis] * shape[axis];
  }
  return distance;
}

std::vector<std::int64_t> repeated_distances(const Shape& operand, const Shape& result) {
  if (operand.size() > result.size()) {
    throw Refusal{"broadcast: an operand has more dimensions than the result"};
  }
  const std::vector<std::int64_t> packed = packed_distances(operand);
  const std::size_t missing = result.size() - operand.size();
  std::vector<std::int64_t> distance(result.size(), 0);
  for (std::size_t axis = 0; axis < operand.size(); ++axis) {
    if (operand[axis] != 1 && operand[axis] != result[missing + axis]) {
      throw Refusal{"broadcast: an operand's size is neither 1 nor the result's"};
    }
    distance[missing + axis] = operand[axis] == 1 ? 0 : packed[axis];
  }
  return distance;
}

}  // namespace systole::golden
