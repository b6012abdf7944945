#include <gtest/gtest.h>

#include <utility>

#include "sim/program/fold_timing.hpp"

namespace systole {
namespace {

/// 4 x 3 PEs of four products each; rows of the scratchpad hold 16 lanes.
ArrayConfig array_of(Dataflow dataflow, std::uint32_t gather_rows) {
  ArrayConfig array;
  array.rows = 4;
  array.cols = 3;
  array.pe = PeKind::Composable;
  array.dataflow = dataflow;
  array.gather_rows = gather_rows;
  return array;
}

/// Three taps of five channels, of `pixels` pixels.
ComputeCommand taps_of_five(std::uint32_t pixels) {
  ComputeCommand compute;
  compute.count_w = pixels;
  compute.pitch_w = 1;
  compute.k = 15;
  compute.products.channels = 5;
  compute.products.kernel_w = 3;
  compute.products.tap_pitch_w = 1;
  compute.products_per_pe = 4;
  return compute;
}

PreloadCommand preload_of(const ComputeCommand& compute, std::uint32_t n) {
  PreloadCommand preload;
  preload.k = compute.k;
  preload.n = n;
  preload.acc_rows = compute.rows();
  preload.products_per_pe = compute.products_per_pe;
  preload.weight_rows_of_parts = pe_rows(ifmap_parts(compute, 4), compute.products_per_pe);
  return preload;
}

TEST(ComposableFolds, EveryTapStartsWithAPeOfItsOwn) {
  const ComputeCommand compute = taps_of_five(3);
  const IfmapParts parts = ifmap_parts(compute, 4);
  ASSERT_EQ(parts.size(), 3U);
  EXPECT_EQ(parts[2].row, 2U);
  EXPECT_EQ(parts[2].count, 5U);
  EXPECT_EQ(pe_rows(parts, 4), 6U) << "two for each tap, not 15 / 4";
  EXPECT_EQ(pe_rows(parts, 1), 15U);
  EXPECT_EQ(preload_of(compute, 3).weight_rows(), 6U);
}

// Each part streams two columns of products and is read, a pixel a cycle, in three cycles.
TEST(ComposableFolds, OutputStationaryAPartStreamsAPesWorthOfProductsACycle) {
  ArrayConfig array = array_of(Dataflow::OutputStationary, 1);
  array.overlap = Overlap::None;
  const ComputeCommand compute = taps_of_five(3);
  FoldSteps steps = fold_steps(array, preload_of(compute, 3), compute);
  EXPECT_EQ(steps.load, 3U);
  EXPECT_EQ(steps.busy, 3U + 3 + 2);
  array.gather_rows = 3;
  steps = fold_steps(array, preload_of(compute, 3), compute);
  EXPECT_EQ(steps.load, 1U);
  EXPECT_EQ(steps.busy, 6U);
}

// Six rows of weights go into the transposer, beside three pixels; then four rows of pixels shift.
TEST(ComposableFolds, InputStationaryARowOfWeightsHasAPesWorthOfProducts) {
  ComputeCommand compute = taps_of_five(3);
  for (const auto& [gather_rows, reads] : {std::pair{1U, 6U}, {4U, 3U}}) {
    const ArrayConfig array = array_of(Dataflow::InputStationary, gather_rows);
    EXPECT_EQ(fold_steps(array, preload_of(compute, 3), compute).load, reads + 4) << gather_rows;
  }
}

}  // namespace
}  // namespace systole
