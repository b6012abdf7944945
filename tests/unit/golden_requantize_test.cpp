#include "models/golden/requantize.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <random>
#include <stdexcept>
#include <vector>

#include "models/golden/fixed_point.hpp"
#include "sim/network/refusal.hpp"

namespace systole::golden {
namespace {

__extension__ using Wide = __int128;

constexpr std::int32_t kMin = std::numeric_limits<std::int32_t>::min();
constexpr std::int32_t kMax = std::numeric_limits<std::int32_t>::max();
constexpr Rounding kRoundings[] = {Rounding::NearestEven, Rounding::NearestAway, Rounding::HalfUp,
                                   Rounding::Floor, Rounding::TowardZero};

Requantizer requantizer(RequantMode mode, RequantVariant variant, Rounding rounding,
                        std::int32_t multiplier, std::int32_t exponent) {
  Requantizer requant;
  requant.mode = mode;
  requant.variant = variant;
  requant.rounding = rounding;
  requant.multiplier = {multiplier};
  requant.exponent = {exponent};
  requant.clamp_min = kMin;
  requant.clamp_max = kMax;
  return requant;
}

Requantizer tflite(std::int32_t multiplier, std::int32_t exponent) {
  return requantizer(RequantMode::MultiplierShift, RequantVariant::Tflite, Rounding::NearestEven,
                     multiplier, exponent);
}

Requantizer shift_only(Rounding rounding, std::int32_t exponent) {
  return requantizer(RequantMode::ShiftOnly, RequantVariant::Tflite, rounding, 0, exponent);
}

// value / 2^bits by magnitude and sign, so nothing of it resembles an arithmetic shift.
Wide reference_shift(Wide value, int bits, Rounding rounding) {
  const Wide unit = Wide{1} << bits;
  const bool negative = value < 0;
  const Wide magnitude = negative ? -value : value;
  const Wide whole = magnitude / unit;
  const Wide twice_rest = 2 * (magnitude % unit);
  const bool exact = twice_rest == 0;
  const bool tie = twice_rest == unit;
  bool grow = twice_rest > unit;  // in magnitude
  switch (rounding) {
    case Rounding::NearestEven:
      grow = grow || (tie && whole % 2 == 1);
      break;
    case Rounding::NearestAway:
      grow = grow || tie;
      break;
    case Rounding::HalfUp:
      grow = grow || (tie && !negative);
      break;
    case Rounding::Floor:
      grow = negative && !exact;
      break;
    case Rounding::TowardZero:
      grow = false;
      break;
    case Rounding::Stochastic:
      throw std::logic_error{"has tests of its own"};
  }
  const Wide rounded = whole + (grow ? 1 : 0);
  return negative ? -rounded : rounded;
}

std::int32_t saturated(Wide value) {
  return static_cast<std::int32_t>(std::clamp<Wide>(value, kMin, kMax));
}

TEST(GoldenRounding, OneAndAHalfGoesWhereEachModeSays) {
  const auto shifted = [](std::int64_t value, Rounding rounding) {
    return rounded_shift(value, 1, rounding);
  };
  EXPECT_EQ(shifted(3, Rounding::NearestEven), 2);
  EXPECT_EQ(shifted(5, Rounding::NearestEven), 2);
  EXPECT_EQ(shifted(-3, Rounding::NearestEven), -2);
  EXPECT_EQ(shifted(-5, Rounding::NearestEven), -2);
  EXPECT_EQ(shifted(3, Rounding::NearestAway), 2);
  EXPECT_EQ(shifted(-3, Rounding::NearestAway), -2);
  EXPECT_EQ(shifted(3, Rounding::HalfUp), 2);
  EXPECT_EQ(shifted(-3, Rounding::HalfUp), -1);
  EXPECT_EQ(shifted(3, Rounding::Floor), 1);
  EXPECT_EQ(shifted(-3, Rounding::Floor), -2);
  EXPECT_EQ(shifted(3, Rounding::TowardZero), 1);
  EXPECT_EQ(shifted(-3, Rounding::TowardZero), -1);
}

TEST(GoldenRounding, EveryModeMatchesTheExactReferenceOnEverySmallValue) {
  for (const Rounding rounding : kRoundings) {
    for (std::int64_t value = -4100; value <= 4100; ++value) {
      for (int bits = 0; bits <= 13; ++bits) {
        ASSERT_EQ(rounded_shift(value, bits, rounding), reference_shift(value, bits, rounding))
            << "value=" << value << " bits=" << bits << " mode=" << static_cast<int>(rounding);
      }
    }
  }
}

TEST(GoldenRounding, EveryModeMatchesTheExactReferenceOnRandomWideValues) {
  std::mt19937_64 rng{20240611};
  std::uniform_int_distribution<std::int64_t> wide{-(std::int64_t{1} << 62), std::int64_t{1} << 62};
  for (int i = 0; i < 100000; ++i) {
    const int bits = i % 63;
    // Half of the values end in a tie or beside one.
    const std::int64_t tie = bits == 0 ? 0 : std::int64_t{1} << (bits - 1);
    const std::int64_t value =
        i % 2 == 0 ? wide(rng) : (wide(rng) >> bits) * (std::int64_t{1} << bits) + tie + i % 3 - 1;
    for (const Rounding rounding : kRoundings) {
      ASSERT_EQ(rounded_shift(value, bits, rounding), reference_shift(value, bits, rounding))
          << "value=" << value << " bits=" << bits << " mode=" << static_cast<int>(rounding);
    }
  }
}

TEST(GoldenRequantizer, SingleRoundsTheExactProductOnce) {
  std::mt19937 rng{20240612};
  std::uniform_int_distribution<std::int32_t> any{kMin, kMax};
  std::uniform_int_distribution<std::int32_t> multiplier{1 << 30, kMax};
  std::uniform_int_distribution<std::int32_t> exponent{-31, 30};
  for (int i = 0; i < 50000; ++i) {
    const std::int32_t acc = any(rng) >> (i % 31);
    const std::int32_t m = i % 4 == 0 ? 1 << 30 : multiplier(rng);  // powers of two make ties
    const std::int32_t e = exponent(rng);
    for (const Rounding rounding : kRoundings) {
      const Requantizer requant =
          requantizer(RequantMode::MultiplierShift, RequantVariant::Single, rounding, m, e);
      ASSERT_EQ(requantize(acc, 0, requant),
                saturated(reference_shift(Wide{acc} * m, 31 - e, rounding)))
          << "acc=" << acc << " multiplier=" << m << " exponent=" << e;
    }
  }
}

TEST(GoldenRequantizer, ShiftOnlyRoundsTheAccumulatorOnce) {
  std::mt19937 rng{20240613};
  std::uniform_int_distribution<std::int32_t> any{kMin, kMax};
  for (int i = 0; i < 50000; ++i) {
    const std::int32_t acc = any(rng) >> (i % 31);
    const int bits = i % 32;
    for (const Rounding rounding : kRoundings) {
      ASSERT_EQ(requantize(acc, 0, shift_only(rounding, -bits)),
                saturated(reference_shift(acc, bits, rounding)))
          << "acc=" << acc << " bits=" << bits;
    }
  }
}

TEST(GoldenRequantizer, ShiftOnlyWithAPositiveExponentShiftsLeftAndWraps) {
  EXPECT_EQ(requantize(3, 0, shift_only(Rounding::Floor, 4)), 48);
  EXPECT_EQ(requantize(-3, 0, shift_only(Rounding::Floor, 4)), -48);
  EXPECT_EQ(requantize(1 << 29, 0, shift_only(Rounding::Floor, 2)), kMin);
  EXPECT_EQ(requantize(1 << 29, 0, shift_only(Rounding::Floor, 3)), 0);
}

// 2^30 stands for one half: (acc + 1) >> 1 first, then half away from zero.
TEST(GoldenRequantizer, TfliteRoundsTwiceTheFirstTimeUpTheSecondAwayFromZero) {
  EXPECT_EQ(requantize(1, 0, tflite(1 << 30, 0)), 1);
  EXPECT_EQ(requantize(-1, 0, tflite(1 << 30, 0)), 0);
  EXPECT_EQ(requantize(-3, 0, tflite(1 << 30, 0)), -1);
  EXPECT_EQ(requantize(5, 0, tflite(1 << 30, -1)), 2);    // 2.5 -> 3, 1.5 -> 2; once: 1.25 -> 1
  EXPECT_EQ(requantize(-6, 0, tflite(1 << 30, -1)), -2);  // -3, -1.5 -> -2
  EXPECT_EQ(requantize(2, 0, tflite(1 << 30, -1)), 1);    // 1, 0.5 -> 1
  EXPECT_EQ(requantize(-2, 0, tflite(1 << 30, -1)), -1);
}

TEST(GoldenRequantizer, TfliteTakesTheWholeRangeOfExponents) {
  EXPECT_EQ(doubling_high_multiply(kMin, kMin), kMax) << "the one product that does not fit";
  EXPECT_EQ(requantize(kMin, 0, tflite(kMax, 0)), -kMax);
  EXPECT_EQ(requantize(kMin, 0, tflite(1 << 30, 0)), -(1 << 30));
  EXPECT_EQ(requantize(kMin, 0, tflite(kMax, -31)), -1);     // (2^31 - 1) / 2^31 is over a half
  EXPECT_EQ(requantize(kMin, 0, tflite(1 << 30, -31)), -1);  // one half, away from zero
  EXPECT_EQ(requantize(kMin + 2, 0, tflite(1 << 30, -31)), 0);
  EXPECT_EQ(requantize(kMax, 0, tflite(1 << 30, -31)), 1);
  EXPECT_EQ(requantize(kMax - 1, 0, tflite(1 << 30, -31)), 0);
  EXPECT_EQ(requantize(100, 0, tflite(1 << 30, 1)), 100);
  EXPECT_EQ(requantize(100, 0, tflite(1 << 30, 4)), 800);
  EXPECT_EQ(requantize(1 << 30, 0, tflite(1 << 30, 1)), -(1 << 30));  // the left shift wraps
  EXPECT_EQ(requantize(2, 0, tflite(1 << 30, 30)), -(1 << 30));
}

TEST(GoldenRequantizer, AZeroMultiplierGivesTheZeroPoint) {
  Requantizer requant = tflite(0, 0);
  requant.zero_point = -5;
  EXPECT_EQ(requantize(kMax, 0, requant), -5);
  requant.variant = RequantVariant::Single;
  EXPECT_EQ(requantize(kMin, 0, requant), -5);
}

TEST(GoldenRequantizer, ClampsAfterTheZeroPointWithoutWrapping) {
  Requantizer requant = shift_only(Rounding::Floor, 0);
  requant.zero_point = 100;
  requant.clamp_min = -10;
  requant.clamp_max = 127;
  EXPECT_EQ(requantize(0, 0, requant), 100);
  EXPECT_EQ(requantize(28, 0, requant), 127);
  EXPECT_EQ(requantize(kMax, 0, requant), 127);
  requant.zero_point = -100;
  EXPECT_EQ(requantize(89, 0, requant), -10);
  EXPECT_EQ(requantize(kMin, 0, requant), -10);
}

TEST(GoldenRequantizer, EachChannelHasItsOwnConstants) {
  Requantizer requant = tflite(1 << 30, 0);
  requant.multiplier = {1 << 30, (1 << 30) + (1 << 29), 1 << 30};
  requant.exponent = {1, 0, -2};
  EXPECT_EQ(requantize(64, 0, requant), 64);
  EXPECT_EQ(requantize(64, 1, requant), 48);
  EXPECT_EQ(requantize(64, 2, requant), 8);
}

TEST(GoldenRequantizer, RefusesConstantsThatDoNotFitTheLayer) {
  Requantizer requant = tflite(1 << 30, 0);
  requant.multiplier = {1 << 30, 1 << 30};
  EXPECT_THROW(check(requant, 3), Refusal);
  EXPECT_NO_THROW(check(requant, 2));
  EXPECT_THROW(check(tflite(1 << 30, -32), 1), Refusal);
  EXPECT_THROW(check(tflite(1 << 30, 31), 1), Refusal);
  Requantizer empty = tflite(1 << 30, 0);
  empty.clamp_min = 1;
  empty.clamp_max = 0;
  EXPECT_THROW(check(empty, 1), Refusal);
  Requantizer floats;
  floats.mode = RequantMode::FloatScale;
  EXPECT_THROW(check(floats, 1), Refusal);
  for (const float bad : {-1.0F, 1e-40F, 2147483648.0F, std::nanf("")}) {
    floats.scale = {bad};
    EXPECT_THROW(check(floats, 1), Refusal) << bad;
  }
  floats.scale = {0.0F, 2147483520.0F};
  EXPECT_NO_THROW(check(floats, 2));
}

// Written in double and in exact steps: a product of two binary32 is exact there.
TEST(GoldenRequantizer, FloatScaleRoundsThreeTimes) {
  std::mt19937 rng{20240614};
  std::uniform_int_distribution<std::int32_t> any{kMin, kMax};
  Requantizer requant;
  requant.mode = RequantMode::FloatScale;
  requant.clamp_min = kMin;
  requant.clamp_max = kMax;
  for (int i = 0; i < 100000; ++i) {
    const std::int32_t acc = any(rng) >> (i % 31);
    const auto scale = std::ldexp(static_cast<float>(rng() >> 8), -(i % 50));
    requant.scale = {is_requant_scale(scale) ? scale : 0.5F};
    const double product =
        static_cast<double>(static_cast<float>(acc)) * static_cast<double>(requant.scale[0]);
    const double rounded = std::nearbyint(static_cast<double>(static_cast<float>(product)));
    ASSERT_EQ(requantize(acc, 0, requant),
              static_cast<std::int32_t>(std::clamp<double>(rounded, kMin, kMax)))
        << "acc=" << acc << " scale=" << requant.scale[0];
  }
}

}  // namespace
}  // namespace systole::golden
