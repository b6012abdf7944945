// A float network quantized layer by layer.

#include <gtest/gtest.h>

#include <cmath>
#include <limits>
#include <string>

#include "sim/network/refusal.hpp"
#include "sim/quantize/quantization_report.hpp"
#include "sim/quantize/quantizer.hpp"
#include "sim/quantize/value_groups.hpp"
#include "tests/support/float_networks.hpp"

namespace systole::quantize {
namespace {

FloatImages images_of(std::vector<float> values, std::int64_t count) {
  FloatImages images;
  images.values = std::move(values);
  images.count = count;
  return images;
}

TEST(QuantizerTest, TwelveBitsComeCloseToTheFloatNetworkEverywhere) {
  Scheme scheme;
  scheme.activations.bits = scheme.weights.bits = 12;
  const QuantizedNetwork network = quantize_network(
      fuse(network_of_everything()), scheme, {}, images_of(noise(720, 7), 10), {true, nullptr, {}});
  for (const QuantizedValue& value : network.values) {
    EXPECT_GT(value.network_sqnr_db, 50);
    EXPECT_GT(value.fidelity.sqnr_db, 60);
  }
}

TEST(QuantizerTest, PoolsReshapesAndConcatsKeepOneFormatForAllTheirValues) {
  FloatNetwork network;
  const ValueId in = network.add_input("in", {1, 4, 4, 2});
  const ValueId a = network.add_layer("a", random_conv(3, 1, 2, 1), {in});
  const ValueId b = network.add_layer("b", random_conv(3, 1, 2, 2), {in});
  FloatMaxPool pool;
  pool.window.kernel_h = pool.window.kernel_w = 2;
  const ValueId c = network.add_layer("c", FloatConcat{3}, {a, b});
  const ValueId d = network.add_layer("d", pool, {c});
  const ValueId e = network.add_layer("e", random_conv(2, 1, 6, 3), {d});
  network.outputs = {e};
  const std::vector<ValueId> groups = format_groups(network);
  EXPECT_EQ(groups, (std::vector<ValueId>{in, a, a, a, a, e}));
  const QuantizedNetwork quantized = quantize_network(
      fuse(network), Scheme{}, {}, images_of(noise(320, 5), 10), {true, nullptr, {}});
  const auto range_of = [&](ValueId id) { return quantized.values[id].fidelity.values; };
  const IntegerFormat joined = quantized.values[a].format;
  for (const ValueId id : {b, c, d}) {
    EXPECT_EQ(quantized.values[id].format.scale, joined.scale);
    EXPECT_EQ(quantized.values[id].format.zero_point, joined.zero_point);
  }
  // It covers both sources.
  EXPECT_GE(joined.real(joined.highest) + joined.scale,
            std::max(range_of(a).high, range_of(b).high));
  EXPECT_LE(joined.real(joined.lowest) - joined.scale, std::min(range_of(a).low, range_of(b).low));
}

TEST(QuantizerTest, PactTakesTheClipsLimitAndOperandsOfASumShareTheirSign) {
  FloatNetwork network;
  const ValueId in = network.add_input("in", {1, 4, 4, 2});
  const ValueId a = network.add_layer("a", random_conv(3, 1, 2, 1), {in});
  const ValueId relu = network.add_layer("relu", FloatClip{0.0F, 0.8F}, {a});
  const ValueId b = network.add_layer("b", random_conv(3, 1, 3, 2), {relu});
  const ValueId relu_b = network.add_layer("relu_b", FloatClip{0.0F, 2.5F}, {b});
  const ValueId c = network.add_layer("c", random_conv(3, 1, 3, 4), {relu_b});
  network.outputs = {network.add_layer("sum", FloatAdd{}, {relu, c})};
  Scheme scheme;
  scheme.activations.symmetric = true;
  scheme.activations.is_signed = false;
  scheme.activations.method = Method::Pact;
  scheme.activations.bits = 4;
  const FusedNetwork fused = fuse(network);
  ASSERT_EQ(fused.network.layers.size(), 4U);
  const QuantizedNetwork quantized =
      quantize_network(fused, scheme, {}, images_of(noise(320, 5), 10), {true, nullptr, {}});
  const auto format_of_layer = [&](std::size_t i) {
    return quantized.values[fused.network.layers[i].output].format;
  };
  // Layer a is added to c, which has negative values: it is signed, 0.8 at 7.
  EXPECT_FLOAT_EQ(format_of_layer(0).scale, 0.8F / 7);
  EXPECT_EQ(format_of_layer(0).zero_point, 0);
  // Layer b is unsigned, 2.5 at 15 above its zero, at -8.
  EXPECT_FLOAT_EQ(format_of_layer(1).scale, 2.5F / 15);
  EXPECT_EQ(format_of_layer(1).zero_point, -8);
}

TEST(QuantizerTest, PactCoversTheClipsOfAllThatAConcatJoins) {
  FloatNetwork network;
  const ValueId in = network.add_input("in", {1, 4, 4, 2});
  std::vector<ValueId> clips;
  for (const FloatClip limits : {FloatClip{-2.0F, 0.5F}, FloatClip{0.0F, 1.0F}}) {
    const std::string index = std::to_string(clips.size());
    const ValueId conv = network.add_layer("a" + index, random_conv(3, 1, 2, 1), {in});
    clips.push_back(network.add_layer("clip" + index, limits, {conv}));
  }
  network.outputs = {network.add_layer("joined", FloatConcat{3}, clips)};
  Scheme scheme;
  scheme.activations.method = Method::Pact;
  const QuantizedNetwork quantized = quantize_network(
      fuse(network), scheme, {}, images_of(noise(320, 5), 10), {true, nullptr, {}});
  EXPECT_FLOAT_EQ(quantized.values.back().format.scale, 3.0F / 255);
  EXPECT_EQ(quantized.values.back().format.zero_point, -128 + 170);
}

TEST(QuantizerTest, CorrectedBiasesHaveTheMeansOfTheFloatNetwork) {
  FloatNetwork network;
  const ValueId in = network.add_input("in", {1, 4, 4, 2});
  network.outputs = {network.add_layer("a", random_conv(3, 1, 2, 1), {in})};
  std::vector<float> images = noise(320, 5);
  for (float& value : images) {
    value += 1;  // what weights that are rounded down lose has one sign
  }
  const auto quantized = [&](bool corrected) {
    Scheme scheme;
    scheme.weights.bits = 3;
    scheme.weights.rounding = RealRounding::Floor;
    scheme.bias.correction = corrected;
    return quantize_network(fuse(network), scheme, {}, images_of(images, 10));
  };
  const auto mean_error = [](const QuantizedNetwork& of) {
    double sum = 0;
    for (std::size_t i = 0; i < of.output.size(); ++i) {
      sum += static_cast<double>(of.output[i] - of.real_output[i]);
    }
    return sum / static_cast<double>(of.output.size());
  };
  const QuantizedNetwork plain = quantized(false);
  const QuantizedNetwork corrected = quantized(true);
  EXPECT_LT(mean_error(plain), -0.03);
  EXPECT_NEAR(mean_error(corrected), 0, 0.005);
  for (std::size_t c = 0; c < 3; ++c) {
    EXPECT_GT(corrected.layers[0].bias->at(c), plain.layers[0].bias->at(c)) << c;
  }
}

// min(x, 1) has negative numbers, which are not cut off at 0.
TEST(QuantizerTest, PactNeedsBothLimitsOfAClip) {
  FloatNetwork network;
  const ValueId in = network.add_input("in", {1, 4, 4, 2});
  const ValueId a = network.add_layer("a", random_conv(3, 1, 2, 1), {in});
  FloatClip limits;
  limits.high = 0.5F;
  network.outputs = {network.add_layer("min", limits, {a})};
  Scheme scheme;
  scheme.activations.method = Method::Pact;
  const QuantizedNetwork quantized = quantize_network(
      fuse(network), scheme, {}, images_of(noise(320, 5), 10), {true, nullptr, {}});
  EXPECT_GT(quantized.values[a].fidelity.sqnr_db, 30);
}

TEST(QuantizerTest, BiasesBeyondTheirWidthAreClippedAndCounted) {
  FloatNetwork network;
  const ValueId in = network.add_input("in", {1, 1, 1, 2});
  FloatConv2d conv = random_conv(2, 1, 2, 1);
  conv.bias = {100.0F, 0.0F};
  network.outputs = {network.add_layer("a", conv, {in})};
  Scheme scheme;
  scheme.bias.bits = 12;
  const QuantizedNetwork quantized =
      quantize_network(fuse(network), scheme, {}, images_of(noise(20, 5), 10), {true, nullptr, {}});
  EXPECT_EQ(quantized.layers[0].clipped_biases, 1U);
  EXPECT_EQ(quantized.layers[0].bias->at(0), 2047);
}

// The integers, by the formulas of TensorFlow Lite's QUANTIZE and AVERAGE_POOL_2D.
TEST(QuantizerTest, MeansAreRoundedAsTheIntegersAre) {
  constexpr std::int64_t kSize = 12;
  FloatNetwork network;
  const ValueId in = network.add_input("in", {1, kSize, kSize, 1});
  FloatAveragePool pool;
  pool.window.kernel_h = pool.window.kernel_w = pool.window.stride_h = pool.window.stride_w = 2;
  network.outputs = {network.add_layer("mean", pool, {in})};
  const std::vector<float> images = noise(10 * kSize * kSize, 5);
  for (const bool symmetric : {false, true}) {
    for (const bool is_signed : {false, true}) {
      Scheme scheme;
      scheme.activations.symmetric = symmetric;
      scheme.activations.is_signed = is_signed;
      const QuantizedNetwork quantized =
          quantize_network(fuse(network), scheme, {}, images_of(images, 10), {true, nullptr, {}});
      const IntegerFormat& format = quantized.values[in].format;
      std::size_t halves = 0;
      for (std::size_t i = 0; i < quantized.output.size(); ++i) {
        const std::size_t row = i / (kSize / 2);
        const std::size_t first = 2 * row * kSize + 2 * (i % (kSize / 2));
        std::int32_t sum = 0;
        for (const std::size_t tap : {first, first + 1, first + kSize, first + kSize + 1}) {
          sum +=
              static_cast<std::int32_t>(std::round(images[tap] / format.scale)) + format.zero_point;
        }
        halves += sum % 4 == 2 || sum % 4 == -2 ? 1U : 0U;
        const std::int32_t mean = (sum > 0 ? sum + 2 : sum - 2) / 4;
        ASSERT_FLOAT_EQ(quantized.output[i], format.real(mean)) << i;
      }
      EXPECT_GT(halves, 50U);
    }
  }
}

TEST(QuantizerTest, MeansOfWholeImagesAreRoundedAsTheIntegersAre) {
  FloatNetwork network;
  const ValueId in = network.add_input("in", {1, 1, 2, 1});
  network.outputs = {network.add_layer("mean", FloatGlobalAveragePool{}, {in})};
  Scheme scheme;  // steps of 0.25, zero at -128
  scheme.activations.symmetric = true;
  scheme.activations.is_signed = false;
  const QuantizedNetwork quantized =
      quantize_network(fuse(network), scheme, {}, images_of({63.75F, 63.75F, 1, 1.25F}, 2));
  EXPECT_EQ(quantized.output, (Activations{63.75F, 1})) << "-123.5 of the integers";
}

TEST(QuantizerTest, AChannelOfNextToNothingMakesRoomForItsBias) {
  FloatNetwork network;
  const ValueId in = network.add_input("in", {1, 1, 1, 2});
  FloatConv2d conv = random_conv(2, 1, 2, 1);
  conv.weight.data[0] = conv.weight.data[1] = 1e-9F;
  conv.bias = {3.0F, 1.0F};
  network.outputs = {network.add_layer("a", conv, {in})};
  const auto quantized = [&](Scheme scheme) {
    return quantize_network(fuse(network), scheme, {}, images_of(noise(20, 5), 10),
                            {true, nullptr, {}});
  };
  const QuantizedNetwork fits = quantized({});
  EXPECT_EQ(fits.layers[0].raised_scales, 1U);
  EXPECT_EQ(fits.layers[0].clipped_biases, 0U);
  EXPECT_NEAR(fits.layers[0].bias->at(0), 0x1p30, 100);
  EXPECT_GT(fits.values.back().network_sqnr_db, 35);
  EXPECT_NE(text_report(fits, {}, std::nullopt)
                .find("a: 1 scales of its weights are raised for biases to fit 32 bits\n"),
            std::string::npos);
  EXPECT_EQ(json_report(fits, {})["layers"][0]["raised_scales"], 1);
  // A walk that remembers the weights of an earlier one raises them as well.
  CalibrationCache cache;
  for (int i = 0; i < 2; ++i) {
    const QuantizedNetwork again = quantize_network(
        fuse(network), Scheme{}, {}, images_of(noise(20, 5), 10), {false, &cache, {}});
    EXPECT_EQ(again.layers[0].raised_scales, 1U);
    EXPECT_EQ(again.output, fits.output);
  }
  Scheme narrow;
  narrow.bias.bits = 31;
  EXPECT_EQ(quantized(narrow).layers[0].raised_scales, 0U);
  EXPECT_EQ(quantized(narrow).layers[0].clipped_biases, 1U);
}

// A pool keeps the format of what it reads; the clip behind it lifts its values out of that range.
TEST(QuantizerTest, AClipBehindAPoolMayLeaveTheRangeOfWhatThePoolReads) {
  FloatNetwork network;
  const ValueId in = network.add_input("in", {1, 2, 2, 1});
  const ValueId pool = network.add_layer("pool", FloatMaxPool{}, {in});
  for (const FloatClip limits : {FloatClip{3.0F, 4.0F}, FloatClip{-4.0F, -3.0F}}) {
    network.outputs = {network.add_layer("clip", limits, {pool})};
    const QuantizedNetwork quantized = quantize_network(
        fuse(network), Scheme{}, {}, images_of(noise(40, 5), 10), {true, nullptr, {}});
    EXPECT_EQ(quantized.values.back().fidelity.saturated_share, 0);
    EXPECT_GT(quantized.values.back().network_sqnr_db, 40);
  }
}

TEST(QuantizerTest, NumbersThatFloat32CannotHoldAreRefusedWithTheirImageAndLayer) {
  FloatNetwork network;
  const ValueId in = network.add_input("in", {1, 1, 1, 2});
  FloatConv2d conv;
  conv.weight = {{1, 1, 1, 2}, {2.0F, 2.0F}};
  network.outputs = {network.add_layer("a", conv, {in})};
  try {
    quantize_network(fuse(network), Scheme{}, {}, images_of({1, 1, 3e38F, 1}, 2));
    FAIL();
  } catch (const NotFinite& error) {
    EXPECT_EQ(std::string{error.what()},
              "[1]: gives 'a' numbers that float32 cannot hold, expected smaller ones, or smaller "
              "weights");
  }
}

// 255 steps from the least to the largest number: the largest integer stands for a little more.
TEST(QuantizerTest, NumbersWhoseIntegersFloat32CannotHoldAreRefusedWhereTheyAre) {
  FloatNetwork network;
  const ValueId in = network.add_input("in", {1, 1, 1, 2});
  network.outputs = {network.add_layer("a", FloatMaxPool{}, {in})};
  constexpr float kMost = std::numeric_limits<float>::max();
  try {
    quantize_network(fuse(network), Scheme{}, {}, images_of({1, 1, kMost, -kMost}, 2));
    FAIL();
  } catch (const NotFinite& error) {
    EXPECT_EQ(std::string{error.what()},
              "[1]: gives 'in' numbers so near the largest float32 that their integers stand for "
              "more than it holds, expected smaller ones");
  }
}

std::string quantize_errors(const FloatNetwork& network, const Scheme& scheme,
                            const BitsByName& bits, const FloatImages& images) {
  try {
    quantize_network(fuse(network), scheme, bits, images);
  } catch (const ConfigError& error) {
    return error.what();
  }
  return "";
}

TEST(QuantizerTest, OneBitHoldsNoNegativeNumberWithoutAZeroPoint) {
  FloatNetwork network;
  const ValueId in = network.add_input("in", {1, 1, 1, 2});
  FloatConv2d conv;
  conv.weight = {{1, 1, 1, 2}, {2.0F, 2.0F}};
  network.outputs = {network.add_layer("a", conv, {in})};
  Scheme scheme;
  scheme.activations.bits = 1;
  scheme.activations.bits_at = "s.yaml:2:21: activations.bits";
  scheme.activations.symmetric = true;
  scheme.activations.is_signed = false;  // where no number is negative
  const auto errors = [&] {
    return quantize_errors(network, scheme, bits_by_name(scheme), images_of({1, -1}, 1));
  };
  EXPECT_EQ(errors(),
            "s.yaml:2:21: activations.bits: 'in' has negative numbers, which without a zero point "
            "need at least 2 bits, found 1");
  scheme.activations.bits = 8;
  scheme.layers.push_back({"in", 1, std::nullopt, "", "s.yaml:4:5: layers[0].activation_bits", ""});
  EXPECT_EQ(errors(),
            "s.yaml:4:5: layers[0].activation_bits: 'in' has negative numbers, which without a "
            "zero point need at least 2 bits, found 1");
}

TEST(QuantizerTest, OutputsTooFineForAnyMultiplierAreRefusedAtTheirPlace) {
  FloatNetwork network;
  const ValueId in = network.add_input("in", {1, 1, 1, 2});
  const auto errors = [&](FloatOp op, const std::vector<ValueId>& from, float largest) {
    const ValueId layer = network.add_layer("a", std::move(op), from, "f.yaml:6:5: layers[0]");
    network.outputs = {network.add_layer("clip", FloatClip{0.0F, largest}, {layer})};
    return quantize_errors(network, Scheme{}, {}, images_of(noise(20, 5), 10));
  };
  EXPECT_EQ(errors(random_conv(2, 1, 2, 1), {in}, 1e-12F),
            "f.yaml:6:5: layers[0]: the output's scale, 3.922e-15, is too small for those of what "
            "it is computed from: sums would be multiplied by 2^30 or more; expected a larger "
            "range, behind its activation, too");
  EXPECT_EQ(errors(FloatAdd{}, {in, in}, 1e-20F),
            "f.yaml:6:5: layers[0]: the output's scale, 3.922e-23, is too small for those of what "
            "it is computed from: sums would be multiplied by 2^30 or more; expected a larger "
            "range, behind its activation, too");
  EXPECT_EQ(errors(FloatAdd{}, {in, in}, 1e-3F), "");
  // Nor is a product of scales that no float32 holds too large: it is a multiplier of 0.
  FloatFullyConnected fc;
  fc.weight = {{1, 2}, {1e-25F, 1e-25F}};
  network.outputs = {network.add_layer("fc", fc, {in})};
  EXPECT_EQ(quantize_errors(network, Scheme{}, {}, images_of({1e-25F, -1e-25F}, 1)), "");
}

// Inputs -1..1 affine in 4 bits: q - zero point is in -8..7 (or -7..8); 127 * 8 * 2 needs 12 bits.
TEST(QuantizerTest, AccumulatorBitsHoldTheLargestSum) {
  FloatNetwork network;
  const ValueId in = network.add_input("in", {1, 1, 1, 2});
  FloatConv2d conv;
  conv.weight = {{1, 1, 1, 2}, {1.0F, -1.0F}};
  network.outputs = {network.add_layer("a", conv, {in})};
  Scheme scheme;
  scheme.activations.bits = 4;
  const QuantizedNetwork quantized = quantize_network(
      fuse(network), scheme, {}, images_of({-1, 1, 1, -1}, 2), {true, nullptr, {}});
  EXPECT_EQ(quantized.layers[0].accumulator_bits, 12U);
}

// Inputs -0.9..0.6 affine in 4 bits are -9..6 steps of 0.1, times 127: -1143 needs 12 bits, the
// bias of 200 counts for the sums that it lifts alone.
TEST(QuantizerTest, ABiasMakesNoSumSmallerThanTheProductsAre) {
  FloatNetwork network;
  const ValueId in = network.add_input("in", {1, 1, 1, 1});
  FloatConv2d conv;
  conv.weight = {{1, 1, 1, 1}, {1.0F}};
  conv.bias = {200 * 0.1F / 127};
  network.outputs = {network.add_layer("a", conv, {in})};
  Scheme scheme;
  scheme.activations.bits = 4;
  const QuantizedNetwork quantized =
      quantize_network(fuse(network), scheme, {}, images_of({-0.9F, 0.6F}, 2), {true, nullptr, {}});
  EXPECT_EQ(quantized.layers[0].bias->at(0), 200);
  EXPECT_EQ(quantized.layers[0].accumulator_bits, 12U);
}

TEST(QuantizerTest, WidthsOfSingleLayersAreTheirsAlone) {
  const FusedNetwork fused = fuse(network_of_everything());
  BitsByName bits;
  bits.weights["b_Norm"] = 4;
  bits.activations["a_Conv"] = 5;
  const QuantizedNetwork quantized =
      quantize_network(fused, Scheme{}, bits, images_of(noise(720, 7), 10));
  EXPECT_EQ(quantized.layers[1].weights->formats[0].element.bits, 4);
  EXPECT_EQ(quantized.layers[0].weights->formats[0].element.bits, 8);
  EXPECT_EQ(quantized.values[fused.network.layers[0].output].format.element.bits, 5);
  EXPECT_EQ(quantized.values[fused.network.layers[1].output].format.element.bits, 8);
}

}  // namespace
}  // namespace systole::quantize
