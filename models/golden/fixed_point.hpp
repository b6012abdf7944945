#pragma once

#include <cstdint>

#include "sim/network/requantizer.hpp"

// Fixed-point arithmetic of gemmlowp (fixedpoint/fixedpoint.h), as TensorFlow Lite's reference
// kernels use it. Held against gemmlowp itself in tests/unit/golden_gemmlowp_test.cpp.
namespace systole::golden {

/// (a * b) / 2^31, ties towards +infinity; only (-2^31)^2 saturates.
std::int32_t doubling_high_multiply(std::int32_t a, std::int32_t b);

/// value / 2^bits, ties away from zero; bits from 0 to 31.
std::int32_t divide_by_power_of_two(std::int32_t value, std::int32_t bits);

/// MultiplyByQuantizedMultiplier: a left shift that wraps, and both roundings above.
std::int32_t multiply_by_quantized(std::int32_t value, QuantizedMultiplier q);

/// exp(a) as Q0.31 for a <= 0 with `integer_bits` integer bits (Q5.26 has 5).
std::int32_t exp_on_negative_values(std::int32_t a, std::int32_t integer_bits);

/// 1 / (1 + x) as Q0.31 for x in [0, 1) as Q0.31, by three Newton-Raphson steps.
std::int32_t one_over_one_plus_x(std::int32_t x);

}  // namespace systole::golden
