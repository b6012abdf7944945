#include "sim/explain/explain.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>
#include <sstream>
#include <tuple>

#include "sim/config/accelerator_file.hpp"
#include "sim/network/refusal.hpp"
#include "sim/run/simulation.hpp"
#include "sim/workload/workload.hpp"
#include "tests/support/small_networks.hpp"

namespace systole {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;
using ::testing::SizeIs;

const std::string kFolder = SYSTOLE_SOURCE_DIR;

AcceleratorConfig gemmini(const std::vector<std::string>& overrides = {}) {
  return load_accelerator(kFolder + "/configs/gemmini_16x16.yaml", overrides);
}

MachineWith described(const AcceleratorConfig& config) {
  return [text = accelerator_to_yaml(config)](const std::vector<std::string>& more) {
    return parse_accelerator(text, "", more);
  };
}

Explanation explained(const AcceleratorConfig& config, const Network& network) {
  return explain(described(config), network, std::nullopt, [](std::size_t, std::size_t) {});
}

RunResult separately_run(const AcceleratorConfig& config, const Network& network) {
  SimulationOptions options;
  options.engine = EngineKind::Fast;
  options.data = DataSource::None;
  return simulate(config, network, {}, options).result;
}

std::uint64_t cycles_of(const RunResult& run, const std::string& layer) {
  for (const LayerResult& result : run.layers) {
    if (result.name == layer) {
      return result.cycles;
    }
  }
  return 0;
}

TEST(Explain, EveryGainIsWhatARunWithTheNamedKeysTakes) {
  const Network digits =
      load_workload(kFolder + "/workloads/digits_cnn/digits_cnn.yaml", {true, {}});
  const Explanation all = explained(gemmini(), digits);
  EXPECT_GE(all.doublings.size(), 10U);
  EXPECT_EQ(all.total.gains.size(), all.doublings.size());
  for (const Gain& gain : all.total.gains) {
    const Doubling& doubling = all.doublings[gain.doubling];
    const RunResult run = separately_run(gemmini(doubling.keys), digits);
    std::uint64_t total = 0;
    for (const Explained& layer : all.layers) {
      const std::uint64_t cycles = cycles_of(run, layer.name);
      total += cycles;
      for (const Gain& of_layer : layer.gains) {
        if (of_layer.doubling == gain.doubling) {
          EXPECT_EQ(of_layer.cycles, cycles) << layer.name << " with " << doubling.resource;
        }
      }
    }
    EXPECT_EQ(gain.cycles, total) << doubling.resource;
  }
}

/// Each doubling is what the machine's text and its keys describe.
void expect_repeatable(const std::string& name, const MachineWith& machine) {
  const std::vector<Doubling> all = doublings(machine);
  EXPECT_GE(all.size(), 5U) << name;
  for (const Doubling& doubling : all) {
    EXPECT_EQ(machine(doubling.keys), doubling.config) << name << ", " << doubling.resource;
  }
}

// scalesim.yaml has the widest bus and as many bursts as its keys can say.
TEST(Explain, WhatNoFileCanSayIsLeftOut) {
  for (const char* name : {"edge_32x32", "scalesim", "tiny_4x4", "tpu_v1_256x256"}) {
    expect_repeatable(name, [&](const std::vector<std::string>& more) {
      return load_accelerator(kFolder + "/configs/" + name + ".yaml", more);
    });
  }
}

/// What --set says for twice of the resource; nothing where it is left out.
std::vector<std::string> keys_for(const std::string& resource, const MachineWith& machine) {
  for (const Doubling& doubling : doublings(machine)) {
    if (doubling.resource == resource) {
      return doubling.keys;
    }
  }
  return {};
}

TEST(Explain, KeysThatWouldFollowAreNamed) {
  const MachineWith smallest = [](const std::vector<std::string>& more) {
    return parse_accelerator("name: t\narray: {rows: 4, cols: 6}\n", "t.yaml", more);
  };
  expect_repeatable("smallest", smallest);
  EXPECT_THAT(keys_for("array columns", smallest),
              testing::IsSupersetOf({"array.cols=12", "requant.lanes=6"}));
}

// scalesim.yaml has the longest streams that the key of their length can say.
TEST(Explain, TheArrayGrowsAloneWhereItsStreamsAreAsLongAsTheyGet) {
  EXPECT_THAT(keys_for("array rows", described(gemmini())),
              ElementsAre("array.rows=32", "array.max_compute_rows=32"));
  const MachineWith scalesim = [](const std::vector<std::string>& more) {
    return load_accelerator(kFolder + "/configs/scalesim.yaml", more);
  };
  EXPECT_THAT(keys_for("array rows", scalesim), ElementsAre("array.rows=32"));
  EXPECT_THAT(keys_for("pixels a weight load", scalesim), IsEmpty());
}

std::vector<std::string> channel_keys(const std::vector<std::string>& dram) {
  return keys_for("DRAM channels", described(gemmini(dram)));
}

TEST(Explain, ChannelsThatNoKeyNamesAreThoseOfThePart) {
  EXPECT_THAT(channel_keys({"dram.model=banked"}), ElementsAre("dram.channels=2"));
  EXPECT_THAT(channel_keys({"dram.model=banked", "dram.preset=hbm2"}),
              ElementsAre("dram.channels=16"));
  EXPECT_THAT(channel_keys({"dram.model=banked", "dram.preset=hbm2", "dram.channels=4"}),
              ElementsAre("dram.channels=8"));
  EXPECT_THAT(channel_keys({"dram.model=banked", "dram.channels=64"}), IsEmpty());
  EXPECT_THAT(channel_keys({}), IsEmpty()) << "an ideal DRAM has none";
}

TEST(Explain, AMemoryWhoseMappingHasNoChannelsGetsNone) {
  std::ostringstream part;
  part << std::ifstream{kFolder + "/configs/dram/ddr4_2400.yaml"}.rdbuf();
  std::string text = part.str();
  const std::string channel = ":channel";
  const std::size_t at = text.find(channel);
  ASSERT_NE(at, std::string::npos);
  text.erase(at, channel.size());
  const std::string file =
      testing::TempDir() + "systole_explain_test_" + std::to_string(::getpid()) + ".yaml";
  std::ofstream{file} << text;
  EXPECT_THAT(channel_keys({"dram.model=banked", "dram.preset=" + file}), IsEmpty());
  std::filesystem::remove(file);
}

TEST(Explain, OneOutputChannelPastTheArraysColumnsIsACliff) {
  const Network seventeen = test::conv_network({1, 14, 14, 32}, 3, 17);
  const Explanation all = explained(gemmini(), seventeen);
  ASSERT_THAT(all.cliffs, SizeIs(1));
  const Cliff& cliff = all.cliffs.front();
  EXPECT_EQ(cliff.dimension, "output channels");
  EXPECT_EQ(cliff.channels, 17);
  EXPECT_EQ(cliff.surplus, 1);
  const Network sixteen = test::conv_network({1, 14, 14, 32}, 3, 16);
  EXPECT_EQ(cliff.cycles, separately_run(gemmini(), seventeen).layers.front().cycles);
  EXPECT_EQ(cliff.cycles_without, separately_run(gemmini(), sixteen).layers.front().cycles);
  EXPECT_GT(cliff.saved(), cliff.cycles / 4);
}

TEST(Explain, OneInputChannelPastTheArraysRowsIsACliff) {
  const Explanation all = explained(gemmini(), test::conv_network({1, 14, 14, 33}, 3, 16));
  ASSERT_THAT(all.cliffs, SizeIs(1));
  EXPECT_EQ(all.cliffs.front().dimension, "input channels");
  const Network less = test::conv_network({1, 14, 14, 32}, 3, 16);
  EXPECT_EQ(all.cliffs.front().cycles_without,
            separately_run(gemmini(), less).layers.front().cycles);
}

TEST(Explain, MultiplesAndHalfFullFoldsAreNoCliffs) {
  EXPECT_THAT(explained(gemmini(), test::conv_network({1, 8, 8, 32}, 3, 24)).cliffs, IsEmpty());
  EXPECT_THAT(explained(gemmini(), test::conv_network({1, 8, 8, 1}, 3, 1)).cliffs, IsEmpty());
}

/// A fully connected layer that takes its ifmap as rows, as TensorFlow Lite does.
Network connected_network(const Shape& ifmap, std::int64_t depth, std::int64_t channels) {
  test::NetworkBuilder builder;
  FullyConnected op;
  op.requant = test::one_scale();
  op.has_bias = true;
  const TensorId in = builder.input(ifmap);
  const TensorId bias = builder.constant({channels});
  builder.layer("fc", op, {in, builder.constant({channels, depth}), bias},
                builder.activation({element_count(ifmap) / depth, channels}));
  Network network = builder.network();
  network.tensors.at(bias).format.bits = 32;
  return network;
}

TEST(Explain, AnIfmapThatIsTakenAsRowsHasTheChannelsOfTheRows) {
  EXPECT_THAT(explained(gemmini(), connected_network({1, 2, 2, 17}, 68, 16)).cliffs, IsEmpty());
  const Explanation all = explained(gemmini(), connected_network({1, 3, 3, 9}, 81, 16));
  ASSERT_THAT(all.cliffs, SizeIs(1));
  EXPECT_EQ(all.cliffs.front().channels, 81);
  EXPECT_EQ(all.cliffs.front().surplus, 1);
  const Network less = connected_network({1, 80}, 80, 16);
  EXPECT_EQ(all.cliffs.front().cycles_without,
            separately_run(gemmini(), less).layers.front().cycles);
}

/// Dimension, channels and surplus of each cliff.
using Found = std::vector<std::tuple<std::string, std::int64_t, std::int64_t>>;
Found found_in(const AcceleratorConfig& config, const Network& network) {
  Found found;
  for (const Cliff& cliff : explained(config, network).cliffs) {
    EXPECT_GT(cliff.saved(), 0U) << cliff.dimension;
    found.emplace_back(cliff.dimension, cliff.channels, cliff.surplus);
  }
  return found;
}

Network narrow_network(std::int64_t channels) {
  Network network = test::conv_network({1, 8, 8, channels}, 3, 16);
  for (Tensor& tensor : network.tensors) {
    tensor.format.bits = tensor.format.bits == 8 ? 4 : tensor.format.bits;
  }
  return network;
}

// 8 x 8 bits or four products of 4 x 4: 16 rows take 64 channels.
TEST(Explain, AFoldOfComposablePesTakesAsManyTimesTheRowsAsEachHasProducts) {
  for (const Dataflow dataflow : {Dataflow::WeightStationary, Dataflow::InputStationary}) {
    AcceleratorConfig config =
        parse_accelerator("name: t\narray: {rows: 16, cols: 16, pe: composable}\n", "t.yaml", {});
    config.array.dataflow = dataflow;
    EXPECT_EQ(found_in(config, narrow_network(17)), Found{});
    EXPECT_EQ(found_in(config, narrow_network(66)), (Found{{"input channels", 66, 2}}));
    EXPECT_EQ(found_in(config, narrow_network(72)), (Found{{"input channels", 72, 8}}));
    EXPECT_EQ(found_in(config, narrow_network(73)), Found{});
  }
}

// 3 x 3 x 17 are 153 products, nine more than nine folds: the tenth is more than half full.
TEST(Explain, AFoldOfSeveralTapsHasNoCliffWhereATapEnds) {
  EXPECT_EQ(found_in(gemmini(), test::conv_network({1, 8, 8, 17}, 3, 16)),
            (Found{{"input channels", 17, 1}}));
  EXPECT_EQ(found_in(gemmini({"array.gather_rows=16"}), test::conv_network({1, 8, 8, 17}, 3, 16)),
            Found{});
}

// 3 x 11 are 33 products beside each other, one more than the rows.
TEST(Explain, PackedTapsAreBesideEachOtherInAFold) {
  const AcceleratorConfig config = gemmini({"array.rows=32", "array.max_compute_rows=32"});
  Network network = test::conv_network({1, 8, 8, 11}, 3, 16);
  EXPECT_EQ(found_in(config, network), Found{});
  network.layers.front().mapping.pack_taps = true;
  EXPECT_EQ(found_in(config, network), (Found{{"input channels", 11, 1}}));
}

/// The bound of the one layer.
std::string bound(const AcceleratorConfig& config, const Network& network) {
  return explained(config, network).layers.front().bound;
}

TEST(Explain, TheScarceResourceIsTheBound) {
  const Network wide = test::conv_network({1, 28, 28, 64}, 1, 64);
  EXPECT_EQ(bound(gemmini({"requant.lanes=1"}), wide), "requant");
  EXPECT_EQ(bound(gemmini({"dram.bytes_per_cycle=1", "dram.write_bytes_per_cycle=16"}), wide),
            "dram_read");
  EXPECT_EQ(bound(gemmini({"dram.write_bytes_per_cycle=1"}), wide), "dram_write");
  EXPECT_EQ(bound(gemmini({"array.rows=2", "vector.lanes=2"}), wide), "compute");
}

TEST(Explain, ALayerThatNothingHelpsIsHeldByLatency) {
  EXPECT_EQ(bound(gemmini({"dram.latency_cycles=2"}), test::conv_network({1, 1, 1, 16}, 1, 16)),
            "latency");
}

Network depthwise_network(std::int64_t channels = 32) {
  test::NetworkBuilder builder;
  Conv2d op;
  op.groups = channels;
  op.window.kernel_h = op.window.kernel_w = 3;
  op.window.pad_top = op.window.pad_bottom = op.window.pad_left = op.window.pad_right = 1;
  op.requant = test::one_scale();
  const TensorId in = builder.input({1, 14, 14, channels});
  builder.layer("depthwise", op, {in, builder.constant({channels, 3, 3, 1})},
                builder.activation({1, 14, 14, channels}));
  return builder.network();
}

// The vector unit takes rows of 16 channels, the array 8 columns, or each channel by itself.
TEST(Explain, DepthwiseChannelsArePastWhatTheirUnitTakesAtATime) {
  const auto found = [](const std::string& mapping, std::int64_t channels) {
    return found_in(gemmini({"array.cols=8", "requant.lanes=8", "vector.mac_lanes=16",
                             "compiler.depthwise=" + mapping}),
                    depthwise_network(channels));
  };
  EXPECT_EQ(found("vector", 25), Found{});
  EXPECT_EQ(found("vector", 34), (Found{{"output channels", 34, 2}}));
  EXPECT_EQ(found("diagonal", 25), (Found{{"output channels", 25, 1}}));
  EXPECT_EQ(found("column", 25), Found{});
}

TEST(Explain, MultipliersOfTheVectorUnitCanBeTheBound) {
  const AcceleratorConfig two = gemmini({"compiler.depthwise=vector", "vector.mac_lanes=2"});
  EXPECT_THAT(keys_for("vector multipliers", described(two)), ElementsAre("vector.mac_lanes=4"));
  EXPECT_EQ(bound(two, depthwise_network()), "vector");
  EXPECT_THAT(keys_for("vector multipliers", described(gemmini())), IsEmpty());
  EXPECT_THAT(keys_for("vector multipliers", described(gemmini({"vector.mac_lanes=16"}))),
              IsEmpty())
      << "16 are all elements of a row";
}

Network pool_network(std::int64_t channels, std::int64_t kernel) {
  test::NetworkBuilder builder;
  MaxPool op;
  op.window.kernel_h = op.window.kernel_w = kernel;
  op.window.pad_top = op.window.pad_bottom = kernel / 2;
  op.window.pad_left = op.window.pad_right = kernel / 2;
  const TensorId in = builder.input({1, 28, 28, channels});
  builder.layer("pool", op, {in}, builder.activation({1, 28, 28, channels}));
  return builder.network();
}

Network sum_network() {
  test::NetworkBuilder builder;
  const Shape shape = {1, 28, 28, 64};
  Add op;
  op.input = {QuantizedMultiplier{1 << 30, 0}, QuantizedMultiplier{1 << 30, 0}};
  op.output = test::one_scale();
  const TensorId left = builder.input(shape);
  const TensorId right = builder.input(shape);
  builder.layer("sum", op, {left, right}, builder.activation(shape));
  return builder.network();
}

TEST(Explain, WithoutFoldsALargerArrayIsWiderRows) {
  EXPECT_EQ(bound(gemmini(), pool_network(64, 3)), "row_width");
  EXPECT_EQ(bound(gemmini(), sum_network()), "row_width");
  EXPECT_EQ(explained(gemmini(), sum_network()).total.bound, "row_width");
  EXPECT_EQ(bound(gemmini({"dram.latency_cycles=2"}), pool_network(16, 5)), "latency");
}

// A product of one row: its weights take longer to come than to be used.
TEST(Explain, AnArrayThatWaitsIsNotBoundByCompute) {
  const Explained layer =
      explained(gemmini(), test::conv_network({1, 1, 1, 512}, 1, 256)).layers.front();
  EXPECT_LT(layer.busy, 0.1);
  EXPECT_GT(layer.useful, 0.9);
  EXPECT_EQ(layer.bound, "array_size");
}

TEST(Explain, TheZerosOfADepthwiseFoldAreNoUsefulWork) {
  const Network digits =
      load_workload(kFolder + "/workloads/digits_cnn/digits_cnn.yaml", {true, {}});
  const Explanation all = explained(gemmini(), digits);
  for (const Explained& layer : all.layers) {
    if (layer.name == "dw3") {
      EXPECT_LE(layer.useful, 1.0 / 16) << "one PE of each of 16 columns";
      EXPECT_GT(layer.useful, 0);
    }
  }
}

TEST(Explain, WhatCannotBeDoubledIsLeftOut) {
  for (const Doubling& doubling : doublings(described(gemmini()))) {
    EXPECT_NE(doubling.bound, "requant") << "16 lanes are all of an accumulator row";
    EXPECT_THAT(doubling.keys, testing::Not(IsEmpty())) << doubling.resource;
  }
}

// Which the machine's file may ask for, and which need the data that explain has none of.
TEST(Explain, EnergiesThatFollowValuesDoNotMatter) {
  const Network network = test::conv_network({1, 14, 14, 32}, 3, 17);
  const Explanation plain = explained(gemmini(), network);
  for (bool EnergyConfig::*const follows_values :
       {&EnergyConfig::zero_gating, &EnergyConfig::switching_activity}) {
    AcceleratorConfig config = gemmini();
    config.energy.*follows_values = true;
    EXPECT_THROW(separately_run(config, network), Refusal);
    EXPECT_EQ(explain_json(explained(config, network)), explain_json(plain));
  }
}

TEST(Explain, TheJsonHasEveryFigure) {
  const Explanation all = explained(gemmini(), test::conv_network({1, 14, 14, 32}, 3, 17));
  const auto json = explain_json(all);
  EXPECT_EQ(json["total"]["cycles"], all.total.cycles);
  EXPECT_EQ(json["layers"][0]["twice"].size(), all.doublings.size());
  EXPECT_EQ(json["cliffs"][0]["cycles_without"], all.cliffs.front().cycles_without);
  EXPECT_EQ(json["resources"][0]["set"][0], all.doublings.front().keys.front());
}

}  // namespace
}  // namespace systole
