#pragma once

#include <cstddef>
#include <cstdint>

#include "sim/network/requantizer.hpp"

namespace systole::golden {

/// `value` / 2^bits rounded to an integer; bits from 0 to 62. Nearest ties go to the even
/// neighbour, away from zero, or up (towards +infinity); Floor and TowardZero drop the fraction;
/// Stochastic takes `random`, 32 bits of its stream.
std::int64_t rounded_shift(std::int64_t value, std::int32_t bits, Rounding rounding,
                           std::uint32_t random = 0);

/// `acc` times channel's real multiplier, rounded as `requant` says, before zero point and clamp.
///
/// MultiplierShift, Tflite: a left shift that wraps (positive exponents), gemmlowp's
/// SaturatingRoundingDoublingHighMul, then its RoundingDivideByPOT: MultiplyByQuantizedMultiplier
/// of TensorFlow Lite's reference kernels. Single: the 64-bit product, rounded once by
/// 31 - exponent bits. ShiftOnly: a rounded right shift, or a left shift that wraps. FloatScale:
/// the operations of binary32.hpp. With accumulators of over 32 bits left shifts wrap at 64 bits,
/// products have 95, and results end at 2^62 in magnitude; Tflite has no such accumulators.
std::int64_t scale(std::int64_t acc, std::size_t channel, const Requantizer& requant,
                   std::uint32_t random = 0);

/// One output element: clamp(zero_point + scaled acc), the sum taken in 64 bits.
std::int32_t requantize(std::int64_t acc, std::size_t channel, const Requantizer& requant,
                        std::uint32_t random = 0);

/// The words of Stochastic's stream (sim/network/requantizer.hpp), one for each output element in
/// their order; zeros for all other roundings.
class RandomWords {
 public:
  explicit RandomWords(const Requantizer& requant)
      : state_{requant.rounding == Rounding::Stochastic ? requant.lfsr : 0} {}

  std::uint32_t next() { return state_ == 0 ? 0 : draw(); }

 private:
  std::uint32_t draw();

  std::uint64_t state_;
};

/// Throws std::invalid_argument unless `requant` holds constants for each of `channels`
/// (or one for all), exponents are from -31 to 30, scales such as is_requant_scale takes and the
/// clamp is not empty.
void check(const Requantizer& requant, std::size_t channels);

/// Throws std::invalid_argument unless is_requant_scale takes all of [first, last).
void check_scales(const float* first, const float* last);

}  // namespace systole::golden
