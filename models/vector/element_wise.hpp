#pragma once

#include <cstddef>
#include <cstdint>

#include "sim/network/network.hpp"

namespace systole {

/// Operand `operand` (0 or 1) of a residual add, scaled to what is added, modulo 2^32. Not of
/// float_scale.
std::int32_t scaled_operand(std::int32_t q, std::size_t operand, const Add& add);

/// One element of a residual add, as struct Add of the network defines it.
std::int32_t add_elements(std::int32_t a, std::int32_t b, const Add& add);

/// The mean of `count` integers that sum to `sum`, rounded half away from zero.
std::int32_t rounded_mean(std::int64_t sum, std::int64_t count);

}  // namespace systole
