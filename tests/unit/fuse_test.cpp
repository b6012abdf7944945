// A float network brought to the form that is quantized.

#include <gtest/gtest.h>

#include <string>

#include "sim/network/refusal.hpp"
#include "sim/quantize/quantizer.hpp"
#include "tests/support/float_networks.hpp"

namespace systole::quantize {
namespace {

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

}  // namespace
}  // namespace systole::quantize
