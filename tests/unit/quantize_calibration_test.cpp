// How ranges and integers are chosen.

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <utility>

#include "sim/quantize/calibration.hpp"
#include "sim/quantize/fidelity.hpp"
#include "sim/quantize/weights.hpp"

namespace systole::quantize {
namespace {

constexpr Grid kSymmetric8{8, true, true, false};
constexpr Grid kAffine8{8, true, false, false};

Sample sample_of(const std::vector<float>& values, std::int64_t images = 1) {
  return {{&values}, images};
}

TEST(IntegerFormatTest, SymmetricCoversTheLargestMagnitude) {
  const IntegerFormat format = format_of({-2.0, 1.0}, kSymmetric8);
  EXPECT_FLOAT_EQ(format.scale, 2.0F / 127);
  EXPECT_EQ(format.zero_point, 0);
  EXPECT_EQ(format.quantize(-3.0F), -128);
  EXPECT_EQ(format.quantize(2.0F), 127);
  EXPECT_EQ(format_of({-2.0, 1.0}, Grid{8, true, true, true}).quantize(-3.0F), -127);
}

TEST(IntegerFormatTest, AffineCoversBothEndsAndZeroIsExact) {
  const IntegerFormat format = format_of({-1.0, 3.0}, kAffine8);
  EXPECT_FLOAT_EQ(format.scale, 4.0F / 255);
  EXPECT_EQ(format.zero_point, -64);
  EXPECT_EQ(format.rounded(0.0F), 0.0F);
  EXPECT_EQ(format.quantize(3.0F), 127);
  // A range that leaves zero out is widened to it.
  EXPECT_EQ(format_of({2.0, 3.0}, kAffine8).zero_point, -128);
  EXPECT_EQ(format_of({-3.0, -2.0}, kAffine8).zero_point, 127);
}

TEST(IntegerFormatTest, ARangeOfNextToNothingIsZeroAtScaleOne) {
  for (const Grid grid : {kSymmetric8, kAffine8}) {
    EXPECT_EQ(format_of({0.0, 0.9e-30}, grid).scale, 1.0F);
    EXPECT_EQ(format_of({0.0, 0.9e-30}, grid).rounded(0.9e-30F), 0.0F);
    EXPECT_LT(format_of({0.0, 1.1e-30}, grid).scale, 1e-31F);
  }
}

TEST(IntegerFormatTest, UnsignedIsStoredSignedWithItsZeroAtTheLowest) {
  const IntegerFormat format = format_of({0.0, 5.1}, Grid{8, false, true, false});
  EXPECT_FLOAT_EQ(format.scale, 5.1F / 255);
  EXPECT_EQ(format.zero_point, -128);
  EXPECT_EQ(format.quantize(5.1F), 127);
}

TEST(IntegerFormatTest, HalvesGoAwayFromZeroAndThoseOfMeansFromTheInteger0) {
  IntegerFormat format;
  format.zero_point = 3;
  EXPECT_EQ(format.quantize(2.5F), 6);
  EXPECT_EQ(format.quantize(-2.5F), 0);
  EXPECT_EQ(format.quantize(-0.5F), 2);
  EXPECT_EQ(format.quantize(1e30F), 127);
  EXPECT_EQ(format.quantize_mean(2.5F), 6);
  EXPECT_EQ(format.quantize_mean(-2.5F), 1) << "0.5 of the integers";
  EXPECT_EQ(format.quantize_mean(-3.5F), -1) << "-0.5 of them";
  EXPECT_EQ(format.quantize_mean(-2.5001F), 1) << "a sum that missed the half";
  EXPECT_EQ(format.quantize_mean(-2.502F), 0);
  EXPECT_EQ(format.quantize_mean(-1e30F), -128);
  // 2.49999996 in binary64, and 2.5 in the division of the one who reads images.
  format.scale = 0.1F;
  EXPECT_EQ(format.quantize(0.25F), 6);
}

TEST(IntegerFormatTest, RoundingsDifferAtHalvesAndBelow) {
  EXPECT_EQ(rounded_position(2.5, RealRounding::NearestEven, 0), 2);
  EXPECT_EQ(rounded_position(-2.5, RealRounding::NearestAway, 0), -3);
  EXPECT_EQ(rounded_position(-2.5, RealRounding::HalfUp, 0), -2);
  EXPECT_EQ(rounded_position(-2.1, RealRounding::Floor, 0), -3);
  EXPECT_EQ(rounded_position(-2.9, RealRounding::TowardZero, 0), -2);
  EXPECT_EQ(rounded_position(2.25, RealRounding::Stochastic, 0.24), 3);
  EXPECT_EQ(rounded_position(2.25, RealRounding::Stochastic, 0.26), 2);
}

TEST(CalibrationTest, AveragedMinMaxIsTheMeanOverImages) {
  const std::vector<float> values{0, 1, 2, -3, 5, 6};
  const Range range = averaged_min_max(sample_of(values, 2));
  EXPECT_DOUBLE_EQ(range.low, -1.5);
  EXPECT_DOUBLE_EQ(range.high, 4.0);
}

TEST(CalibrationTest, SigmaIsMeanPlusMinusAndStaysWithinTheValues) {
  const std::vector<float> values{0, 0, 0, 0, 4, 4, 4, 4};
  EXPECT_DOUBLE_EQ(sigma_range(sample_of(values), 0.5).low, 1.0);
  EXPECT_DOUBLE_EQ(sigma_range(sample_of(values), 0.5).high, 3.0);
  EXPECT_DOUBLE_EQ(sigma_range(sample_of(values), 3).low, 0.0);
}

// numpy.percentile([..], 90) of 0..10 is 9, of 25 %: 2.5.
TEST(CalibrationTest, PercentilesRunOnTheLineBetweenValues) {
  const std::vector<float> values{10, 1, 2, 3, 4, 5, 6, 7, 8, 9, 0};
  const Range affine = percentile_range(sample_of(values), 75, false);
  EXPECT_DOUBLE_EQ(affine.low, 2.5);
  EXPECT_DOUBLE_EQ(affine.high, 7.5);
  const Range symmetric = percentile_range(sample_of(values), 90, true);
  EXPECT_DOUBLE_EQ(symmetric.high, 9.0);
  EXPECT_DOUBLE_EQ(symmetric.low, 0.0);  // within the values
}

/// The low bits of C's classic generator, so that Python can make the same histograms.
std::vector<std::uint32_t> draws(std::uint32_t seed, std::size_t count) {
  std::vector<std::uint32_t> values;
  for (std::size_t i = 0; i < count; ++i) {
    seed = (seed * 1103515245U + 12345U) & 0x7FFFFFFFU;
    values.push_back(seed >> 16);
  }
  return values;
}

// The numbers are those of a transcription of NVIDIA's histogram calibrator into numpy and
// scipy.stats.entropy, on the same histograms.
TEST(CalibrationTest, KlDivergencePicksTheBinsThatPytorchQuantizationPicks) {
  constexpr std::size_t kBins = 2048;
  std::vector<double> a(kBins);
  std::vector<double> b(kBins);
  std::vector<double> c(kBins);
  const auto r1 = draws(1, kBins);
  const auto r2 = draws(2, kBins);
  const auto r3 = draws(3, kBins);
  for (std::size_t i = 0; i < kBins; ++i) {
    a[i] = static_cast<double>((r1[i] % 1000) * (i < 600 ? 600 - i : 0) / 600 +
                               (r1[i] % 7 == 0 ? 1 : 0));
    b[i] = static_cast<double>(100000 / (1 + i * i / 50) + r2[i] % 3);
    c[i] = (i % 16 == 0 ? 500.0 : 0.0) + (r3[i] % 50 == 0 ? 40.0 : 0.0);
  }
  EXPECT_EQ(kl_bins(a, 128), 577U);
  EXPECT_EQ(kl_bins(a, 256), 578U);
  EXPECT_EQ(kl_bins(a, 8), 584U);
  EXPECT_EQ(kl_bins(b, 128), 954U);
  EXPECT_EQ(kl_bins(b, 256), 1868U);
  EXPECT_EQ(kl_bins(b, 8), 128U);
  EXPECT_EQ(kl_bins(c, 128), 2048U);
  EXPECT_EQ(kl_bins(c, 256), 2045U);
  EXPECT_EQ(kl_bins(c, 8), 2048U);
}

TEST(CalibrationTest, AThinnedSampleKeepsBothEnds) {
  std::vector<float> values(1'000);
  values[501] = -3;
  values[703] = 5;
  const std::vector<float> thinned = Sample{{&values}, 1}.thinned(100);
  EXPECT_EQ(thinned.size(), 102U);
  EXPECT_EQ(*std::min_element(thinned.begin(), thinned.end()), -3);
  EXPECT_EQ(*std::max_element(thinned.begin(), thinned.end()), 5);
}

TEST(CalibrationTest, LeastSquaresClipsAnOutlierThatMinMaxKeeps) {
  std::vector<float> values;
  for (int i = -1000; i <= 1000; ++i) {
    values.push_back(static_cast<float>(i) / 1000);
  }
  values.push_back(3.0F);
  const Grid grid{3, true, true, false};
  OperandScheme scheme;
  scheme.method = Method::MinMax;
  const IntegerFormat wide = calibrate(sample_of(values), scheme, grid);
  scheme.method = Method::MeanSquaredError;
  const IntegerFormat narrow = calibrate(sample_of(values), scheme, grid);
  EXPECT_FLOAT_EQ(wide.scale, 1.0F);
  EXPECT_LT(narrow.scale, 0.5F);
  EXPECT_LT(squared_error(values, narrow), squared_error(values, wide) / 2);
}

TEST(CalibrationTest, DynamicFixedPointTakesTheFractionLengthOfLeastAbsoluteError) {
  std::vector<float> values(1000, 0.3F);
  values.push_back(1.5F);
  OperandScheme scheme;
  scheme.method = Method::DynamicFixedPoint;
  const Grid grid{4, true, true, false};
  // Scale 1/4 covers 1.5 (7 / 4): 0.3 is off by 0.05; 1/8 clips 1.5 to 7 / 8, 0.3 by 0.05; 1/16: by
  // 0.0125, 1.5 to 7 / 16.
  EXPECT_EQ(calibrate(sample_of(values), scheme, grid).scale, 0.0625F);
  values.assign(3, 1.5F);
  EXPECT_EQ(calibrate(sample_of(values), scheme, grid).scale, 0.25F);
}

TEST(CalibrationTest, PowersOfTwoAreNextToTheFreeScale) {
  OperandScheme scheme;
  scheme.powers_of_two = true;
  // Scale 1/128 clips 1.0 to 127 / 128, and is finer for all others than 1/64, which covers it.
  std::vector<float> values(10, 0.0078125F);
  values.push_back(1.0F);
  EXPECT_EQ(calibrate(sample_of(values), scheme, kSymmetric8).scale, 0x1p-7F);
  values = {1.0F, 0.5F};
  EXPECT_EQ(calibrate(sample_of(values), scheme, kSymmetric8).scale, 0x1p-6F);
  const std::vector<float> exact{127.0F / 64};
  EXPECT_EQ(covering_exponent(min_max(sample_of(exact)), kSymmetric8), -6);
}

// Numbers of which none is negative use all levels where the integers hold no negative ones.
TEST(CalibrationTest, EntropyCountsTheLevelsThatTheFormatUses) {
  std::vector<float> values;
  for (int i = 0; i < 4000; ++i) {
    values.push_back(-std::log(1 - (static_cast<float>(i) + 0.5F) / 4000));
  }
  const Sample sample{{&values}, 1};
  const double of_half = kl_threshold(sample, 128);
  const double of_all = kl_threshold(sample, 256);
  ASSERT_NE(of_half, of_all);
  OperandScheme scheme;
  scheme.method = Method::KullbackLeibler;
  const double least = min_max(sample).low;
  for (const bool is_signed : {true, false}) {
    const Grid grid{8, is_signed, true, false};
    EXPECT_EQ(calibrate(sample, scheme, grid).scale,
              format_of({least, is_signed ? of_half : of_all}, grid).scale);
  }
}

// Q1.2: -2 to 1.75 in steps of a quarter.
TEST(WeightsTest, AFixedPointFormatRoundsAsStatedAndSaturates) {
  WeightScheme scheme;
  scheme.bits = 4;
  scheme.fraction_bits = 2;
  scheme.per_channel = scheme.narrow_range = false;
  const FloatTensor real{{1, 5}, {0.375F, -0.375F, 0.3F, 5.0F, -5.0F}};
  const auto integers = [&](RealRounding rounding) {
    scheme.rounding = rounding;
    const IntegerWeights weights = quantize_weights(real, scheme, 4, 0);
    EXPECT_EQ(weights.formats[0].scale, 0.25F);
    return weights.values;
  };
  EXPECT_EQ(integers(RealRounding::NearestEven), (TensorData{2, -2, 1, 7, -8}));
  EXPECT_EQ(integers(RealRounding::NearestAway), (TensorData{2, -2, 1, 7, -8}));
  EXPECT_EQ(integers(RealRounding::HalfUp), (TensorData{2, -1, 1, 7, -8}));
  EXPECT_EQ(integers(RealRounding::Floor), (TensorData{1, -2, 1, 7, -8}));
  EXPECT_EQ(integers(RealRounding::TowardZero), (TensorData{1, -1, 1, 7, -8}));
}

TEST(WeightsTest, TernaryWeightsAreZeroUpToSevenTenthsOfTheMean) {
  // Mean |w| 0.5: the threshold is 0.35; the rest have the mean (0.4 + 1.0) / 2.
  WeightScheme scheme;
  scheme.method = Method::Ternary;
  const IntegerWeights weights =
      quantize_weights({{1, 4}, {0.3F, -0.4F, 1.0F, -0.3F}}, scheme, 2, 0);
  EXPECT_EQ(weights.values, (TensorData{0, -1, 1, 0}));
  EXPECT_FLOAT_EQ(weights.formats[0].scale, 0.7F);
}

TEST(WeightsTest, BinaryWeightsAreSignsTimesTheMeanMagnitude) {
  WeightScheme scheme;
  scheme.method = Method::Binary;
  const IntegerWeights weights =
      quantize_weights({{2, 3}, {0.3F, -0.4F, 0.0F, 1.0F, 1.0F, -1.0F}}, scheme, 1, 0);
  EXPECT_EQ(weights.values, (TensorData{1, -1, 1, 1, 1, -1}));
  EXPECT_EQ(weights.formats[0].element, binary_format());
  EXPECT_FLOAT_EQ(weights.formats[0].scale, 0.7F / 3);
  EXPECT_FLOAT_EQ(weights.formats[1].scale, 1.0F);
}

TEST(WeightsTest, APowerOfTwoOfSignsIsThatOfLessSquaredError) {
  WeightScheme scheme;
  scheme.method = Method::Binary;
  scheme.per_channel = false;
  scheme.powers_of_two = true;
  const auto scale = [&](float magnitude) {
    return quantize_weights({{1, 2}, {magnitude, -magnitude}}, scheme, 1, 0).formats.at(0).scale;
  };
  EXPECT_EQ(scale(1.45F), 1.0F) << "nearer to 2 by its logarithm, to 1 by its error";
  EXPECT_EQ(scale(1.55F), 2.0F);
  EXPECT_EQ(scale(0.25F), 0.25F);
}

// 14/1024 is 0.875 of 1/64, nearer to an integer than 1.75 of 1/128, and loses more when it is cut;
// of 6/1024 it is the other way round.
TEST(WeightsTest, PowersOfTwoAreChosenForTheRoundingInForce) {
  const auto scale = [](float small, RealRounding rounding) {
    WeightScheme scheme;
    scheme.powers_of_two = true;
    scheme.rounding = rounding;
    FloatTensor weights{{1, 11}, std::vector<float>(11, small / 1024)};
    weights.data[0] = 1;
    return quantize_weights(weights, scheme, 8, 0).formats.at(0).scale;
  };
  EXPECT_EQ(scale(14, RealRounding::NearestEven), 0x1p-6F);
  EXPECT_EQ(scale(14, RealRounding::HalfUp), 0x1p-6F);
  for (const RealRounding cut :
       {RealRounding::Floor, RealRounding::TowardZero, RealRounding::Stochastic}) {
    EXPECT_EQ(scale(14, cut), 0x1p-7F);
  }
  EXPECT_EQ(scale(6, RealRounding::NearestEven), 0x1p-7F);
  EXPECT_EQ(scale(6, RealRounding::Floor), 0x1p-6F);
  EXPECT_EQ(scale(6, RealRounding::Stochastic), 0x1p-7F);
}

TEST(CalibrationTest, SearchesRoundAsTheWeightsAreRounded) {
  std::vector<float> ramp;
  for (int i = -50; i <= 50; ++i) {
    ramp.push_back(static_cast<float>(i) / 50);
  }
  std::vector<float> equal(11, 14.0F / 1024);
  equal[0] = 1;
  const std::pair<std::vector<float>, Grid> samples[] = {{ramp, {4, true, true, true}},
                                                         {equal, {8, true, true, true}}};
  const std::pair<Method, decltype(&squared_error)> searches[] = {
      {Method::MeanSquaredError, squared_error}, {Method::DynamicFixedPoint, absolute_error}};
  for (const auto& [method, error] : searches) {
    OperandScheme scheme;
    scheme.method = method;
    bool differs = false;
    for (const auto& [values, grid] : samples) {
      for (const RealRounding rounding : {RealRounding::Floor, RealRounding::TowardZero,
                                          RealRounding::HalfUp, RealRounding::Stochastic}) {
        const IntegerFormat nearest = calibrate(sample_of(values), scheme, grid);
        const IntegerFormat chosen = calibrate(sample_of(values), scheme, grid, rounding);
        EXPECT_LE(error(values, chosen, rounding), error(values, nearest, rounding));
        differs = differs || chosen.scale != nearest.scale;
      }
    }
    EXPECT_TRUE(differs) << method_name(method);
  }
}

// A quarter of a step lost three times of four, three quarters gained once: 3/16 of a square.
TEST(CalibrationTest, ErrorsOfStochasticRoundingAreThoseToBeExpected) {
  IntegerFormat format;
  EXPECT_DOUBLE_EQ(squared_error({5.25F, -2.0F}, format, RealRounding::Stochastic), 3.0 / 16);
  EXPECT_DOUBLE_EQ(absolute_error({5.25F, -2.0F}, format, RealRounding::Stochastic), 3.0 / 8);
  EXPECT_DOUBLE_EQ(squared_error({127.5F}, format, RealRounding::Stochastic), 0.25) << "clipped";
}

// The numbers of TensorFlow Lite's own test, AdjustWeightScaleForBiasPerChannel.
TEST(WeightsTest, ScalesAreRaisedWhereBiasesTakeMoreThanHalfOf32Bits) {
  const FloatTensor real{{2, 2}, {-1e-7F, 1e-7F, -7.0F, 1.0F}};
  const auto raised = [&](WeightScheme scheme, std::uint8_t bits, const std::vector<float>& bias) {
    IntegerWeights weights = quantize_weights(real, scheme, bits, 0);
    const std::size_t count = make_room_for_biases(weights, real, bias, 0.05F, scheme, 0);
    return std::pair{weights, count};
  };
  constexpr double kMost = std::numeric_limits<std::int32_t>::max();
  const auto needed = static_cast<float>(2 * 4.0 / kMost / static_cast<double>(0.05F));
  WeightScheme scheme;
  const auto [weights, count] = raised(scheme, 8, {4.0F, -4.0F});
  EXPECT_EQ(count, 1U);
  EXPECT_FLOAT_EQ(weights.formats.at(0).scale, needed);
  EXPECT_FLOAT_EQ(weights.formats.at(1).scale, 7.0F / 127);
  EXPECT_EQ(weights.values, (TensorData{-1, 1, -127, 18})) << "1e-7 is 1.3 of the new steps";
  EXPECT_EQ(raised(scheme, 8, {}).second, 0U);
  // One scale for all: that of the largest bias.
  scheme.per_channel = false;
  EXPECT_EQ(raised(scheme, 8, {4.0F, -4.0F}).second, 0U);
  const float largest = 7.0F / 127 * 0.05F * static_cast<float>(kMost / 2);
  EXPECT_EQ(raised(scheme, 8, {0.0F, -0.99F * largest}).second, 0U);
  const auto [whole, of_one] = raised(scheme, 8, {0.0F, -4 * largest});
  EXPECT_EQ(of_one, 1U);
  EXPECT_FLOAT_EQ(whole.formats.at(0).scale, 4 * 7.0F / 127);
  EXPECT_EQ(whole.values.at(2), -32);
  // Powers of two stay such.
  scheme.per_channel = scheme.powers_of_two = true;
  EXPECT_EQ(raised(scheme, 8, {4.0F, -4.0F}).first.formats.at(0).scale, 0x1p-23F);
  scheme.powers_of_two = false;
  for (const Method method : {Method::DynamicFixedPoint, Method::Wage}) {
    scheme.method = method;
    EXPECT_EQ(raised(scheme, 8, {4.0F, -4.0F}).first.formats.at(0).scale, 0x1p-23F);
  }
  // Scales that are given, or that say how large the weights are.
  scheme.method = Method::Ternary;
  EXPECT_EQ(raised(scheme, 2, {40.0F, -4.0F}).second, 0U);
  EXPECT_EQ(raised(scheme, 8, {4.0F, -4.0F}).second, 1U) << "a layer of more bits";
  scheme.method = Method::Binary;
  EXPECT_EQ(raised(scheme, 1, {40.0F, -4.0F}).second, 0U);
  scheme.method = Method::MinMax;
  scheme.per_channel = false;
  scheme.fraction_bits = 7;
  EXPECT_EQ(raised(scheme, 8, {0.0F, -4 * largest}).second, 0U);
  // Nor is there one beyond float32.
  scheme.fraction_bits.reset();
  IntegerWeights tiny = quantize_weights(real, scheme, 8, 0);
  EXPECT_EQ(make_room_for_biases(tiny, real, {1e30F, 0.0F}, 1e-30F, scheme, 0), 0U);
}

TEST(WeightsTest, WageScalesByThePowerOfTwoNearTheLargest) {
  WeightScheme scheme;
  scheme.method = Method::Wage;
  scheme.per_channel = false;
  const IntegerWeights weights =
      quantize_weights({{1, 4}, {0.9F, -0.2F, 0.3F, -0.6F}}, scheme, 2, 0);
  EXPECT_EQ(weights.formats[0].scale, 0.5F);
  EXPECT_EQ(weights.values, (TensorData{1, 0, 1, -1}));
}

// A workload has no scale below the least normal float32.
TEST(WeightsTest, WeightsOfNextToNothingHaveScalesThatAWorkloadTakes) {
  constexpr float kLeast = std::numeric_limits<float>::min();
  constexpr float kTiny = std::numeric_limits<float>::denorm_min();
  for (const auto& [method, bits] :
       {std::pair{Method::Wage, 8}, std::pair{Method::Ternary, 2}, std::pair{Method::Binary, 1}}) {
    WeightScheme scheme;
    scheme.method = method;
    for (const bool powers_of_two : {false, true}) {
      scheme.powers_of_two = powers_of_two;
      const IntegerWeights weights = quantize_weights({{1, 3}, {kTiny, -kTiny, 3 * kTiny}}, scheme,
                                                      static_cast<std::uint8_t>(bits), 0);
      EXPECT_EQ(weights.formats.at(0).scale, method == Method::Wage ? 1.0F : kLeast);
    }
  }
}

TEST(WeightsTest, ChannelOfZerosTakesTheScaleOfAnother) {
  const IntegerWeights weights =
      quantize_weights({{2, 2}, {0.0F, 0.0F, 1.27F, 0.5F}}, WeightScheme{}, 8, 0);
  EXPECT_FLOAT_EQ(weights.formats[0].scale, 0.01F);
  EXPECT_EQ(weights.values, (TensorData{0, 0, 127, 50}));
}

TEST(WeightsTest, AFormatThatIsGivenStaysWhateverTheWeightsAre) {
  WeightScheme scheme;
  scheme.per_channel = false;
  scheme.fraction_bits = 4;
  const IntegerWeights weights = quantize_weights({{1, 2}, {0.01F, -0.02F}}, scheme, 8, 0);
  EXPECT_EQ(weights.values, (std::vector<std::int32_t>{0, 0}));
  EXPECT_EQ(weights.formats.at(0).scale, 0.0625F);
}

TEST(FidelityTest, WhatLiesBeyondEitherEndIsSaturated) {
  IntegerFormat format;
  format.lowest = -2;
  format.highest = 2;
  const Fidelity fidelity = value_fidelity({-3, -2, 2, 3, 4}, format);
  EXPECT_EQ(fidelity.saturated_share, 0.6);
  EXPECT_EQ(fidelity.mean_error, (1 - 1 - 2) / 5.0);
}

}  // namespace
}  // namespace systole::quantize
