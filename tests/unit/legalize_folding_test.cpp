#include <gtest/gtest.h>

#include <cmath>
#include <limits>

#include "sim/legalize/folding.hpp"
#include "sim/network/refusal.hpp"

namespace systole {
namespace {

TEST(Folding, SplitsTheMultiplierIntoAPowerOfTwoAndAFactorForWeightsAndBias) {
  FoldLimits limits;
  limits.ifmap_min = -255;
  limits.ifmap_max = 255;
  limits.sum_max = std::numeric_limits<std::int32_t>::max();
  const FoldedChannel fold = fold_channel({{100, -127, 3}, 1000, 0.3}, limits);
  EXPECT_EQ(fold.exponent, -1);
  EXPECT_DOUBLE_EQ(fold.factor, 0.6);
  EXPECT_EQ(fold.weights, (std::vector<std::int32_t>{60, -76, 2}));
  EXPECT_EQ(fold.bias, 600);
}

TEST(Folding, UsesTheBitsThatWeightsLeaveIdleUnlessAnAccumulatorCouldOverflow) {
  FoldLimits limits;
  limits.sum_max = std::numeric_limits<std::int32_t>::max();
  limits.ifmap_min = -255;
  limits.ifmap_max = 255;
  const FoldInput channel{{10, -13, 4}, 0, 0.3};
  EXPECT_EQ(fold_channel(channel, limits).exponent, -5);  // 13 * 0.3 * 32 = 124.8
  limits.sum_max = 9000;
  EXPECT_EQ(fold_channel(channel, limits).exponent, -2);  // (12 + 16 + 5) * 255 = 8415
}

// Times 38.4 the weights are 115, -115 and 38: of 16 bits, an end is at most 8 * 268, and a part
// 136 * 153. A quarter of that fits 14 bits.
TEST(Folding, OfSumsThatWrapTheEndCountsAndOfThoseThatSaturateEveryPart) {
  FoldLimits limits;
  limits.ifmap_min = 120;
  limits.ifmap_max = 136;
  limits.ifmap_zero_point = 128;
  limits.sum_max = 32767;
  const FoldInput channel{{3, -3, 1}, 0, 0.3};
  EXPECT_EQ(fold_channel(channel, limits).exponent, -7);
  limits.sums_saturate = true;
  EXPECT_EQ(fold_channel(channel, limits).exponent, -7);
  limits.sum_max = 8191;
  EXPECT_EQ(fold_channel(channel, limits).exponent, -5);
  limits.sums_saturate = false;
  EXPECT_EQ(fold_channel(channel, limits).exponent, -7);
}

TEST(Folding, AMultiplierOfZeroGivesZeroWeightsAndBias) {
  FoldLimits limits;
  const FoldedChannel fold = fold_channel({{100, -127}, 90, 0}, limits);
  EXPECT_EQ(fold.weights, (std::vector<std::int32_t>{0, 0}));
  EXPECT_EQ(fold.bias, 0);
}

TEST(Folding, WeightsThatAreSignsStaySigns) {
  FoldLimits limits;
  limits.weights_are_signs = true;
  limits.sum_max = std::numeric_limits<std::int32_t>::max();
  limits.ifmap_min = -255;
  limits.ifmap_max = 255;
  const FoldedChannel fold = fold_channel({{1, -1, -1}, 1000, 0.04}, limits);
  EXPECT_EQ(fold.weights, (std::vector<std::int32_t>{1, -1, -1}));
  EXPECT_EQ(fold.exponent, -5);  // 0.04 is 1.28 times 2^-5
  EXPECT_EQ(fold.bias, 1280);
}

FoldLimits limits_of(std::int64_t bias_max) {
  FoldLimits limits;
  limits.bias_max = bias_max;
  limits.bias_min = -bias_max - 1;
  limits.ifmap_min = -128;
  limits.ifmap_max = 127;
  limits.sum_max = std::numeric_limits<std::int32_t>::max();
  return limits;
}

TEST(Folding, TheLeastBiasFits) {
  const FoldedChannel fold = fold_channel({{1, -128}, -128, 1}, limits_of(127));
  EXPECT_EQ(fold.exponent, 0);
  EXPECT_EQ(fold.weights, (std::vector<std::int32_t>{1, -128}));
  EXPECT_EQ(fold.bias, -128);
}

// A bias of 140 does not fit 8 bits, and what psums start at does: 140 - 30 * 5.
TEST(Folding, TheStartOfPsumsIsWhatFits) {
  FoldLimits limits = limits_of(std::numeric_limits<std::int32_t>::max());
  limits.start_min = -128;
  limits.start_max = 127;
  limits.ifmap_zero_point = 30;
  const FoldedChannel fits = fold_channel({{5}, 140, 1}, limits);
  EXPECT_EQ(fits.exponent, 0);
  EXPECT_EQ(fits.bias, 140);
  EXPECT_EQ(fits.bias_clipped_by, 0);
  const FoldedChannel clipped = fold_channel({{127}, 3937 + 1, 1}, limits);  // 30 * 127 = 3810
  EXPECT_EQ(clipped.exponent, 0);
  EXPECT_EQ(clipped.bias, 3810 + 127);
  EXPECT_EQ(clipped.bias_clipped_by, 1);
}

// Halved weights would be off by one each, and outputs by up to 128 for each of these.
TEST(Folding, ABiasThatDoesNotFitByLittleIsClipped) {
  const FoldedChannel fold = fold_channel({{1, -127}, 140, 1}, limits_of(127));
  EXPECT_EQ(fold.exponent, 0);
  EXPECT_EQ(fold.weights, (std::vector<std::int32_t>{1, -127}));
  EXPECT_EQ(fold.bias, 127);
  EXPECT_EQ(fold.bias_clipped_by, 13);
}

TEST(Folding, WeightsGiveUpBitsForABiasThatCountsMore) {
  const FoldedChannel fold = fold_channel({{100, -127}, 1000, 1}, limits_of(127));
  EXPECT_EQ(fold.exponent, 3);
  EXPECT_EQ(fold.weights, (std::vector<std::int32_t>{12, -16}));
  EXPECT_EQ(fold.bias, 125);
  EXPECT_EQ(fold.bias_clipped_by, 0);
}

TEST(Folding, RefusesALeftShiftThatNoAccumulatorHolds) {
  EXPECT_THROW(fold_channel({{1}, 0, std::ldexp(1.5, 30)}, {}), Refusal);
}

}  // namespace
}  // namespace systole
