#include "sim/network/requantizer.hpp"

#include <algorithm>
#include <cmath>

#include "sim/network/refusal.hpp"

namespace systole {

bool is_requant_scale(float scale) {
  constexpr float kLimit = 2147483648.0F;
  return scale == 0.0F || (std::isnormal(scale) && scale > 0.0F && scale < kLimit);
}

QuantizedMultiplier quantize_multiplier(double real) {
  if (!std::isfinite(real) || real < 0) {
    throw Refusal{"a requantization multiplier must be finite and not negative"};
  }
  if (real == 0) {
    return {};
  }
  int exponent = 0;
  const double fraction = std::frexp(real, &exponent);
  auto q = static_cast<std::int64_t>(std::round(std::ldexp(fraction, 31)));
  if (q == std::int64_t{1} << 31) {
    q /= 2;
    ++exponent;
  }
  if (exponent < -31) {
    return {};
  }
  return {static_cast<std::int32_t>(q), exponent};
}

QuantizedMultiplier narrowed(QuantizedMultiplier q, std::uint32_t bits) {
  const std::uint32_t dropped = 32 - bits;
  if (dropped == 0 || q.multiplier == 0) {
    return q;
  }
  const std::int64_t half = std::int64_t{1} << (dropped - 1);
  const std::int64_t kept = ((std::int64_t{q.multiplier} + half) >> dropped) << dropped;
  return kept == std::int64_t{1} << 31
             ? QuantizedMultiplier{1 << 30, q.exponent + 1}
             : QuantizedMultiplier{static_cast<std::int32_t>(kept), q.exponent};
}

double real_multiplier(QuantizedMultiplier q) {
  return std::ldexp(static_cast<double>(q.multiplier), q.exponent - 31);
}

std::int32_t saturation_radius(std::int32_t integer_bits, QuantizedMultiplier input) {
  const double range = std::ldexp(static_cast<double>((1 << integer_bits) - 1), 31 - integer_bits);
  constexpr double kMost = 1 << 30;
  return static_cast<std::int32_t>(std::min(std::floor(std::ldexp(range, -input.exponent)), kMost));
}

}  // namespace systole
