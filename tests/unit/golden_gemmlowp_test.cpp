// gemmlowp's own SaturatingRoundingDoublingHighMul and RoundingDivideByPOT are the oracle.
#include <fixedpoint/fixedpoint.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <limits>
#include <random>

#include "models/golden/fixed_point.hpp"
#include "models/golden/requantize.hpp"

namespace systole::golden {
namespace {

constexpr std::int32_t kMin = std::numeric_limits<std::int32_t>::min();
constexpr std::int32_t kMax = std::numeric_limits<std::int32_t>::max();

std::int32_t by_gemmlowp(std::int32_t acc, QuantizedMultiplier q) {
  const auto shifted =
      static_cast<std::int32_t>(static_cast<std::uint32_t>(acc) << std::max(q.exponent, 0));
  return gemmlowp::RoundingDivideByPOT(
      gemmlowp::SaturatingRoundingDoublingHighMul(shifted, q.multiplier), std::max(-q.exponent, 0));
}

std::int32_t by_golden(std::int32_t acc, QuantizedMultiplier q) {
  Requantizer requant;
  requant.multiplier = {q.multiplier};
  requant.exponent = {q.exponent};
  requant.clamp_min = kMin;
  requant.clamp_max = kMax;
  return requantize(acc, 0, requant);
}

TEST(GoldenAgainstGemmlowp, TfliteRequantizationIsEqualOnRandomValues) {
  std::mt19937 rng{20240614};
  std::uniform_int_distribution<std::int32_t> any{kMin, kMax};
  std::uniform_int_distribution<std::int32_t> multiplier{1 << 30, kMax};
  std::uniform_int_distribution<std::int32_t> exponent{-31, 30};
  for (int i = 0; i < 1000000; ++i) {
    const std::int32_t acc = any(rng) >> (i % 31);
    const QuantizedMultiplier q{multiplier(rng), exponent(rng)};
    ASSERT_EQ(by_golden(acc, q), by_gemmlowp(acc, q))
        << "acc=" << acc << " multiplier=" << q.multiplier << " exponent=" << q.exponent;
  }
}

// Ties of both roundings, and the ends of the range, which random values seldom hit.
TEST(GoldenAgainstGemmlowp, TfliteRequantizationIsEqualOnTiesAndExtremes) {
  std::vector<std::int32_t> values{kMin, kMin + 1, kMin + 2, kMax - 2, kMax - 1, kMax};
  for (std::int32_t value = -1025; value <= 1025; ++value) {
    values.push_back(value);
  }
  for (int bit = 10; bit < 31; ++bit) {
    for (const std::int32_t near : {-1, 0, 1}) {
      values.push_back((1 << bit) + near);
      values.push_back(-(1 << bit) + near);
      values.push_back((1 << bit) + (1 << (bit - 1)) + near);
    }
  }
  for (const std::int32_t multiplier : {0, 1 << 30, (1 << 30) + 1, 3 << 29, kMax - 1, kMax}) {
    for (std::int32_t exponent = -31; exponent <= 30; ++exponent) {
      for (const std::int32_t acc : values) {
        const QuantizedMultiplier q{multiplier, exponent};
        ASSERT_EQ(by_golden(acc, q), by_gemmlowp(acc, q))
            << "acc=" << acc << " multiplier=" << multiplier << " exponent=" << exponent;
      }
    }
  }
}

// Softmax and logistic are made of these two.
TEST(GoldenAgainstGemmlowp, ExponentialAndReciprocalAreEqual) {
  using Q5 = gemmlowp::FixedPoint<std::int32_t, 5>;
  using Q4 = gemmlowp::FixedPoint<std::int32_t, 4>;
  using Q0 = gemmlowp::FixedPoint<std::int32_t, 0>;
  std::mt19937 rng{7};
  std::uniform_int_distribution<std::int32_t> any{0, kMax};
  for (int i = 0; i < 100000; ++i) {
    const std::int32_t positive = any(rng) >> (i % 31);
    const std::int32_t a = -positive;
    ASSERT_EQ(exp_on_negative_values(a, 5), gemmlowp::exp_on_negative_values(Q5::FromRaw(a)).raw())
        << a;
    ASSERT_EQ(exp_on_negative_values(a, 4), gemmlowp::exp_on_negative_values(Q4::FromRaw(a)).raw())
        << a;
    ASSERT_EQ(one_over_one_plus_x(positive),
              gemmlowp::one_over_one_plus_x_for_x_in_0_1(Q0::FromRaw(positive)).raw())
        << positive;
  }
}

TEST(GoldenAgainstGemmlowp, HyperbolicTangentIsEqual) {
  using Q4 = gemmlowp::FixedPoint<std::int32_t, 4>;
  std::mt19937 rng{8};
  std::uniform_int_distribution<std::int32_t> any{0, kMax};
  for (int i = 0; i < 100000; ++i) {
    const std::int32_t magnitude = any(rng) >> (i % 31);
    const std::int32_t a = i % 2 == 0 ? magnitude : -magnitude;
    ASSERT_EQ(fixed_point_tanh(a, 4), gemmlowp::tanh(Q4::FromRaw(a)).raw()) << a;
  }
  EXPECT_EQ(fixed_point_tanh(0, 4), 0);
}

}  // namespace
}  // namespace systole::golden
