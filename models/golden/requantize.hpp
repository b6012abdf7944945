#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

#include "models/golden/fixed_point.hpp"
#include "sim/network/requantizer.hpp"
#include "sim/network/tensor.hpp"

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

/// Appends to `ofmap` the output elements of one accumulator for each channel.
void requantize_row(const std::vector<std::int64_t>& accs, const Requantizer& requant,
                    RandomWords& random, TensorData& ofmap);

/// Whether scale() is multiply_by_quantized().
inline bool is_tflite(const Requantizer& requant) {
  return requant.mode == RequantMode::MultiplierShift &&
         requant.variant == RequantVariant::Tflite && requant.accumulator.bits <= 32;
}

/// scale() with the one pair of constants that a layer has.
class LayerScale {
 public:
  explicit LayerScale(const Requantizer& requant) : requant_{requant}, tflite_{is_tflite(requant)} {
    if (tflite_) {
      quantized_ = {requant.multiplier.at(0), requant.exponent.at(0)};
    }
  }

  std::int64_t operator()(std::int64_t acc) const {
    return tflite_ ? multiply_by_quantized(static_cast<std::int32_t>(acc), quantized_)
                   : scale(acc, 0, requant_);
  }

 private:
  const Requantizer& requant_;
  bool tflite_;
  QuantizedMultiplier quantized_;
};

/// Throws Refusal unless `requant` holds constants for each of `channels`
/// (or one for all), exponents are from -31 to 30, scales such as is_requant_scale takes and the
/// clamp is not empty.
void check(const Requantizer& requant, std::size_t channels);

/// Throws Refusal unless is_requant_scale takes all of [first, last).
void check_scales(const float* first, const float* last);

}  // namespace systole::golden
