#include "sim/onnx/axis.hpp"

#include <string>

#include "sim/onnx/node_error.hpp"

namespace systole::onnx {

std::size_t axis_below(std::int64_t axis, std::size_t rank) {
  if (rank == 0) {
    throw NodeError{"has the axis " + std::to_string(axis) + " of a scalar, which has none"};
  }
  const auto count = static_cast<std::int64_t>(rank);
  if (axis < -count || axis >= count) {
    throw NodeError{"has the axis " + std::to_string(axis) + ", expected " +
                    std::to_string(-count) + ".." + std::to_string(count - 1)};
  }
  return static_cast<std::size_t>(axis < 0 ? axis + count : axis);
}

}  // namespace systole::onnx
