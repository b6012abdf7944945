#pragma once

#include <cstddef>
#include <cstdint>

#include "sim/network/requantizer.hpp"

namespace systole::golden {

/// `value` / 2^bits rounded to an integer; bits from 0 to 62. Nearest ties go to the even
/// neighbour, away from zero, or up (towards +infinity); Floor and TowardZero drop the fraction.
std::int64_t rounded_shift(std::int64_t value, std::int32_t bits, Rounding rounding);

/// `acc` times channel's real multiplier, rounded as `requant` says, before zero point and clamp.
///
/// MultiplierShift, Tflite: a left shift that wraps (positive exponents), gemmlowp's
/// SaturatingRoundingDoublingHighMul, then its RoundingDivideByPOT: MultiplyByQuantizedMultiplier
/// of TensorFlow Lite's reference kernels. Single: the 64-bit product, rounded once by
/// 31 - exponent bits. ShiftOnly: a rounded right shift, or a left shift that wraps. FloatScale:
/// the operations of binary32.hpp.
std::int64_t scale(std::int32_t acc, std::size_t channel, const Requantizer& requant);

/// One output element: clamp(zero_point + scaled acc), the sum taken in 64 bits.
std::int32_t requantize(std::int32_t acc, std::size_t channel, const Requantizer& requant);

/// Throws std::invalid_argument unless `requant` holds constants for each of `channels`
/// (or one for all), exponents are from -31 to 30, scales such as is_requant_scale takes and the
/// clamp is not empty.
void check(const Requantizer& requant, std::size_t channels);

/// Throws std::invalid_argument unless is_requant_scale takes all of [first, last).
void check_scales(const float* first, const float* last);

}  // namespace systole::golden
