#include "sim/program/footprint.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <random>
#include <vector>

#include "sim/config/accelerator_config.hpp"

namespace systole {
namespace {

bool overlap(const HazardRanges& ranges, const RowRange& with) {
  return std::any_of(ranges.begin(), ranges.end(),
                     [&](const RowRange& range) { return range.overlaps(with); });
}

/// Loads, fills, folds, stores and sums of a few rows, all over the memories.
class RandomCommands {
 public:
  explicit RandomCommands(const AcceleratorConfig& config) : config_{config} {}

  std::vector<Command> some(std::size_t count) {
    std::vector<Command> commands;
    for (std::size_t i = 0; i < count; ++i) {
      commands.push_back(any());
    }
    return commands;
  }

 private:
  static constexpr std::uint32_t kRows = 40;  // at most, in all blocks
  static constexpr std::uint32_t kKinds = 6;

  std::uint32_t below(std::uint32_t end) {
    return std::uniform_int_distribution<std::uint32_t>{0, end - 1}(random_);
  }
  /// A row with room behind it; often near the start, so that commands meet.
  std::uint32_t row(LocalMemory memory) {
    const std::uint32_t rows = local_rows(config_, memory);
    return below(below(2) == 0 ? 3 * kRows : rows - kRows);
  }

  Command any() {
    const std::uint32_t rows = 1 + below(kRows / 4);
    switch (below(kKinds)) {
      case 0: {
        LoadCommand load;
        load.destination.memory =
            below(2) == 0 ? LocalMemory::Scratchpad : LocalMemory::Accumulators;
        load.destination.row = row(load.destination.memory);
        load.rows = rows;
        load.row_bytes = config_.array.cols;
        return {load};
      }
      case 1: {
        FillCommand fill;
        fill.destination.row = row(LocalMemory::Scratchpad);
        fill.rows = rows;
        fill.elements = 1;
        fill.beside_data = below(2) == 0;
        return {fill};
      }
      case 2: {
        PreloadCommand preload;
        preload.new_weights = below(2) == 0;
        preload.weights = {weight_memory(config_), row(weight_memory(config_))};
        preload.k = preload.n = 1 + below(config_.array.cols);
        preload.acc_row = row(LocalMemory::Accumulators);
        preload.acc_rows = rows;
        preload.accumulate = below(2) == 0;
        return {preload};
      }
      case 3: {
        ComputeCommand compute;
        compute.ifmap_row = row(LocalMemory::Scratchpad);
        compute.count_w = rows;
        compute.pitch_w = 1;
        compute.k = 1;
        return {compute};
      }
      case 4: {
        StoreCommand store;
        store.source = {LocalMemory::Accumulators, row(LocalMemory::Accumulators)};
        store.rows = rows;
        store.elements = 2 * config_.array.cols;
        store.block_pitch = kRows / 2;
        return {store};
      }
      default: {
        AddCommand add;
        add.input_row = {row(LocalMemory::Scratchpad), row(LocalMemory::Scratchpad)};
        add.output_row = row(LocalMemory::Scratchpad);
        add.rows = rows;
        return {add};
      }
    }
  }

  const AcceleratorConfig& config_;
  std::mt19937 random_{1};
};

TEST(Footprint, CommandsOfTwoUnitsConflictExactlyIfTheirRowsDo) {
  const AcceleratorConfig config;
  const LocalShape shape = local_shape(config);
  const Footprints footprints{shape};
  const std::vector<Command> commands = RandomCommands{config}.some(300);
  std::size_t conflicts = 0;
  for (const Command& older : commands) {
    for (const Command& younger : commands) {
      const bool overtakes = unit_of(older) == CommandUnit::Load && pads(older) != pads(younger);
      const RowRange written = writes(older, shape);
      const bool expected =
          (unit_of(older) != unit_of(younger) || overtakes) &&
          (overlap(reads(younger, shape), written) || written.overlaps(writes(younger, shape)) ||
           overlap(reads(older, shape), writes(younger, shape)));
      EXPECT_EQ(conflict(footprints.of(older), footprints.of(younger)), expected);
      conflicts += expected ? 1 : 0;
    }
  }
  EXPECT_GT(conflicts, 100U);
}

TEST(Footprint, RegionsOfCommandsFarApartDoNotMeet) {
  const AcceleratorConfig config;
  const Footprints footprints{local_shape(config)};
  LoadCommand load;
  load.rows = 1;
  load.row_bytes = 1;
  const Footprint first = footprints.of({load});
  load.destination.row = local_rows(config, LocalMemory::Scratchpad) - 1;
  const Footprint last = footprints.of({load});
  EXPECT_FALSE(first.regions.meet(last.regions));
  EXPECT_TRUE(first.regions.meet(first.regions));
}

}  // namespace
}  // namespace systole
