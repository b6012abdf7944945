#pragma once

#include <cstddef>
#include <cstdint>

namespace systole::onnx {

/// One of `rank` axes, counted from the last one where it is negative. Throws NodeError.
std::size_t axis_below(std::int64_t axis, std::size_t rank);

}  // namespace systole::onnx
