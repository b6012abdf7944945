#pragma once

#include <cstdint>
#include <limits>

namespace systole {

/// Number of a clock cycle, counted from a layer's start.
using Cycle = std::uint64_t;
constexpr Cycle kNever = std::numeric_limits<Cycle>::max();

}  // namespace systole
