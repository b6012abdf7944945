#pragma once

#include <cstddef>
#include <cstdint>

#include "sim/network/requantizer.hpp"

namespace systole {

/// The constants of one channel as the unit's table holds them.
struct RequantEntry {
  std::int32_t multiplier = 0;  ///< unused in shift_only mode
  std::int32_t exponent = 0;
  float scale = 0;  ///< float_scale mode only, in place of both
};

/// Entry `index` of constants that are the layer's and not the table's.
RequantEntry entry_of(const Requantizer& constants, std::size_t index);

/// The same from the bytes of an entry of the table; multipliers are `multiplier_bits` wide.
RequantEntry decode_entry(const std::uint8_t* bytes, RequantMode mode,
                          std::uint32_t multiplier_bits);

/// x / 2^shift with the given rounding; shift 0 to 62. `random` is Stochastic's word.
std::int64_t rounding_shift_right(std::int64_t x, std::uint32_t shift, Rounding rounding,
                                  std::uint32_t random = 0);

/// Scales x by entry.scale (float_scale, models/requant/float_scale.hpp) or by entry.multiplier /
/// 2^31 * 2^entry.exponent (multiplier_shift) or 2^entry.exponent (shift_only): a left shift of x
/// wraps at 32 bits, a wide product keeps all of its 62. Variant tflite rounds twice: the doubling
/// high product half up, the shift half away from zero, bit by bit as
/// SaturatingRoundingDoublingHighMul and RoundingDivideByPOT of gemmlowp (Jacob et al.
/// 2018, section 2.2). Variant single rounds the 64-bit product once.
std::int64_t scale(std::int32_t x, RequantEntry entry, RequantMode mode, RequantVariant variant,
                   Rounding rounding, std::uint32_t random = 0);

/// The same for accumulators of over 32 bits, which variant tflite does not take: a left shift of x
/// wraps at 64 bits, a wide product keeps all of its 95; results end at 2^62 in magnitude.
std::int64_t scale_wide(std::int64_t x, RequantEntry entry, RequantMode mode, Rounding rounding,
                        std::uint32_t random = 0);

/// scale() or scale_wide(), as the accumulators of `unit` are, then the output's zero point, then
/// its clamp.
std::int32_t requantize(std::int64_t acc, RequantEntry entry, const Requantizer& unit,
                        std::uint32_t random = 0);

}  // namespace systole
