#pragma once

#include <cstdint>

#include "sim/network/network.hpp"

namespace systole {

/// One element of a residual add, as struct Add of the network defines it.
std::int32_t add_elements(std::int32_t a, std::int32_t b, const Add& add);

/// The mean of `count` integers that sum to `sum`, rounded half away from zero.
std::int32_t rounded_mean(std::int64_t sum, std::int64_t count);

}  // namespace systole
