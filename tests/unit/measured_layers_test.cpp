#include "sim/run/measured_layers.hpp"

#include <gtest/gtest.h>

#include <memory>

namespace systole {
namespace {

std::shared_ptr<const MeasuredLayer> layer_of(std::uint64_t cycles) {
  MeasuredLayer layer;
  layer.measured.cycles = cycles;
  return std::make_shared<const MeasuredLayer>(layer);
}

TEST(MeasuredLayers, FindsWhatWasAdded) {
  MeasuredLayers layers;
  EXPECT_EQ(layers.find({1, 2}), nullptr);
  layers.add({1, 2}, layer_of(7));
  ASSERT_NE(layers.find({1, 2}), nullptr);
  EXPECT_EQ(layers.find({1, 2})->measured.cycles, 7U);
  EXPECT_EQ(layers.find({2, 1}), nullptr);
  EXPECT_EQ(layers.found(), 2U);
}

TEST(MeasuredLayers, GivesUpWhatWasNotUsedForLongest) {
  MeasuredLayers layers{4 * (sizeof(MeasuredLayer) + sizeof(std::uint64_t))};
  for (std::uint64_t i = 0; i < 8; ++i) {
    layers.add({i}, layer_of(i));
    EXPECT_NE(layers.find({0}), nullptr) << "after layer " << i;
  }
  EXPECT_EQ(layers.find({1}), nullptr);
  EXPECT_NE(layers.find({7}), nullptr);
}

TEST(MeasuredLayers, MachinesThatDifferInTheirScratchpadsCapacityAloneHaveOneNumber) {
  MeasuredLayers layers;
  const AcceleratorConfig config;
  const std::uint64_t number = layers.number_of(config, true);
  AcceleratorConfig larger = config;
  larger.name = "larger";
  larger.scratchpad.activation.capacity_kib *= 2;
  larger.scratchpad.weight.capacity_kib *= 2;
  EXPECT_EQ(layers.number_of(larger, true), number);
  AcceleratorConfig banks = config;
  banks.scratchpad.activation.banks *= 2;
  EXPECT_NE(layers.number_of(banks, true), number);
  AcceleratorConfig accumulators = config;
  accumulators.accumulators.capacity_kib *= 2;
  EXPECT_NE(layers.number_of(accumulators, true), number);
}

TEST(MeasuredLayers, LayersWithoutTheArrayDoNotTellArraysOfOneRowApart) {
  MeasuredLayers layers;
  AcceleratorConfig config;
  config.array.rows = 16;
  config.array.cols = 16;
  const std::uint64_t number = layers.number_of(config, false);
  EXPECT_NE(layers.number_of(config, true), number);
  AcceleratorConfig other = config;
  other.array.dataflow = Dataflow::OutputStationary;
  other.array.cols = 8;
  other.accumulators.capacity_kib *= 2;
  EXPECT_EQ(layers.number_of(other, false), number);
  EXPECT_NE(layers.number_of(other, true), layers.number_of(config, true));
  AcceleratorConfig wider = config;
  wider.array.cols = 32;  // a row of weights, which the unified scratchpad holds as well
  EXPECT_NE(layers.number_of(wider, false), number);
  AcceleratorConfig fewer_channels = config;
  fewer_channels.array.rows = 8;
  EXPECT_NE(layers.number_of(fewer_channels, false), number);
  AcceleratorConfig lanes = config;
  lanes.vector.lanes /= 2;
  EXPECT_NE(layers.number_of(lanes, false), number);
}

}  // namespace
}  // namespace systole
