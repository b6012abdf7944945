#include "models/golden/requantize.hpp"

#include <algorithm>
#include <stdexcept>
#include <string>
#include <vector>

#include "models/golden/binary32.hpp"
#include "models/golden/fixed_point.hpp"
#include "models/golden/wrap.hpp"
#include "sim/network/refusal.hpp"

namespace systole::golden {
namespace {

__extension__ using Wide = __int128;

constexpr std::int32_t kMinExponent = -31;
constexpr std::int32_t kMaxExponent = 30;

template <typename Value>
Value of_channel(const std::vector<Value>& values, std::size_t channel) {
  return values.size() == 1 ? values.front() : values.at(channel);
}

template <typename Int>
Int rounded(Int value, std::int32_t bits, Rounding rounding, std::uint32_t random) {
  const Int floor = value >> bits;
  // The bits that floor drops: in units of 2^-bits, from 0 up to 1.
  const auto fraction = static_cast<std::int64_t>(value & ((std::int64_t{1} << bits) - 1));
  if (fraction == 0) {
    return floor;
  }
  const std::int64_t half = std::int64_t{1} << (bits - 1);
  switch (rounding) {
    case Rounding::NearestEven:
      return floor + (fraction > half || (fraction == half && floor % 2 != 0) ? 1 : 0);
    case Rounding::NearestAway:
      return floor + (fraction > half || (fraction == half && value > 0) ? 1 : 0);
    case Rounding::HalfUp:
      return floor + (fraction >= half ? 1 : 0);
    case Rounding::Floor:
      return floor;
    case Rounding::TowardZero:
      return floor + (value < 0 ? 1 : 0);
    case Rounding::Stochastic: {
      // The fraction against the random number, both as 0.62.
      const auto drawn = static_cast<std::int64_t>(random) << 30;
      const std::int64_t unused = bits < 32 ? drawn & ((std::int64_t{1} << (62 - bits)) - 1) : 0;
      const std::int64_t one = std::int64_t{1} << 62;
      return floor + ((fraction << (62 - bits)) >= one - (drawn - unused) ? 1 : 0);
    }
  }
  throw std::logic_error{"golden: unknown rounding"};
}

void check_count(const char* what, std::size_t count, std::size_t channels) {
  if (count != 1 && count != channels) {
    throw Refusal{std::string{"requantizer: "} + std::to_string(count) + " " + what +
                  ", expected 1 or " + std::to_string(channels)};
  }
}

}  // namespace

void check_scales(const float* first, const float* last) {
  if (!std::all_of(first, last, is_requant_scale)) {
    throw Refusal{"requantizer: a scale is neither 0 nor in 2^-126..2^31"};
  }
}

std::int64_t rounded_shift(std::int64_t value, std::int32_t bits, Rounding rounding,
                           std::uint32_t random) {
  return rounded(value, bits, rounding, random);
}

namespace {

// Accumulators of over 32 bits.
std::int64_t scale_wide(std::int64_t acc, std::size_t channel, const Requantizer& requant,
                        std::uint32_t random) {
  constexpr std::int64_t kMost = std::int64_t{1} << 62;
  const std::int32_t exponent = of_channel(requant.exponent, channel);
  if (requant.mode == RequantMode::ShiftOnly) {
    const std::int64_t value =
        exponent > 0 ? static_cast<std::int64_t>(static_cast<std::uint64_t>(acc) << exponent)
                     : rounded_shift(acc, -exponent, requant.rounding, random);
    return std::min(std::max(value, -kMost), kMost);
  }
  if (requant.variant == RequantVariant::Tflite) {
    throw Refusal{"requantizer: tflite takes accumulators of at most 32 bits"};
  }
  const Wide value = rounded(Wide{acc} * of_channel(requant.multiplier, channel), 31 - exponent,
                             requant.rounding, random);
  return static_cast<std::int64_t>(std::min(std::max(value, Wide{-kMost}), Wide{kMost}));
}

}  // namespace

std::int64_t scale(std::int64_t acc, std::size_t channel, const Requantizer& requant,
                   std::uint32_t random) {
  if (requant.mode == RequantMode::FloatScale) {
    return to_integer(product(to_binary32(acc), to_binary32(of_channel(requant.scale, channel))));
  }
  if (requant.accumulator.bits > 32) {
    return scale_wide(acc, channel, requant, random);
  }
  const auto narrow = static_cast<std::int32_t>(acc);
  const std::int32_t exponent = of_channel(requant.exponent, channel);
  if (requant.mode == RequantMode::ShiftOnly) {
    return exponent > 0 ? shift_left_wrapping(narrow, exponent)
                        : rounded_shift(narrow, -exponent, requant.rounding, random);
  }
  const std::int32_t multiplier = of_channel(requant.multiplier, channel);
  if (requant.variant == RequantVariant::Tflite) {
    return multiply_by_quantized(narrow, {multiplier, exponent});
  }
  return rounded_shift(acc * multiplier, 31 - exponent, requant.rounding, random);
}

std::uint32_t RandomWords::draw() {
  std::uint32_t word = 0;
  for (std::uint32_t step = 0; step < 32; ++step) {
    const auto out = static_cast<std::uint32_t>(state_ & 1U);
    word |= out << step;
    state_ >>= 1U;
    if (out != 0) {
      for (const std::uint32_t tap : {64U, 63U, 61U, 60U}) {
        state_ ^= std::uint64_t{1} << (tap - 1);
      }
    }
  }
  return word;
}

std::int32_t requantize(std::int64_t acc, std::size_t channel, const Requantizer& requant,
                        std::uint32_t random) {
  const std::int64_t value = scale(acc, channel, requant, random) + requant.zero_point;
  return static_cast<std::int32_t>(
      std::clamp<std::int64_t>(value, requant.clamp_min, requant.clamp_max));
}

void requantize_row(const std::vector<std::int64_t>& accs, const Requantizer& requant,
                    RandomWords& random, TensorData& ofmap) {
  if (!is_tflite(requant)) {
    for (std::size_t channel = 0; channel < accs.size(); ++channel) {
      ofmap.push_back(requantize(accs[channel], channel, requant, random.next()));
    }
    return;
  }
  const std::size_t first = ofmap.size();
  ofmap.resize(first + accs.size());
  for (std::size_t channel = 0; channel < accs.size(); ++channel) {
    const QuantizedMultiplier q{of_channel(requant.multiplier, channel),
                                of_channel(requant.exponent, channel)};
    const std::int64_t scaled = multiply_by_quantized(static_cast<std::int32_t>(accs[channel]), q);
    ofmap[first + channel] = static_cast<std::int32_t>(std::clamp<std::int64_t>(
        scaled + requant.zero_point, requant.clamp_min, requant.clamp_max));
  }
}

void check(const Requantizer& requant, std::size_t channels) {
  if (requant.accumulator.bits < 8 || requant.accumulator.bits > 64) {
    throw Refusal{"requantizer: accumulators have 8 to 64 bits"};
  }
  if (requant.clamp_min > requant.clamp_max) {
    throw Refusal{"requantizer: clamp_min is above clamp_max"};
  }
  if (requant.mode == RequantMode::FloatScale) {
    check_count("scales", requant.scale.size(), channels);
    check_scales(requant.scale.data(), requant.scale.data() + requant.scale.size());
    return;
  }
  check_count("exponents", requant.exponent.size(), channels);
  if (requant.mode == RequantMode::MultiplierShift) {
    check_count("multipliers", requant.multiplier.size(), channels);
  }
  for (const std::int32_t exponent : requant.exponent) {
    if (exponent < kMinExponent || exponent > kMaxExponent) {
      throw Refusal{"requantizer: exponent " + std::to_string(exponent) + " is outside -31..30"};
    }
  }
}

}  // namespace systole::golden
