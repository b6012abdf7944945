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

}  // namespace
}  // namespace systole
