#include <gtest/gtest.h>

#include <cmath>
#include <string>
#include <vector>

#include "sim/legalize/legalize.hpp"
#include "sim/network/refusal.hpp"
#include "tests/support/product_network.hpp"

namespace systole {
namespace {

/// One product of rows of two activations with `weights`, two of them to an output channel.
Network product(std::int32_t ifmap_zero_point, TensorData weights, TensorData biases) {
  Network network;
  const auto channels = static_cast<std::int64_t>(weights.size() / 2);
  network.inputs = {add_tensor(network, {1, 2})};
  network.tensors[0].zero_point = ifmap_zero_point;
  Layer layer;
  layer.name = "fc";
  FullyConnected op;
  op.has_bias = !biases.empty();
  op.requant.multiplier = {1 << 30};
  op.requant.exponent = {-8};
  layer.inputs = {0, add_tensor(network, {channels, 2}, std::move(weights))};
  if (op.has_bias) {
    layer.inputs.push_back(add_tensor(network, {channels}, std::move(biases)));
  }
  layer.op = op;
  layer.output = add_tensor(network, {1, channels});
  network.outputs = {layer.output};
  network.layers.push_back(std::move(layer));
  return network;
}

AcceleratorConfig hardware(std::uint32_t bias_bits) {
  AcceleratorConfig config;
  config.accumulators.bias_bits = bias_bits;
  return config;
}

const TensorData& biases_of(const Network& network) {
  return *network.tensor(network.layers.at(0).inputs.at(2)).data;
}

// Sums start at 10 - 3 x 2, -9, 200 - 3 x 20 and -200 + 3 x 20; 8 bits hold -128 to 127.
TEST(LegalizeBias, ClipsWhatSumsStartAtAndSaysHowManyAndByHowMuch) {
  const Network network = product(3, {1, 1, 0, 0, 10, 10, -20, 0}, {10, -9, 200, -200});
  const Legalized legal = legalize(network, hardware(8));
  EXPECT_EQ(biases_of(legal.network), (TensorData{10, -9, 127 + 60, -128 - 60}));
  ASSERT_EQ(legal.notes.size(), 1U);
  EXPECT_EQ(legal.notes[0].layer, "fc");
  EXPECT_EQ(legal.notes[0].what,
            "2 of 4 biases, zero point times weights taken off, clipped to 8 bits, by 13 at most");
  EXPECT_EQ(biases_of(network)[2], 200) << "the network as it was given stays";
  const double starts = 4 * 4 + 9 * 9 + 2 * 140 * 140;
  EXPECT_NEAR(legal.notes[0].sqnr_db.value_or(0), 10 * std::log10(starts / (13 * 13 + 12 * 12)),
              1e-6);
}

TEST(LegalizeBias, LeavesBiasesThatFitOrThatAreAsWideAsTheAccumulators) {
  const Network network = product(0, {1, 1, 1, 1}, {127, -128});
  EXPECT_TRUE(legalize(network, hardware(8)).notes.empty());
  EXPECT_EQ(legalize(network, hardware(7)).notes.size(), 1U);
  EXPECT_TRUE(legalize(product(0, {1, 1}, {1 << 30}), hardware(32)).notes.empty());
  EXPECT_TRUE(legalize(product(0, {1, 1}, {1 << 30}), hardware(0)).notes.empty());
}

AcceleratorConfig narrow_sums(std::uint32_t bits, Overflow overflow) {
  AcceleratorConfig config = hardware(0);
  config.array.accumulator_bits = bits;
  config.array.overflow = overflow;
  return config;
}

TEST(LegalizeBias, ABiasThatTheAccumulatorsDoNotHoldIsClippedByDefault) {
  const Network network = product(0, {1, 1, 1, 1, 1, 1}, {40000, -40000, 32767});
  const Legalized legal = legalize(network, narrow_sums(16, Overflow::Wrap));
  EXPECT_EQ(biases_of(legal.network), (TensorData{32767, -32768, 32767}));
  ASSERT_EQ(legal.notes.size(), 1U);
  EXPECT_EQ(legal.notes[0].what, "2 of 3 biases clipped to 16 bits, by 7233 at most");
}

// 100 x 400 is off at the start and back with the products: sums that wrap are right without more.
TEST(LegalizeBias, WhatAZeroPointTakesOffASumThatWrapsStays) {
  const Network network = product(-100, {200, 200}, {7});
  EXPECT_TRUE(legalize(network, narrow_sums(16, Overflow::Wrap)).notes.empty());
}

TEST(LegalizeBias, AStartThatAccumulatorsSaturateIsReportedAndLeftToThem) {
  const Network network = product(-100, {200, 200}, {7});
  const Legalized legal = legalize(network, narrow_sums(16, Overflow::Saturate));
  EXPECT_EQ(biases_of(legal.network), TensorData{7});
  ASSERT_EQ(legal.notes.size(), 1U);
  EXPECT_EQ(legal.notes[0].what,
            "1 of 1 biases, zero point times weights taken off, clipped to 16 bits, by 7240 at "
            "most");
}

TEST(LegalizeBias, ALayerWithoutBiasGetsOneWhereItsZeroPointAsksForTooMuch) {
  const Network legal = legalize(product(100, {0, 0, 3, 4}, {}), hardware(10)).network;
  EXPECT_TRUE(std::get<FullyConnected>(legal.layers[0].op).has_bias);
  EXPECT_EQ(biases_of(legal), (TensorData{0, 700 - 512}));
}

TEST(LegalizeBias, ABiasThatTwoLayersShareChangesForOneOfThem) {
  Network network = product(0, {1, 1}, {100});
  Layer second = network.layers[0];
  second.name = "second";
  second.inputs[0] = add_tensor(network, {1, 2});
  network.tensors[second.inputs[0]].zero_point = -50;
  network.inputs.push_back(second.inputs[0]);
  second.output = add_tensor(network, {1, 1});
  network.layers.push_back(second);
  const Legalized legal = legalize(network, hardware(8));  // 100, and 100 + 50 x 2
  EXPECT_EQ(biases_of(legal.network), TensorData{100});
  EXPECT_EQ(*legal.network.tensor(legal.network.layers[1].inputs[2]).data, TensorData{127 - 100});
  ASSERT_EQ(legal.notes.size(), 1U);
  EXPECT_EQ(legal.notes[0].layer, "second");
}

TEST(LegalizeBias, AProductWithoutBiasIsRefusedWhereItsZeroPointDoesNotFit) {
  Network network = product(100, {0, 3}, {});
  network.tensors[1].shape = {2, 1};
  MatMul op;
  op.requant = std::get<FullyConnected>(network.layers[0].op).requant;
  network.layers[0].op = op;
  EXPECT_NO_THROW(legalize(network, hardware(10)));
  EXPECT_THROW(legalize(network, hardware(9)), Refusal);
}

}  // namespace
}  // namespace systole
