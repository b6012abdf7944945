#include <map>

#include "sim/config/accelerator_file.hpp"
#include "sim/run/simulation.hpp"
#include "tests/support/layer_chains.hpp"
#include "tests/support/machine_laws.hpp"
#include "tests/support/sim_test.hpp"

namespace systole {
namespace {

using test::ChainBuilder;

class NetworkRuns : private test::FreshKernel, public ::testing::Test {};

/// The digits network on a shipped machine.
class ShippedMachine : private test::FreshKernel, public ::testing::TestWithParam<std::string> {};

// A layer whose cycles differ between two inferences ends the run with an exception.
TEST_P(ShippedMachine, RunsThreeDigitsByTheLaws) {
  const std::string path = SYSTOLE_SOURCE_DIR "/workloads/digits_cnn/digits_cnn.yaml";
  const AcceleratorConfig config =
      load_accelerator(std::string{SYSTOLE_SOURCE_DIR "/configs/"} + GetParam() + ".yaml");
  const Network network = load_workload(path);
  LabelledInputs inputs = load_inputs(path, network);
  inputs.images->resize(3 * static_cast<std::size_t>(network.tensor(network.inputs[0]).elements()));
  inputs.labels.resize(3);
  const SimulationOutcome run = simulate(config, network, inputs, {});
  EXPECT_EQ(run.result.inferences, 3U);
  EXPECT_EQ(test::broken_laws(config, network, run), "");
}

INSTANTIATE_TEST_SUITE_P(Shipped, ShippedMachine,
                         ::testing::Values("tiny_4x4", "gemmini_16x16", "edge_32x32"));

// Without padding, biases and constants per channel every byte that the DRAM gives is written
// once, to a scratchpad, and every sum is stored once.
TEST_F(NetworkRuns, WhatTheDramGivesIsWhatLocalMemoriesTake) {
  const Network network = ChainBuilder{{9, 30}}.fully_connected("only", 13, false).build();
  const AcceleratorConfig config = test::small_machine();
  const SimulationOutcome run = simulate(config, network, {}, {});
  ASSERT_EQ(test::broken_laws(config, network, run), "");
  const LayerResult& layer = run.result.layers[0];
  const EventCounts& events = layer.events;
  EXPECT_EQ(events[Event::ScratchpadWriteBits],
            8 * (events[Event::DramReadIfmapBytes] + events[Event::DramReadWeightBytes]));
  EXPECT_EQ(events[Event::DramReadBiasBytes] + events[Event::DramReadRequantBytes], 0U);
  EXPECT_EQ(events[Event::RequantShift], 9U * 13U);
  EXPECT_EQ(events[Event::DramWriteBytes], 9U * 13U);
  EXPECT_EQ(events[Event::Mac], 9U * 13U * 30U);
  const std::uint64_t vectors = (events[Event::Mac] + events[Event::MacPadding]) / 16;
  EXPECT_EQ(events[Event::AccumulatorWriteBits], vectors * 4 * 32);
  // Every sum but the first of its row adds; stores read each row once.
  const std::uint64_t stored_rows = 9 * 4;
  EXPECT_EQ(events[Event::AccumulatorAdd], (vectors - stored_rows) * 4);
  EXPECT_EQ(events[Event::AccumulatorReadBits], vectors * 4 * 32);
}

TEST_F(NetworkRuns, ProgressCountsTheLayersThatRun) {
  const Network network = ChainBuilder{{4, 8}}
                              .fully_connected("first", 8, false)
                              .fully_connected("second", 8, false)
                              .fully_connected("third", 8, false)
                              .fully_connected("fourth", 8, false)
                              .build();
  std::map<std::string, std::pair<std::size_t, std::size_t>> seen;
  SimulationOptions options;
  options.layers = {"second", "fourth"};
  options.on_progress = [&](const ProgressState& state) {
    seen[state.layer_name] = {state.layer, state.layers};
  };
  simulate(test::small_machine(), network, {}, options);
  using Seen = decltype(seen);
  EXPECT_EQ(seen, (Seen{{"second", {0, 2}}, {"fourth", {1, 2}}}));
}

// A store may hold the bus for longer than the memory takes to acknowledge it. The next layer
// must not be slower for it.
TEST_F(NetworkRuns, ALongLastBurstDoesNotReachIntoTheNextInference) {
  AcceleratorConfig config = test::small_machine();
  config.dma.bus_bytes = 1;
  config.dma.max_burst_bytes = 4096;
  config.dram.bytes_per_cycle = 1;
  config.dram.latency_cycles = 2;
  config.dma.max_blocks = 1024;
  config.accumulators = {64, 2};
  config.scratchpad.activation = {256, 2};
  Network network = ChainBuilder{{1, 4}}
                        .fully_connected("small", 4, false)
                        .fully_connected("wide", 2049, false)
                        .build();
  LabelledInputs inputs;
  inputs.image_shape = {4};
  inputs.images = TensorData{1, 2, 3, 4, 5, 6, 7, 8};
  const SimulationOutcome run = simulate(config, network, inputs, {});
  EXPECT_EQ(run.result.inferences, 2U);
  EXPECT_EQ(test::broken_laws(config, network, run), "");
}

TEST(Network, ABatchIsOneInferenceOfSeveralImages) {
  const Network network = ChainBuilder{{2, 4}}.fully_connected("fc", 4, false).build();
  LabelledInputs inputs;
  inputs.image_shape = {4};
  inputs.images = TensorData{1, 2, 3, 4, 5, 6, 7, 8};
  SimulationOptions options;
  options.engine = EngineKind::Fast;
  const SimulationOutcome run = simulate(test::small_machine(), network, inputs, options);
  EXPECT_EQ(run.result.inferences, 1U);
  EXPECT_EQ(run.result.images, 2U);
}

}  // namespace
}  // namespace systole
