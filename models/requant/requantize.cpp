#include "models/requant/requantize.hpp"

#include <algorithm>
#include <cstdlib>
#include <cstring>
#include <limits>

#include "models/requant/float_scale.hpp"

namespace systole {
namespace {

__extension__ using Wide = __int128;

std::int32_t shift_left(std::int32_t x, std::int32_t bits) {
  return static_cast<std::int32_t>(static_cast<std::uint32_t>(x) << bits);
}

std::int32_t doubling_high_multiply(std::int32_t a, std::int32_t b) {
  constexpr std::int32_t kMin = std::numeric_limits<std::int32_t>::min();
  if (a == kMin && b == kMin) {
    return std::numeric_limits<std::int32_t>::max();
  }
  const std::int64_t product = std::int64_t{a} * b;
  const std::int64_t nudge = product >= 0 ? std::int64_t{1} << 30 : 1 - (std::int64_t{1} << 30);
  return static_cast<std::int32_t>((product + nudge) / (std::int64_t{1} << 31));
}

constexpr std::int64_t kLargestWide = std::int64_t{1} << 62;

/// x / 2^shift, rounded; shift 0 to 62.
template <typename Int>
Int shift_right(Int x, std::uint32_t shift, Rounding rounding, std::uint32_t random) {
  if (shift == 0) {
    return x;
  }
  const Int quotient = x >> shift;
  const auto rest =  // 0 <= rest < 2^shift
      static_cast<std::int64_t>(x - quotient * (std::int64_t{1} << shift));
  const std::int64_t half = std::int64_t{1} << (shift - 1);
  bool up = false;
  switch (rounding) {
    case Rounding::NearestEven:
      up = rest > half || (rest == half && (quotient & 1) != 0);
      break;
    case Rounding::NearestAway:
      up = rest > half || (rest == half && x >= 0);
      break;
    case Rounding::HalfUp:
      up = rest >= half;
      break;
    case Rounding::Floor:
      break;
    case Rounding::TowardZero:
      up = rest != 0 && x < 0;
      break;
    case Rounding::Stochastic: {
      const std::int64_t added =
          shift <= 32 ? random >> (32 - shift) : std::int64_t{random} << (shift - 32);
      up = rest + added >= std::int64_t{1} << shift;
      break;
    }
  }
  return quotient + (up ? 1 : 0);
}

}  // namespace

RequantEntry entry_of(const Requantizer& constants, std::size_t index) {
  switch (constants.mode) {
    case RequantMode::MultiplierShift:
      return {constants.multiplier.at(index), constants.exponent.at(index)};
    case RequantMode::ShiftOnly:
      return {0, constants.exponent.at(index)};
    case RequantMode::FloatScale:
      break;
  }
  return {0, 0, constants.scale.at(index)};
}

RequantEntry decode_entry(const std::uint8_t* bytes, RequantMode mode,
                          std::uint32_t multiplier_bits) {
  RequantEntry entry;
  switch (mode) {
    case RequantMode::MultiplierShift: {
      const std::uint32_t multiplier_bytes = (multiplier_bits + 7) / 8;
      std::uint32_t multiplier = 0;
      std::memcpy(&multiplier, bytes, multiplier_bytes);
      entry.multiplier = static_cast<std::int32_t>(multiplier << (32 - multiplier_bits));
      std::memcpy(&entry.exponent, bytes + multiplier_bytes, 4);
      break;
    }
    case RequantMode::ShiftOnly:
      std::memcpy(&entry.exponent, bytes, 4);
      break;
    case RequantMode::FloatScale:
      std::memcpy(&entry.scale, bytes, 4);
      break;
  }
  return entry;
}

std::int64_t rounding_shift_right(std::int64_t x, std::uint32_t shift, Rounding rounding,
                                  std::uint32_t random) {
  return static_cast<std::int64_t>(shift_right(x, shift, rounding, random));
}

std::int64_t scale_wide(std::int64_t x, RequantEntry entry, RequantMode mode, Rounding rounding,
                        std::uint32_t random) {
  if (mode == RequantMode::FloatScale) {
    return nearest_integer(float_product(nearest_float(x), entry.scale));
  }
  if (mode == RequantMode::ShiftOnly) {
    const auto shift = static_cast<std::uint32_t>(std::abs(entry.exponent));
    const std::int64_t shifted =
        entry.exponent > 0 ? static_cast<std::int64_t>(static_cast<std::uint64_t>(x) << shift)
                           : rounding_shift_right(x, shift, rounding, random);
    return std::clamp(shifted, -kLargestWide, kLargestWide);
  }
  const Wide product = Wide{x} * entry.multiplier;
  const Wide shifted =
      shift_right(product, static_cast<std::uint32_t>(31 - entry.exponent), rounding, random);
  return static_cast<std::int64_t>(std::clamp(shifted, Wide{-kLargestWide}, Wide{kLargestWide}));
}

std::int64_t scale(std::int32_t x, RequantEntry entry, RequantMode mode, RequantVariant variant,
                   Rounding rounding, std::uint32_t random) {
  if (mode == RequantMode::FloatScale) {
    return nearest_integer(float_product(nearest_float(x), entry.scale));
  }
  const std::int32_t left = std::max(entry.exponent, 0);
  const auto right = static_cast<std::uint32_t>(std::max(-entry.exponent, 0));
  if (mode == RequantMode::ShiftOnly) {
    return left > 0 ? shift_left(x, left) : rounding_shift_right(x, right, rounding, random);
  }
  if (variant == RequantVariant::Tflite) {
    const std::int32_t high = doubling_high_multiply(shift_left(x, left), entry.multiplier);
    return rounding_shift_right(high, right, Rounding::NearestAway);
  }
  const std::int64_t product = std::int64_t{x} * entry.multiplier;
  return rounding_shift_right(product, static_cast<std::uint32_t>(31 - entry.exponent), rounding,
                              random);
}

std::int32_t requantize(std::int64_t acc, RequantEntry entry, const Requantizer& unit,
                        std::uint32_t random) {
  const std::int64_t scaled = unit.accumulator.bits <= 32
                                  ? scale(static_cast<std::int32_t>(acc), entry, unit.mode,
                                          unit.variant, unit.rounding, random)
                                  : scale_wide(acc, entry, unit.mode, unit.rounding, random);
  return static_cast<std::int32_t>(
      std::clamp<std::int64_t>(scaled + unit.zero_point, unit.clamp_min, unit.clamp_max));
}

}  // namespace systole
