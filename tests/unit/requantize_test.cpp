#include "models/requant/requantize.hpp"

#include "models/requant/lfsr_stream.hpp"

#include <gtest/gtest.h>

#include <cmath>
#include <limits>
#include <random>

#include "sim/network/splitmix64.hpp"

namespace systole {
namespace {

constexpr std::int32_t kMin = std::numeric_limits<std::int32_t>::min();
constexpr std::int32_t kMax = std::numeric_limits<std::int32_t>::max();

/// x / 2^shift rounded, from the quotient as an exact fraction: |x| < 2^63 and 2^shift are
/// exact in a long double, and so is their ratio (64 bits of mantissa).
std::int64_t reference_shift(std::int64_t x, std::uint32_t shift, Rounding rounding) {
  const long double exact = std::ldexp(static_cast<long double>(x), -static_cast<int>(shift));
  const long double below = std::floor(exact);
  const long double rest = exact - below;
  const bool even = std::fmod(below, 2.0L) == 0;
  bool up = false;
  switch (rounding) {
    case Rounding::NearestEven:
      up = rest > 0.5L || (rest == 0.5L && !even);
      break;
    case Rounding::NearestAway:
      up = rest > 0.5L || (rest == 0.5L && exact > 0);
      break;
    case Rounding::HalfUp:
      up = rest >= 0.5L;
      break;
    case Rounding::Floor:
      break;
    case Rounding::TowardZero:
      up = rest > 0 && exact < 0;
      break;
    case Rounding::Stochastic:
      ADD_FAILURE() << "has tests of its own";
  }
  return static_cast<std::int64_t>(below) + (up ? 1 : 0);
}

constexpr Rounding kRoundings[] = {Rounding::NearestEven, Rounding::NearestAway, Rounding::HalfUp,
                                   Rounding::Floor, Rounding::TowardZero};

TEST(RoundingShift, IsTheExactQuotientRoundedOnTiesAndTheirNeighbours) {
  for (const Rounding rounding : kRoundings) {
    for (std::uint32_t shift = 0; shift <= 40; ++shift) {
      for (std::int64_t quotient = -5; quotient <= 5; ++quotient) {
        for (std::int64_t offset = -1; offset <= 1; ++offset) {
          const std::int64_t half = shift == 0 ? 0 : std::int64_t{1} << (shift - 1);
          const std::int64_t x = quotient * (std::int64_t{1} << shift) + half + offset;
          ASSERT_EQ(rounding_shift_right(x, shift, rounding), reference_shift(x, shift, rounding))
              << "x=" << x << " shift=" << shift << " rounding=" << static_cast<int>(rounding);
        }
      }
    }
  }
}

TEST(RoundingShift, IsTheExactQuotientRoundedOnRandomValues) {
  std::mt19937_64 rng{20261121};
  std::uniform_int_distribution<std::int64_t> value{-(std::int64_t{1} << 62),
                                                    std::int64_t{1} << 62};
  std::uniform_int_distribution<std::uint32_t> shifts{0, 62};
  for (int i = 0; i < 200'000; ++i) {
    const std::int64_t x = value(rng) >> (i % 60);
    const std::uint32_t shift = shifts(rng);
    const Rounding rounding = kRoundings[i % 5];
    ASSERT_EQ(rounding_shift_right(x, shift, rounding), reference_shift(x, shift, rounding))
        << "x=" << x << " shift=" << shift << " rounding=" << i % 5;
  }
}

std::int64_t tflite(std::int32_t x, std::int32_t multiplier, std::int32_t exponent) {
  return scale(x, {multiplier, exponent}, RequantMode::MultiplierShift, RequantVariant::Tflite,
               Rounding::NearestEven);
}

// Both stages have ties of their own: half up in the first, half away from zero in the second.
TEST(TfliteScale, RoundsTheHighProductHalfUpAndTheShiftHalfAway) {
  EXPECT_EQ(tflite(1, 1 << 30, 0), 1);     // 0.5
  EXPECT_EQ(tflite(-1, 1 << 30, 0), 0);    // -0.5
  EXPECT_EQ(tflite(-3, 1 << 30, 0), -1);   // -1.5
  EXPECT_EQ(tflite(6, 1 << 30, -1), 2);    // 3, then 1.5
  EXPECT_EQ(tflite(-6, 1 << 30, -1), -2);  // -3, then -1.5
  EXPECT_EQ(tflite(10, 1 << 30, -1), 3);   // 5, then 2.5
  EXPECT_EQ(tflite(-10, 1 << 30, -1), -3);
  EXPECT_EQ(tflite(5, 1 << 30, -1), 2);  // 2.5 up to 3, then 1.5 away to 2: twice rounded
}

TEST(TfliteScale, HoldsAtTheExtremes) {
  EXPECT_EQ(tflite(kMin, kMin, 0), kMax);  // the one product that does not fit
  EXPECT_EQ(tflite(kMin, kMax, 0), -kMax);
  EXPECT_EQ(tflite(kMax, kMax, 0), kMax - 1);
  EXPECT_EQ(tflite(kMax, kMax, -31), 1);  // just under one, rounded
  EXPECT_EQ(tflite(kMin, kMax, -31), -1);
  EXPECT_EQ(tflite(1 << 29, 1 << 30, -31), 0);
  EXPECT_EQ(tflite(3, 1 << 30, 3), 12);                // a left shift comes first
  EXPECT_EQ(tflite(1 << 30, 1 << 30, 1), -(1 << 30));  // and wraps
  EXPECT_EQ(tflite(12345, 0, 0), 0);
}

TEST(SingleScale, RoundsTheWholeProductOnce) {
  std::mt19937 rng{20261122};
  std::uniform_int_distribution<std::int32_t> acc{kMin, kMax};
  std::uniform_int_distribution<std::int32_t> multiplier{1 << 30, kMax};
  std::uniform_int_distribution<std::int32_t> exponent{-31, 0};
  for (int i = 0; i < 100'000; ++i) {
    const std::int32_t x = acc(rng);
    const std::int32_t m = multiplier(rng);
    const std::int32_t e = exponent(rng);
    const Rounding rounding = kRoundings[i % 5];
    const std::int64_t expected =
        reference_shift(std::int64_t{x} * m, static_cast<std::uint32_t>(31 - e), rounding);
    ASSERT_EQ(scale(x, {m, e}, RequantMode::MultiplierShift, RequantVariant::Single, rounding),
              expected)
        << "x=" << x << " multiplier=" << m << " exponent=" << e << " rounding=" << i % 5;
  }
}

TEST(ShiftOnlyScale, ShiftsBothWays) {
  const auto shifted = [](std::int32_t x, std::int32_t exponent, Rounding rounding) {
    return scale(x, {0, exponent}, RequantMode::ShiftOnly, RequantVariant::Single, rounding);
  };
  EXPECT_EQ(shifted(5, -1, Rounding::NearestEven), 2);
  EXPECT_EQ(shifted(7, -1, Rounding::NearestEven), 4);
  EXPECT_EQ(shifted(-5, -1, Rounding::NearestAway), -3);
  EXPECT_EQ(shifted(-5, -1, Rounding::HalfUp), -2);
  EXPECT_EQ(shifted(-5, -1, Rounding::Floor), -3);
  EXPECT_EQ(shifted(-5, -1, Rounding::TowardZero), -2);
  EXPECT_EQ(shifted(-5, 2, Rounding::Floor), -20);
  EXPECT_EQ(shifted(kMin, -31, Rounding::NearestEven), -1);
}

// Published: what SplitMix64, seeded with 0, gives first, and so on.
TEST(SplitMix, HasTheOutputsOfTheGeneratorSeededWithZero) {
  EXPECT_EQ(splitmix64(0), 0xE220A8397B1DCDAFULL);
  EXPECT_EQ(splitmix64(1), 0x6E789E6AA1B965F4ULL);
  EXPECT_EQ(splitmix64(2), 0x06C45D188009454FULL);
}

// The sequence is part of the specification: computed bit by bit, apart from any engine.
TEST(LfsrStream, HasTheWordsOfTheSpecification) {
  const LfsrStream one{1};
  EXPECT_EQ(one.word(0), 0x1U);
  EXPECT_EQ(one.word(1), 0xB0000000U);
  EXPECT_EQ(one.word(3), 0x45000000U);
  EXPECT_EQ(one.word(5), 0xDB700000U);
  EXPECT_EQ(one.word(1000), 0xEC20A3A7U);
  EXPECT_EQ(one.word(2000), 0xEF18E815U);
  const LfsrStream other{0x0123456789ABCDEF};
  EXPECT_EQ(other.word(0), 0x89ABCDEFU);
  EXPECT_EQ(other.word(1), 0x91234567U);
  EXPECT_EQ(other.word(2), 0xC4D1EE7BU);
  EXPECT_THROW(LfsrStream{0}, std::logic_error);
}

TEST(StochasticShift, AddsTheUpperBitsOfTheWordAndRoundsDown) {
  const auto shifted = [](std::int64_t x, std::uint32_t shift, std::uint32_t random) {
    return rounding_shift_right(x, shift, Rounding::Stochastic, random);
  };
  EXPECT_EQ(shifted(5, 2, 0x80000000U), 1);  // 1 + 2 of 4: no carry
  EXPECT_EQ(shifted(5, 2, 0xC0000000U), 2);  // 1 + 3 of 4
  EXPECT_EQ(shifted(5, 2, 0xBFFFFFFFU), 1);  // lower bits do not count
  EXPECT_EQ(shifted(-5, 2, 0x00000000U), -2);
  EXPECT_EQ(shifted(-5, 2, 0x40000000U), -1);
  EXPECT_EQ(shifted(8, 2, 0xFFFFFFFFU), 2);  // what is exact stays
  EXPECT_EQ(shifted(-8, 2, 0xFFFFFFFFU), -2);
  EXPECT_EQ(shifted(7, 0, 0xFFFFFFFFU), 7);
  EXPECT_EQ(shifted(std::int64_t{1} << 30, 62, 0xFFFFFFFFU), 1);  // the word reaches 30 bits up
  EXPECT_EQ(shifted((std::int64_t{1} << 30) - 1, 62, 0xFFFFFFFFU), 0);
}

TEST(StochasticShift, IsRightOnAverage) {
  const LfsrStream stream{0x0123456789ABCDEF};
  for (const std::int64_t x : {1, 37, 128, 200, 255, -1, -100, -255}) {
    std::int64_t sum = 0;
    for (std::uint64_t i = 0; i < 20000; ++i) {
      sum += rounding_shift_right(x, 8, Rounding::Stochastic, stream.word(i));
    }
    // Four standard deviations of 20000 draws are 0.0141 at most.
    EXPECT_NEAR(static_cast<double>(sum) / 20000, static_cast<double>(x) / 256, 0.0142) << x;
  }
}

TEST(MultiplierBits, KeepTheUpperOnesRoundedHalfAway) {
  const auto narrow = [](std::int32_t multiplier, std::uint32_t bits) {
    const QuantizedMultiplier q = narrowed({multiplier, 3}, bits);
    return std::pair{q.multiplier, q.exponent};
  };
  EXPECT_EQ(narrow(kMax, 32), (std::pair{kMax, 3}));
  EXPECT_EQ(narrow(0x7FFFFFFF, 31), (std::pair{1 << 30, 4}));
  EXPECT_EQ(narrow(0x7FFFFFFE, 31), (std::pair{0x7FFFFFFE, 3}));
  EXPECT_EQ(narrow(0x40800000, 8), (std::pair{0x41000000, 3}));  // half way
  EXPECT_EQ(narrow(0x407FFFFF, 8), (std::pair{0x40000000, 3}));
  EXPECT_EQ(narrow(0x7F800000, 8), (std::pair{1 << 30, 4}));
  EXPECT_EQ(narrow(0, 8), (std::pair{0, 3}));
}

std::int32_t float_scale(std::int32_t x, float factor) {
  Requantizer unit;
  unit.mode = RequantMode::FloatScale;
  unit.clamp_min = kMin;
  unit.clamp_max = kMax;
  unit.scale = {factor};
  return requantize(x, entry_of(unit, 0), unit);
}

TEST(FloatScale, RoundsTheProductHalfToEven) {
  EXPECT_EQ(float_scale(1, 0.5F), 0);
  EXPECT_EQ(float_scale(3, 0.5F), 2);
  EXPECT_EQ(float_scale(5, 0.5F), 2);
  EXPECT_EQ(float_scale(-1, 0.5F), 0);
  EXPECT_EQ(float_scale(-3, 0.5F), -2);
  EXPECT_EQ(float_scale(-5, 0.5F), -2);
  EXPECT_EQ(float_scale(7, 0.25F), 2);
}

// 2^24 + 1 and 2^25 + 6 lie half way between two neighbours of binary32.
TEST(FloatScale, RoundsTheAccumulatorToFloatFirst) {
  EXPECT_EQ(float_scale(16777217, 1.0F), 16777216);
  EXPECT_EQ(float_scale(16777219, 1.0F), 16777220);
  EXPECT_EQ(float_scale(33554438, 1.0F), 33554440);
  EXPECT_EQ(float_scale(-16777217, 1.0F), -16777216);
  EXPECT_EQ(float_scale(kMax, 1.0F), kMax);  // 2^31, saturated
  EXPECT_EQ(float_scale(kMin, 1.0F), kMin);
}

// 0.1F is a little over 1/10. Exactly, 5 * 0.1F is over one half; as a binary32 it is one half.
TEST(FloatScale, RoundsTheProductToFloatBeforeItBecomesAnInteger) {
  EXPECT_EQ(float_scale(5, 0.1F), 0);
  EXPECT_EQ(float_scale(25, 0.1F), 2);
  EXPECT_EQ(float_scale(15, 0.1F), 2);
}

TEST(FloatScale, SaturatesWhereTheProductLeavesEveryInteger) {
  EXPECT_EQ(float_scale(kMax, 2147483520.0F), kMax);
  EXPECT_EQ(float_scale(kMin, 2147483520.0F), kMin);
  EXPECT_EQ(float_scale(kMin, 0.0F), 0);
  EXPECT_EQ(float_scale(kMin, 1.17549435e-38F), 0);
}

// Accumulators of over 32 bits: the product may be beyond all of int64.
TEST(FloatScale, SaturatesProductsOfWideAccumulators) {
  Requantizer unit;
  unit.mode = RequantMode::FloatScale;
  unit.accumulator.bits = 64;
  unit.clamp_min = -7;
  unit.clamp_max = 7;
  unit.scale = {1073741824.0F};
  EXPECT_EQ(requantize(INT64_C(1) << 62, entry_of(unit, 0), unit), 7);
  EXPECT_EQ(requantize(-(INT64_C(1) << 62), entry_of(unit, 0), unit), -7);
}

TEST(Requantize, AddsTheZeroPointAfterScalingAndClampsLast) {
  Requantizer unit;
  unit.zero_point = -5;
  unit.clamp_min = -5;
  unit.clamp_max = 20;
  EXPECT_EQ(requantize(10, {1 << 30, 0}, unit), 0);
  EXPECT_EQ(requantize(-10, {1 << 30, 0}, unit), -5);
  EXPECT_EQ(requantize(1000, {1 << 30, 0}, unit), 20);
  EXPECT_EQ(requantize(kMin, {kMax, 0}, unit), -5);  // no overflow on the way
}

}  // namespace
}  // namespace systole
