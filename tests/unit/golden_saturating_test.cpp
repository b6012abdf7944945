#include <gtest/gtest.h>

#include <vector>

#include "models/golden/saturating_sum.hpp"
#include "sim/network/refusal.hpp"

namespace systole::golden {
namespace {

constexpr std::int64_t kMost = 127;  // of 8 bits

/// Weights of 1 and these ifmap values, `channels` to a tap.
std::int64_t sum(const std::vector<std::int32_t>& values, std::int64_t channels,
                 std::vector<FoldSpan> order, std::uint32_t products_at_once = 1) {
  const std::vector<std::int32_t> ones(values.size(), 1);
  Accumulator accumulator;
  accumulator.bits = 8;
  accumulator.overflow = Overflow::Saturate;
  accumulator.order = {std::move(order)};
  accumulator.products_at_once = products_at_once;
  return saturating_sum({values.data(), ones.data(), channels, 0, 0}, values.size(), nullptr, 0,
                        accumulator);
}

TEST(SaturatingSum, EachFoldSumsFromZeroAndThenAddsToTheAccumulator) {
  const std::vector<std::int32_t> values{100, 100, -100, -100};
  EXPECT_EQ(sum(values, 4, {{0, 0, 4, false}}), kMost - 200);
  EXPECT_EQ(sum(values, 4, {{0, 0, 2, false}, {0, 2, 2, false}}), kMost - 128);
  EXPECT_EQ(sum(values, 4, {{0, 2, 2, false}, {0, 0, 2, false}}), -128 + kMost);
}

// A fold of several taps, as an array of gathered rows or an output-stationary one has them.
TEST(SaturatingSum, ASpanThatContinuesAddsToTheFoldBeforeIt) {
  const std::vector<std::int32_t> values{100, 100, -100, -20};
  EXPECT_EQ(sum(values, 2, {{0, 0, 2, false}, {1, 0, 2, true}}), kMost - 120);
  EXPECT_EQ(sum(values, 2, {{0, 0, 2, false}, {1, 0, 2, false}}), kMost - 120);
  EXPECT_EQ(sum({100, 100, -100, 20}, 2, {{0, 0, 2, false}, {1, 0, 2, true}}), 47);
  EXPECT_EQ(sum({20, -100, 100, 100}, 2, {{0, 0, 2, false}, {1, 0, 2, true}}), 120);
  EXPECT_EQ(sum({20, -100, 100, 100}, 2, {{0, 0, 2, false}, {1, 0, 2, false}}), -80 + kMost);
}

// A composable PE adds its products in one addition; folds and taps begin with a PE of their own.
TEST(SaturatingSum, ProductsOfOnePeAreOneAddition) {
  const std::vector<std::int32_t> values{100, 100, -100, -100};
  EXPECT_EQ(sum(values, 4, {{0, 0, 4, false}}, 4), 0);
  EXPECT_EQ(sum(values, 4, {{0, 0, 4, false}}, 2), kMost - 200);
  EXPECT_EQ(sum({-100, 100, 100, -50}, 4, {{0, 0, 1, false}, {0, 1, 3, false}}, 2), -100 + 77);
  EXPECT_EQ(sum({100, 100, -100, -100}, 2, {{0, 0, 2, false}, {1, 0, 2, true}}, 4), kMost - 200);
  EXPECT_EQ(sum({100, 100, -100, -100}, 2, {{0, 0, 2, false}, {1, 0, 2, true, true}}, 4), 0)
      << "taps of one scratchpad row";
}

TEST(SaturatingSum, AnOrderThatLeavesAProductOutIsAnError) {
  EXPECT_THROW(sum({1, 2, 3}, 3, {{0, 0, 2, false}}), Refusal);
  EXPECT_THROW(sum({1, 2, 3}, 3, {{0, 0, 3, false}, {0, 2, 1, false}}), Refusal);
}

}  // namespace
}  // namespace systole::golden
