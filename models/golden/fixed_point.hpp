#pragma once

#include <algorithm>
#include <cstdint>
#include <limits>

#include "models/golden/wrap.hpp"
#include "sim/network/requantizer.hpp"

// Fixed-point arithmetic of gemmlowp (fixedpoint/fixedpoint.h), as TensorFlow Lite's reference
// kernels use it. Held against gemmlowp itself in tests/unit/golden_gemmlowp_test.cpp.
namespace systole::golden {

/// (a * b) / 2^31, ties towards +infinity; only (-2^31)^2 saturates. A nudge of 2^30 or 1 - 2^30
/// and a truncating division are the same function.
inline std::int32_t doubling_high_multiply(std::int32_t a, std::int32_t b) {
  constexpr std::int32_t kMin = std::numeric_limits<std::int32_t>::min();
  if (a == kMin && b == kMin) {
    return std::numeric_limits<std::int32_t>::max();
  }
  const std::int64_t product = std::int64_t{a} * b;
  return static_cast<std::int32_t>((product + (std::int64_t{1} << 30)) >> 31);
}

/// value / 2^bits, ties away from zero; bits from 0 to 31.
inline std::int32_t divide_by_power_of_two(std::int32_t value, std::int32_t bits) {
  const std::int64_t half = (std::int64_t{1} << bits) / 2;
  const std::int64_t tie_down = value < 0 && bits > 0 ? 1 : 0;  // of what lies between
  return static_cast<std::int32_t>((value + half - tie_down) >> bits);
}

/// MultiplyByQuantizedMultiplier: a left shift that wraps, and both roundings above.
inline std::int32_t multiply_by_quantized(std::int32_t value, QuantizedMultiplier q) {
  const std::int32_t shifted = shift_left_wrapping(value, std::max(q.exponent, 0));
  return divide_by_power_of_two(doubling_high_multiply(shifted, q.multiplier),
                                std::max(-q.exponent, 0));
}

/// exp(a) as Q0.31 for a <= 0 with `integer_bits` integer bits (Q5.26 has 5).
std::int32_t exp_on_negative_values(std::int32_t a, std::int32_t integer_bits);

/// 1 / (1 + x) as Q0.31 for x in [0, 1) as Q0.31, by three Newton-Raphson steps.
std::int32_t one_over_one_plus_x(std::int32_t x);

/// tanh(a) as Q0.31 for a with `integer_bits` integer bits (Q4.27 has 4).
std::int32_t fixed_point_tanh(std::int32_t a, std::int32_t integer_bits);

/// 1 / sqrt(value) as a multiplier in Q0.31 and its exponent, value from 0 on (0 counts as 1): five
/// Newton-Raphson steps, GetInvSqrtQuantizedMultiplierExp of TensorFlow Lite's internal/common.h.
QuantizedMultiplier inverse_square_root(std::int32_t value);

}  // namespace systole::golden
