#pragma once

#include <cstdint>
#include <vector>

#include "sim/network/network.hpp"

namespace systole::golden {

/// Steps through the elements of a shape in row-major order, and beside it through operands that
/// lie in memory in other ways: each has a distance between neighbours on every axis of the shape.
class StridedWalk {
 public:
  explicit StridedWalk(Shape shape) : shape_{std::move(shape)}, index_(shape_.size(), 0) {}

  /// Offset of operand with the given distances and start at the present element.
  std::int64_t offset(const std::vector<std::int64_t>& distance) const {
    std::int64_t sum = 0;
    for (std::size_t axis = 0; axis < index_.size(); ++axis) {
      sum += index_[axis] * distance[axis];
    }
    return sum;
  }
  const std::vector<std::int64_t>& index() const { return index_; }
  void next();

 private:
  Shape shape_;
  std::vector<std::int64_t> index_;
};

/// Distances of a packed row-major tensor.
std::vector<std::int64_t> packed_distances(const Shape& shape);

/// Distances at which `operand` is read when it is repeated to `result`, as in numpy: axes are
/// aligned at the last, sizes of 1 stand still. Throws Refusal if it does not fit.
std::vector<std::int64_t> repeated_distances(const Shape& operand, const Shape& result);

}  // namespace systole::golden
