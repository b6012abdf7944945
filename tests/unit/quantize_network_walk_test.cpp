// A float network brought to the form that is quantized, and quantized layer by layer.

#include <gtest/gtest.h>

#include <cmath>
#include <limits>
#include <string>

#include "sim/network/refusal.hpp"
#include "sim/quantize/quantizer.hpp"
#include "sim/quantize/value_groups.hpp"

namespace systole::quantize {
namespace {

/// Numbers in [-1, 1).
std::vector<float> noise(std::size_t count, std::uint64_t seed) {
  std::vector<float> values;
  for (std::size_t i = 0; i < count; ++i) {
    values.push_back(static_cast<float>(2 * uniform_draw(seed, i) - 1));
  }
  return values;
}

FloatConv2d random_conv(std::int64_t out, std::int64_t kernel, std::int64_t in,
                        std::uint64_t seed) {
  FloatConv2d conv;
  conv.window.kernel_h = conv.window.kernel_w = kernel;
  conv.weight.shape = {out, kernel, kernel, in};
  conv.weight.data = noise(static_cast<std::size_t>(element_count(conv.weight.shape)), seed);
  conv.bias = noise(static_cast<std::size_t>(out), seed + 1);
  return conv;
}

FloatBatchNorm random_norm(std::size_t channels, std::uint64_t seed) {
  FloatBatchNorm norm;
  norm.gamma = noise(channels, seed);
  norm.beta = noise(channels, seed + 1);
  norm.mean = noise(channels, seed + 2);
  for (const float v : noise(channels, seed + 3)) {
    norm.variance.push_back(v + 1.5F);
  }
  return norm;
}

/// The fused network's output, its limits applied.
Activations run_fused(const FusedNetwork& fused, const Activations& input, std::int64_t images) {
  std::vector<Activations> values(fused.network.values.size());
  values[fused.network.inputs[0]] = input;
  for (std::size_t i = 0; i < fused.network.layers.size(); ++i) {
    const FloatLayer& layer = fused.network.layers[i];
    std::vector<const Activations*> inputs;
    for (const ValueId id : layer.inputs) {
      inputs.push_back(&values[id]);
    }
    values[layer.output] = run_float_layer(fused.network, layer, inputs, images);
    for (float& value : values[layer.output]) {
      value = std::min(std::max(value, fused.limits[i].low), fused.limits[i].high);
    }
  }
  return values[fused.network.outputs[0]];
}

std::vector<std::string> names_and_ops(const FusedNetwork& fused) {
  std::vector<std::string> all;
  for (const FloatLayer& layer : fused.network.layers) {
    all.push_back(layer.name + " " + float_op_name(layer.op));
  }
  return all;
}

void expect_near(const Activations& a, const Activations& b) {
  ASSERT_EQ(a.size(), b.size());
  for (std::size_t i = 0; i < a.size(); ++i) {
    EXPECT_NEAR(a[i], b[i], 1e-4) << i;
  }
}

/// Batch norms behind a convolution, behind an activation and behind a fully connected layer;
/// activations behind a product, an addition, a reshape, and of a value that others read; a pool
/// that counts its padding; a layer that nothing reads.
FloatNetwork network_of_everything() {
  FloatNetwork network;
  network.name = "everything";
  const ValueId image = network.add_input("image", {1, 6, 6, 2});
  const ValueId conv = network.add_layer("/a/Conv", random_conv(4, 3, 2, 1), {image});
  const ValueId norm = network.add_layer("/a/Norm", random_norm(4, 10), {conv});
  const ValueId relu = network.add_layer("/a/Relu", FloatClip{0.0F}, {norm});
  const ValueId norm2 = network.add_layer("/b/Norm", random_norm(4, 20), {relu});
  const ValueId relu2 = network.add_layer("/b/Relu", FloatClip{0.0F, 0.75F}, {norm2});
  network.add_layer("/nobody/Conv", random_conv(4, 1, 4, 30), {relu2});
  const ValueId sum = network.add_layer("/c/Add", FloatAdd{}, {norm2, relu2});
  FloatAveragePool pool;
  pool.counts_padding = true;
  pool.window.kernel_h = pool.window.kernel_w = 3;
  pool.window.pad_top = pool.window.pad_left = 1;
  pool.window.stride_h = pool.window.stride_w = 2;
  const ValueId pooled = network.add_layer("/d/Pool", pool, {sum});
  const Shape shape = network.value(pooled).shape;
  const ValueId flat =
      network.add_layer("/d/Flatten", FloatReshape{{1, element_count(shape)}}, {pooled});
  const ValueId limited = network.add_layer("/d/Clip", FloatClip{-0.5F, 0.5F}, {flat});
  FloatFullyConnected fc;
  fc.weight.shape = {5, element_count(shape)};
  fc.weight.data = noise(static_cast<std::size_t>(element_count(fc.weight.shape)), 40);
  const ValueId product = network.add_layer("/e/Gemm", fc, {limited});
  network.outputs = {network.add_layer("/e/Norm", random_norm(5, 50), {product})};
  return network;
}

TEST(FuseTest, TheFusedNetworkComputesTheSame) {
  const FloatNetwork network = network_of_everything();
  const FusedNetwork fused = fuse(network);
  EXPECT_EQ(
      names_and_ops(fused),
      (std::vector<std::string>{"a_Conv conv2d", "b_Norm conv2d", "b_Relu max_pool2d", "c_Add add",
                                "d_Pool conv2d", "d_Flatten reshape", "e_Gemm fully_connected"}));
  EXPECT_EQ(fused.limits[0].low, 0.0F);
  EXPECT_EQ(fused.limits[4].high, 0.5F);  // through the reshape
  const Activations input = noise(3 * 72, 99);
  expect_near(run_fused(fused, input, 3), run_float(network, input, 3));
}

std::string fuse_errors(const FloatNetwork& network) {
  try {
    fuse(network);
  } catch (const ConfigError& error) {
    return error.what();
  }
  return "";
}

// Limits that leave one number: what lies below the second's is lifted to it.
TEST(FuseTest, LimitsBehindEachOtherAreThoseOfBoth) {
  constexpr float kNone = std::numeric_limits<float>::infinity();
  FloatNetwork network;
  const ValueId in = network.add_input("in", {1, 2, 2, 2});
  const ValueId conv = network.add_layer("conv", random_conv(2, 1, 2, 1), {in});
  const ValueId low = network.add_layer("low", FloatClip{-kNone, -0.25F}, {conv});
  network.outputs = {network.add_layer("relu", FloatClip{0.0F}, {low})};
  const FusedNetwork fused = fuse(network);
  ASSERT_EQ(fused.limits.size(), 1U);
  EXPECT_EQ(fused.limits[0].low, 0.0F);
  EXPECT_EQ(fused.limits[0].high, 0.0F);
}

// Its own numbers are asked for, not those that a batch norm or an activation makes of them.
TEST(FuseTest, AnOutputIsMergedIntoNothingThatReadsIt) {
  FloatNetwork network;
  const ValueId in = network.add_input("in", {1, 2, 2, 2});
  const ValueId conv = network.add_layer("conv", random_conv(2, 1, 2, 1), {in});
  const ValueId norm = network.add_layer("norm", random_norm(2, 5), {conv});
  network.outputs = {conv, norm, network.add_layer("relu", FloatClip{0.0F}, {norm})};
  const FusedNetwork fused = fuse(network);
  EXPECT_EQ(names_and_ops(fused),
            (std::vector<std::string>{"conv conv2d", "norm conv2d", "relu max_pool2d"}));
  EXPECT_EQ(fused.limits.at(1).low, -std::numeric_limits<float>::infinity());
  EXPECT_EQ(fused.network.outputs.size(), 3U);
}

TEST(FuseTest, WhatNoIntegerLayerExpressesIsRefusedAtItsPlace) {
  FloatNetwork network;
  const ValueId in = network.add_input("in", {1, 4});
  network.outputs = {network.add_layer("norm", random_norm(4, 1), {in}, "f.yaml:7:5: layers[0]")};
  EXPECT_EQ(fuse_errors(network),
            "f.yaml:7:5: layers[0]: multiplies or shifts the columns of a matrix, which no "
            "integer layer can express; expected a fully connected layer in front of it whose "
            "output nothing else reads");
  // All of them in one run; who reads what they give is not to blame.
  const ValueId relu = network.add_layer("relu", FloatClip{0.0F}, {in}, "f.yaml:8:5: layers[1]");
  const ValueId sum = network.add_layer("sum", FloatAdd{}, {in, relu}, "f.yaml:9:5: layers[2]");
  network.outputs.push_back(
      network.add_layer("relu_2", FloatClip{0.0F}, {sum}, "f.yaml:10:5: layers[3]"));
  EXPECT_EQ(fuse_errors(network),
            "f.yaml:7:5: layers[0]: multiplies or shifts the columns of a matrix, which no "
            "integer layer can express; expected a fully connected layer in front of it whose "
            "output nothing else reads\n"
            "f.yaml:8:5: layers[1]: is an activation of a matrix, which no integer layer can "
            "express; expected a layer in front of it whose output nothing else reads");
}

// Whether it has a convolution in front of it or becomes one.
TEST(FuseTest, ABatchNormThatDividesByNothingIsToBlame) {
  FloatBatchNorm norm = random_norm(2, 1);
  norm.variance[1] = 0;
  norm.epsilon = 0;
  for (const float gamma : {0.0F, 1.0F}) {
    norm.gamma[1] = gamma;
    FloatNetwork network;
    const ValueId in = network.add_input("in", {1, 1, 1, 2});
    const ValueId conv = network.add_layer("conv", random_conv(2, 1, 2, 1), {in});
    for (const ValueId from : {in, conv}) {
      network.outputs = {network.add_layer("norm", norm, {from}, "f.yaml:7:5: layers[1]")};
      EXPECT_EQ(fuse_errors(network),
                "f.yaml:7:5: layers[1]: gives channel 1 weights or a bias that float32 cannot "
                "hold, expected a larger variance or epsilon");
    }
  }
}

// Behind a reshape of a value that others read, too, limits are not those of its layer.
TEST(FuseTest, LimitsPassNoReshapeOfWhatOthersRead) {
  FloatNetwork network;
  const ValueId in = network.add_input("in", {1, 2, 2, 1});
  const ValueId conv = network.add_layer("conv", random_conv(2, 1, 1, 1), {in});
  const ValueId shaped = network.add_layer("shaped", FloatReshape{{1, 1, 2, 4}}, {conv});
  network.outputs = {network.add_layer("relu", FloatClip{0.0F}, {shaped}), conv};
  const FusedNetwork fused = fuse(network);
  EXPECT_EQ(names_and_ops(fused),
            (std::vector<std::string>{"conv conv2d", "shaped reshape", "relu max_pool2d"}));
  EXPECT_EQ(fused.limits.at(0).low, -std::numeric_limits<float>::infinity());
}

// Layers name files.
TEST(FuseTest, NamesAreThoseThatFilesCanHave) {
  FloatNetwork network;
  const ValueId in = network.add_input("/in", {1, 4, 4, 2});
  const ValueId a = network.add_layer("/a/Conv", random_conv(3, 1, 2, 1), {in});
  network.outputs = {network.add_layer("a_Conv", random_conv(3, 1, 3, 1), {a})};
  network.inputs = {in};
  const FloatNetwork fused = fuse(network).network;
  EXPECT_EQ(fused.value(fused.inputs[0]).name, "in");
  EXPECT_EQ(fused.layers[0].name, "a_Conv");
  EXPECT_EQ(fused.layers[1].name, "a_Conv_2");
}

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
  ASSERT_EQ(names_and_ops(fused).size(), 4U);
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
