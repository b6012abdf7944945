#include "sim/quantize/integer_format.hpp"

#include <algorithm>
#include <cmath>
#include <limits>

namespace systole::quantize {
namespace {

IntegerFormat format_of_grid(Grid grid) {
  IntegerFormat format;
  format.element.bits = grid.bits;
  format.lowest = static_cast<std::int32_t>(format.element.min());
  format.highest = static_cast<std::int32_t>(format.element.max());
  if (grid.symmetric && grid.is_signed && grid.narrow_range) {
    ++format.lowest;
  }
  if (grid.symmetric && !grid.is_signed) {
    format.zero_point = format.lowest;
  }
  return format;
}

void place_zero(IntegerFormat& format, double low) {
  const double position = format.lowest - low / static_cast<double>(format.scale);
  format.zero_point = static_cast<std::int32_t>(std::clamp(std::nearbyint(position),
                                                           static_cast<double>(format.lowest),
                                                           static_cast<double>(format.highest)));
}

Range with_zero(Range range) { return {std::min(range.low, 0.0), std::max(range.high, 0.0)}; }

}  // namespace

std::int32_t IntegerFormat::clamped(double q) const {
  return static_cast<std::int32_t>(
      std::clamp(q, static_cast<double>(lowest), static_cast<double>(highest)));
}

std::int32_t IntegerFormat::quantize(float real) const {
  return clamped(static_cast<double>(std::round(real / scale)) + zero_point);
}

std::int32_t IntegerFormat::quantize_mean(float real) const {
  constexpr double kParts = 1024;  // a half that a sum of float32 has missed by a hair is a half
  return clamped(std::round(std::nearbyint(position(real) * kParts) / kParts));
}

IntegerFormat format_of(Range range, Grid grid) {
  range = with_zero(range);
  IntegerFormat format = format_of_grid(grid);
  const double reach = grid.symmetric ? std::max(-range.low, range.high) : range.high - range.low;
  const double steps = format.highest - (grid.symmetric ? format.zero_point : format.lowest);
  // Near the least normal float32, far under any scale that a requantizer can express.
  constexpr double kSmallestReach = 1e-30;
  format.scale = reach > kSmallestReach ? static_cast<float>(reach / steps) : 1.0F;
  if (!grid.symmetric) {
    place_zero(format, range.low);
  }
  return format;
}

IntegerFormat power_of_two_format(Range range, int exponent, Grid grid) {
  IntegerFormat format = format_of_grid(grid);
  constexpr int kLeastExponent = std::numeric_limits<float>::min_exponent - 1;
  format.scale = std::ldexp(1.0F, std::max(exponent, kLeastExponent));
  if (!grid.symmetric) {
    place_zero(format, with_zero(range).low);
  }
  return format;
}

double rounded_position(double position, RealRounding rounding, double draw) {
  switch (rounding) {
    case RealRounding::NearestEven:
      return std::nearbyint(position);
    case RealRounding::NearestAway:
      return std::round(position);
    case RealRounding::HalfUp:
      return std::floor(position + 0.5);
    case RealRounding::Floor:
      return std::floor(position);
    case RealRounding::TowardZero:
      return std::trunc(position);
    case RealRounding::Stochastic:
      break;
  }
  const double below = std::floor(position);
  return below + (draw < position - below ? 1.0 : 0.0);
}

double uniform_draw(std::uint64_t seed, std::uint64_t index) {
  std::uint64_t z = seed * 0xD1B54A32D192ED03U + (index + 1) * 0x9E3779B97F4A7C15U;
  z = (z ^ (z >> 30)) * 0xBF58476D1CE4E5B9U;
  z = (z ^ (z >> 27)) * 0x94D049BB133111EBU;
  z ^= z >> 31;
  return static_cast<double>(z >> 11) * 0x1p-53;
}

}  // namespace systole::quantize
