#include "models/golden/binary32.hpp"

#include <cstring>
#include <utility>

#include "models/golden/requantize.hpp"

namespace systole::golden {
namespace {

constexpr std::int32_t kPrecision = 24;
constexpr std::int32_t kFractionBits = kPrecision - 1;
constexpr std::int32_t kBias = 127;

std::int32_t bit_length(std::int64_t value) {
  // -2^63 has no positive counterpart in 64 bits, but as an unsigned integer.
  const auto bits = static_cast<std::uint64_t>(value);
  std::int32_t length = 0;
  for (std::uint64_t rest = value < 0 ? 0 - bits : bits; rest != 0; rest >>= 1) {
    ++length;
  }
  return length;
}

// value * 2^exponent with its significand cut to 24 bits, rounded.
Binary32 rounded(std::int64_t value, std::int32_t exponent) {
  const std::int32_t excess = bit_length(value) - kPrecision;
  if (excess <= 0) {
    return {value, exponent};
  }
  const std::int64_t cut = rounded_shift(value, excess, Rounding::NearestEven);
  // Rounding up may have made 2^24.
  return bit_length(cut) > kPrecision ? Binary32{cut / 2, exponent + excess + 1}
                                      : Binary32{cut, exponent + excess};
}

}  // namespace

Binary32 to_binary32(std::int64_t value) { return rounded(value, 0); }

Binary32 to_binary32(float value) {
  std::uint32_t bits = 0;
  std::memcpy(&bits, &value, sizeof bits);
  const auto biased = static_cast<std::int32_t>((bits >> kFractionBits) & 0xFFU);
  if (biased == 0) {
    return {};
  }
  const std::int64_t fraction = bits & ((1U << kFractionBits) - 1);
  const std::int64_t magnitude = fraction + (std::int64_t{1} << kFractionBits);
  return {(bits >> 31) != 0 ? -magnitude : magnitude, biased - kBias - kFractionBits};
}

Binary32 product(Binary32 a, Binary32 b) {
  return rounded(a.significand * b.significand, a.exponent + b.exponent);
}

Binary32 sum(Binary32 a, Binary32 b) {
  if (a.significand == 0 || b.significand == 0) {
    return a.significand == 0 ? b : a;
  }
  // The larger one, filled up to 24 bits, at the left.
  const auto fill = [](Binary32& x) {
    const std::int32_t room = kPrecision - bit_length(x.significand);
    x.significand *= std::int64_t{1} << room;
    x.exponent -= room;
  };
  fill(a);
  fill(b);
  if (a.exponent < b.exponent) {
    std::swap(a, b);
  }
  const std::int32_t distance = a.exponent - b.exponent;
  // From 26 places on b is less than a quarter of a's last bit: any such value rounds alike.
  if (distance > kPrecision + 1) {
    return rounded(a.significand * 16 + (b.significand > 0 ? 1 : -1), a.exponent - 4);
  }
  return rounded(a.significand * (std::int64_t{1} << distance) + b.significand, b.exponent);
}

std::int64_t to_integer(Binary32 value) {
  constexpr std::int32_t kMostLeft = 62 - kPrecision;
  constexpr std::int64_t kLargest = std::int64_t{1} << 62;
  const std::int32_t top = bit_length(value.significand) + value.exponent;  // below 2^top
  if (value.significand == 0 || top < 0) {
    return 0;
  }
  if (top > kMostLeft + kPrecision) {
    return value.significand > 0 ? kLargest : -kLargest;
  }
  return value.exponent >= 0
             ? value.significand * (std::int64_t{1} << value.exponent)
             : rounded_shift(value.significand, -value.exponent, Rounding::NearestEven);
}

}  // namespace systole::golden
