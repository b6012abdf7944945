#include "tests/support/interpreter_arithmetic.hpp"

#include <algorithm>
#include <cmath>
#include <limits>

namespace systole::test {
namespace {

std::int32_t wrapped_shift(std::int32_t value, std::int32_t left) {
  return static_cast<std::int32_t>(static_cast<std::uint32_t>(value) << left);
}

/// value / 2^shift, rounded.
std::int64_t rounded_shift(std::int64_t value, std::int32_t shift, Rounding rounding,
                           std::uint32_t random = 0) {
  if (shift == 0) {
    return value;
  }
  const std::int64_t floor = value >> shift;
  const std::int64_t rest = value - floor * (std::int64_t{1} << shift);
  const std::int64_t half = std::int64_t{1} << (shift - 1);
  bool up = false;
  switch (rounding) {
    case Rounding::Floor:
      break;
    case Rounding::TowardZero:
      up = value < 0 && rest != 0;
      break;
    case Rounding::HalfUp:
      up = rest >= half;
      break;
    case Rounding::NearestAway:
      up = rest > half || (rest == half && value > 0);
      break;
    case Rounding::NearestEven:
      up = rest > half || (rest == half && floor % 2 != 0);
      break;
    case Rounding::Stochastic: {
      std::int64_t added = 0;
      for (std::int32_t bit = 0; bit < shift; ++bit) {  // from the top of both
        const std::uint32_t drawn = bit < 32 ? (random >> (31 - bit)) & 1U : 0;
        added = 2 * added + drawn;
      }
      up = (rest + added) >> shift != 0;
      break;
    }
  }
  return floor + (up ? 1 : 0);
}

/// Multiplier and exponent applied, before zero point and clamps.
std::int64_t scale(std::int32_t value, std::int32_t multiplier, std::int32_t exponent,
                   const Requantizer& how, std::uint32_t random = 0) {
  const std::int32_t left = std::max(exponent, 0);
  const std::int32_t right = std::max(-exponent, 0);
  if (how.mode == RequantMode::ShiftOnly) {
    return rounded_shift(wrapped_shift(value, left), right, how.rounding, random);
  }
  if (how.variant == RequantVariant::Single) {
    return rounded_shift(std::int64_t{value} * multiplier, 31 - exponent, how.rounding, random);
  }
  const std::int64_t product = std::int64_t{wrapped_shift(value, left)} * multiplier;
  const std::int64_t high = rounded_shift(product, 31, Rounding::HalfUp);
  const std::int64_t saturated =
      std::min<std::int64_t>(high, std::numeric_limits<std::int32_t>::max());
  return rounded_shift(saturated, right, Rounding::NearestAway);
}

std::int64_t nearest(float value) {
  constexpr double kFar = 1e15;
  return static_cast<std::int64_t>(
      std::nearbyint(std::clamp(static_cast<double>(value), -kFar, kFar)));
}

std::int32_t finish(std::int64_t scaled, const Requantizer& requant) {
  return static_cast<std::int32_t>(
      std::clamp<std::int64_t>(scaled + requant.zero_point, requant.clamp_min, requant.clamp_max));
}

}  // namespace

std::int32_t requantize(std::int32_t acc, std::int32_t multiplier, std::int32_t exponent,
                        const Requantizer& requant, std::uint32_t random) {
  return finish(scale(acc, multiplier, exponent, requant, random), requant);
}

std::vector<std::uint32_t> lfsr_words(std::uint64_t start, std::size_t count) {
  std::vector<std::uint32_t> words(count, 0);
  std::uint64_t state = start;
  for (std::size_t bit = 0; bit < 32 * count; ++bit) {
    const std::uint64_t out = state % 2;
    words[bit / 32] += static_cast<std::uint32_t>(out) << (bit % 32);
    state = state / 2 ^ out * 0xD800000000000000U;
  }
  return words;
}

std::int32_t requantize(std::int32_t acc, float factor, const Requantizer& requant) {
  // The product of two binary32 is exact in a double, and so is rounding it twice here.
  const auto exact = static_cast<double>(static_cast<float>(acc)) * static_cast<double>(factor);
  return finish(nearest(static_cast<float>(exact)), requant);
}

std::int32_t add_elements(std::int32_t a, std::int32_t b, const Add& add) {
  const std::int32_t value[2] = {a - add.input_zero_point[0], b - add.input_zero_point[1]};
  if (add.output.mode == RequantMode::FloatScale) {
    float terms[2] = {};
    for (std::size_t i = 0; i < 2; ++i) {
      terms[i] = static_cast<float>(double{1} * value[i] * static_cast<double>(add.input_scale[i]));
    }
    const auto total =
        static_cast<float>(static_cast<double>(terms[0]) + static_cast<double>(terms[1]));
    return finish(nearest(static_cast<float>(static_cast<double>(total) *
                                             static_cast<double>(add.output.scale.front()))),
                  add.output);
  }
  std::uint32_t sum = 0;
  for (std::size_t i = 0; i < 2; ++i) {
    const bool shift_only = add.output.mode == RequantMode::ShiftOnly;
    const std::int64_t scaled =
        shift_only ? wrapped_shift(value[i], add.input[i].exponent)
                   : scale(wrapped_shift(value[i], add.left_shift), add.input[i].multiplier,
                           add.input[i].exponent, add.output);
    sum += static_cast<std::uint32_t>(scaled);
  }
  const std::int32_t multiplier = add.output.multiplier.empty() ? 0 : add.output.multiplier.front();
  return finish(
      scale(static_cast<std::int32_t>(sum), multiplier, add.output.exponent.front(), add.output),
      add.output);
}

std::int32_t rounded_average(std::int32_t sum, std::int32_t count) {
  return sum > 0 ? (sum + count / 2) / count : (sum - count / 2) / count;
}

}  // namespace systole::test
