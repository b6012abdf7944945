#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

#include "sim/network/network.hpp"

namespace systole::test {

/// Requantization as sim/network/requantizer.hpp states it, written for the tests alone.
std::int32_t requantize(std::int32_t acc, std::int32_t multiplier, std::int32_t exponent,
                        const Requantizer& requant, std::uint32_t random = 0);

/// The first `count` words of stochastic rounding's stream, bit by bit.
std::vector<std::uint32_t> lfsr_words(std::uint64_t start, std::size_t count);

/// The same for float_scale.
std::int32_t requantize(std::int32_t acc, float factor, const Requantizer& requant);

/// An element of a residual sum, as network.hpp's Add states it.
std::int32_t add_elements(std::int32_t a, std::int32_t b, const Add& add);

/// sum / count, halves away from zero.
std::int32_t rounded_average(std::int32_t sum, std::int32_t count);

}  // namespace systole::test
