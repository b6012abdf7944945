#include "sim/engine/systemc_engine.hpp"
#include "tests/timing/bench.hpp"

namespace systole {
namespace {

constexpr std::uint32_t kVectors = 20;
constexpr std::uint32_t kFolds = 5;

/// Banks enough that vectors and weights never meet.
AcceleratorConfig machine_of(std::uint32_t rows, std::uint32_t cols, Overlap overlap) {
  AcceleratorConfig config;
  config.array.rows = rows;
  config.array.cols = cols;
  config.array.overlap = overlap;
  config.array.max_compute_rows = kVectors;
  config.scratchpad.organization = ScratchpadOrganization::Split;
  return config;
}

/// Folds of kVectors vectors each, with all their operands in the scratchpads already.
LayerProgram folds_of(std::uint32_t rows, std::uint32_t cols) {
  LayerProgram program;
  for (std::uint32_t i = 0; i < kFolds; ++i) {
    PreloadCommand preload;
    preload.weights = {LocalMemory::WeightScratchpad, 0};
    preload.k = rows;
    preload.n = cols;
    preload.acc_row = i * kVectors;
    preload.acc_rows = kVectors;
    ComputeCommand compute;
    compute.count_w = kVectors;
    compute.pitch_w = 1;
    compute.k = rows;
    program.commands.push_back({preload});
    program.commands.push_back({compute});
  }
  return program;
}

LayerMeasurement run_folds(std::uint32_t rows, std::uint32_t cols, Overlap overlap) {
  SystemcEngine engine{machine_of(rows, cols, overlap), {}};
  return engine.run(folds_of(rows, cols));
}

/// The same of products: `rows` pixels with kVectors products each, `rows` of them in a
/// scratchpad row.
LayerMeasurement run_output_stationary(AcceleratorConfig config) {
  const std::uint32_t rows = config.array.rows;
  LayerProgram program;
  for (std::uint32_t i = 0; i < kFolds; ++i) {
    PreloadCommand preload;
    preload.weights = {LocalMemory::WeightScratchpad, 0};
    preload.k = kVectors;
    preload.n = config.array.cols;
    preload.acc_row = i * rows;
    preload.acc_rows = rows;
    ComputeCommand compute;
    compute.count_w = rows;
    compute.pitch_w = 1;
    compute.k = kVectors;
    compute.products.channels = kVectors;
    compute.products.slice_pitch = rows;
    program.commands.push_back({preload});
    program.commands.push_back({compute});
  }
  config.array.dataflow = Dataflow::OutputStationary;
  return SystemcEngine{config, {}}.run(program);
}

/// The same of output channels: `cols` pixels, with kVectors channels streaming past them.
LayerMeasurement run_input_stationary(AcceleratorConfig config) {
  const std::uint32_t rows = config.array.rows;
  const std::uint32_t cols = config.array.cols;
  LayerProgram program;
  for (std::uint32_t i = 0; i < kFolds; ++i) {
    PreloadCommand preload;
    preload.weights = {LocalMemory::WeightScratchpad, 0};
    preload.weights_pitch = rows;
    preload.k = rows;
    preload.n = kVectors;
    preload.acc_rows = cols;
    preload.acc_pitch = cols;
    ComputeCommand compute;
    compute.count_w = cols;
    compute.pitch_w = 1;
    compute.k = rows;
    program.commands.push_back({preload});
    program.commands.push_back({compute});
  }
  config.array.dataflow = Dataflow::InputStationary;
  return SystemcEngine{config, {}}.run(program);
}

class FoldTiming : private test::FreshKernel, public ::testing::Test {};

// SCALE-Sim's accounting: R cycles of weights, then T vectors through R + C - 1 registers.
TEST_F(FoldTiming, WithoutOverlapAFoldTakesVectorsPlusTwiceTheRowsPlusColsMinusTwo) {
  const LayerMeasurement layer = run_folds(8, 8, Overlap::None);
  EXPECT_EQ(layer.compute_cycles, kFolds * (kVectors + 2 * 8 + 8 - 2));
  EXPECT_EQ(layer.events[Event::Folds], kFolds);
}

TEST_F(FoldTiming, WithoutOverlapATallArrayTakesItsRowsTwice) {
  EXPECT_EQ(run_folds(16, 3, Overlap::None).compute_cycles, kFolds * (kVectors + 2 * 16 + 3 - 2));
}

TEST_F(FoldTiming, WithoutOverlapAWideArrayTakesItsColumnsOnce) {
  EXPECT_EQ(run_folds(3, 16, Overlap::None).compute_cycles, kFolds * (kVectors + 2 * 3 + 16 - 2));
}

TEST_F(FoldTiming, WithOverlapFoldsStreamBackToBack) {
  EXPECT_EQ(run_folds(8, 8, Overlap::Full).compute_cycles, 8 + kFolds * kVectors + 8 + 8 - 2);
}

TEST_F(FoldTiming, WithOverlapFoldsShorterThanTheArrayAreAsLongAsItsRows) {
  EXPECT_EQ(run_folds(32, 4, Overlap::Full).compute_cycles,
            32 + (kFolds - 1) * 32 + kVectors + 32 + 4 - 2);
}

TEST_F(FoldTiming, OutputStationaryAFoldTakesProductsPlusRowsPlusColsMinusTwoAndItsDrain) {
  const LayerMeasurement layer = run_output_stationary(machine_of(8, 5, Overlap::None));
  EXPECT_EQ(layer.compute_cycles, kFolds * (kVectors + 8 + 5 - 2 + 8));
  EXPECT_EQ(layer.events[Event::Folds], kFolds);
}

TEST_F(FoldTiming, OutputStationaryWithoutDrainAFoldTakesProductsPlusRowsPlusColsMinusTwo) {
  AcceleratorConfig config = machine_of(5, 9, Overlap::None);
  config.array.os_drain = false;
  EXPECT_EQ(run_output_stationary(config).compute_cycles, kFolds * (kVectors + 5 + 9 - 2));
}

// 20 products in slices of 8, 8 and 4: the last slice's products do not hide the next fold's read.
TEST_F(FoldTiming, OutputStationaryWithOverlapATransposerOfOneRowACycleHoldsShortSlices) {
  const LayerMeasurement layer = run_output_stationary(machine_of(8, 8, Overlap::Full));
  EXPECT_EQ(layer.compute_cycles, kFolds * (kVectors + 4) - 4 + 8 + 8 - 2 + 8);
}

// The read of a fold takes one cycle: the second fold's commands come that much too late to have
// theirs under the first one's products, and it shows.
TEST_F(FoldTiming, OutputStationaryWithOverlapAndAWideTransposerProductsStreamBackToBack) {
  AcceleratorConfig config = machine_of(8, 8, Overlap::Full);
  config.array.gather_rows = 8;
  EXPECT_EQ(run_output_stationary(config).compute_cycles, 1 + kFolds * kVectors + 8 + 8 - 2 + 8);
}

TEST_F(FoldTiming, OutputStationaryWithOverlapFoldsShorterThanTheirDrainAreAsLongAsIt) {
  AcceleratorConfig config = machine_of(32, 4, Overlap::Full);
  config.array.gather_rows = 32;
  EXPECT_EQ(run_output_stationary(config).compute_cycles,
            kVectors + 1 + (kFolds - 1) * 32 + 32 + 4 - 2 + 32);
}

TEST_F(FoldTiming, InputStationaryAFoldTakesChannelsPlusTwiceTheRowsPlusColsMinusTwo) {
  const LayerMeasurement layer = run_input_stationary(machine_of(5, 8, Overlap::None));
  EXPECT_EQ(layer.compute_cycles, kFolds * (kVectors + 2 * 5 + 8 - 2));
  EXPECT_EQ(layer.events[Event::Folds], kFolds);
}

// Two blocks of 8 channels and one of 4; of 12 rows each, that one row a cycle brings.
TEST_F(FoldTiming, InputStationaryATallBlockOfWeightsHoldsTheChannelsBeforeIt) {
  EXPECT_EQ(run_input_stationary(machine_of(12, 8, Overlap::None)).compute_cycles,
            kFolds * (2 * 12 + 4 + 2 * 12 + 8 - 2));
}

TEST_F(FoldTiming, InputStationaryAWideTransposerHoldsNothing) {
  AcceleratorConfig config = machine_of(12, 8, Overlap::None);
  config.array.gather_rows = 12;
  EXPECT_EQ(run_input_stationary(config).compute_cycles, kFolds * (kVectors + 2 * 12 + 8 - 2));
}

}  // namespace
}  // namespace systole
