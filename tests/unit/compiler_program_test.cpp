#include <gtest/gtest.h>

#include <stdexcept>

#include "sim/program/hazards.hpp"
#include "sim/program/inspect.hpp"

namespace systole {
namespace {

AcceleratorConfig machine() {
  AcceleratorConfig config;  // 16 x 16, 256 KiB unified, 64 KiB of accumulators
  config.name = "test";
  return config;
}

LocalShape shape() { return local_shape(machine()); }

LoadCommand load_of_three_blocks() {
  LoadCommand load;
  load.dram_address = 0x40;
  load.dram_pitch = 40;
  load.rows = 4;
  load.row_bytes = 40;
  load.destination = {LocalMemory::Scratchpad, 100};
  load.block_pitch = 10;
  return load;
}

StoreCommand store_of(std::uint32_t elements, std::uint32_t block_pitch) {
  StoreCommand store;
  store.source = {LocalMemory::Accumulators, 8};
  store.rows = 4;
  store.elements = elements;
  store.block_pitch = block_pitch;
  store.table_row = 2;
  store.dram_pitch = 64;
  return store;
}

TEST(Hazards, LoadWritesTheSpanOfItsBlocks) {
  const RowRange written = writes({load_of_three_blocks()}, shape());
  EXPECT_EQ(written.memory, LocalMemory::Scratchpad);
  EXPECT_EQ(written.first, 100U);
  EXPECT_EQ(written.rows, 24U);
  EXPECT_EQ(reads({load_of_three_blocks()}, shape()).size(), 0U);
}

TEST(Hazards, StoreReadsEachBlockAndItsConstants) {
  const HazardRanges read = reads({store_of(40, 100)}, shape());
  ASSERT_EQ(read.size(), 4U);
  EXPECT_EQ(read.begin()[1].first, 108U);
  EXPECT_EQ(read.begin()[1].rows, 4U);
  EXPECT_EQ(read.begin()[3].memory, LocalMemory::RequantTable);
  EXPECT_EQ(read.begin()[3].first, 2U);
  EXPECT_EQ(read.begin()[3].rows, 3U);
}

TEST(Hazards, NeighbouringBlocksOfAStoreAreOneRange) {
  const HazardRanges read = reads({store_of(64, 4)}, shape());
  ASSERT_EQ(read.size(), 2U);
  EXPECT_EQ(read.begin()->rows, 16U);
}

TEST(Hazards, MoreBlocksThanRangesAreOneSpan) {
  AcceleratorConfig config = machine();
  config.dma.max_blocks = 8;
  const HazardRanges read = reads({store_of(96, 100)}, local_shape(config));
  ASSERT_EQ(read.size(), 2U);
  EXPECT_EQ(read.begin()->rows, 504U);
}

TEST(Hazards, PreloadReadsItsAccumulatorsOnlyToAddToThem) {
  PreloadCommand preload;
  preload.weights = {LocalMemory::Scratchpad, 500};
  preload.k = 9;
  preload.n = 16;
  preload.acc_row = 32;
  preload.acc_rows = 16;
  ASSERT_EQ(reads({preload}, shape()).size(), 1U);
  EXPECT_EQ(reads({preload}, shape()).begin()->rows, 9U);
  EXPECT_EQ(writes({preload}, shape()).rows, 16U);
  preload.accumulate = true;
  EXPECT_EQ(reads({preload}, shape()).size(), 2U);
  preload.new_weights = false;
  EXPECT_EQ(reads({preload}, shape()).size(), 1U);
}

TEST(Hazards, ComputeReadsFromItsFirstToItsLastVector) {
  ComputeCommand compute;
  compute.ifmap_row = 7;
  compute.count_h = 2;
  compute.count_w = 3;
  compute.pitch_h = 20;
  compute.pitch_w = 2;
  compute.k = 16;
  EXPECT_EQ(reads({compute}, shape()).begin()->rows, 25U);
}

TEST(Program, DescriptionSaysWhatMovesWhere) {
  EXPECT_EQ(describe({load_of_three_blocks()}),
            "load    ifmap 4 x 40 B from 0x40 step 40 to scratchpad[100] block step 10");
  EXPECT_EQ(describe({store_of(40, 100)}),
            "store   4 x 40 from accumulators[8] block step 100, table 2, to 0x0 step 64");
}

TEST(Program, ValidationFindsACommandThatLeavesItsMemory) {
  LoadCommand load = load_of_three_blocks();
  load.destination.row = 16384 - 23;
  try {
    validate({{}, {{load}}}, machine());
    FAIL() << "accepted";
  } catch (const std::logic_error& error) {
    EXPECT_STREQ(error.what(),
                 "command 0 (load    ifmap 4 x 40 B from 0x40 step 40 to scratchpad[16361] block "
                 "step 10): leaves its memory");
  }
  load.destination.row -= 1;
  EXPECT_NO_THROW(validate({{}, {{load}}}, machine()));
}

TEST(Program, ValidationWantsAComputeBehindEachPreload) {
  PreloadCommand preload;
  preload.weights = {LocalMemory::Scratchpad, 0};
  preload.k = preload.n = 16;
  preload.acc_rows = 4;
  ComputeCommand compute;
  compute.count_w = 4;
  compute.k = 16;
  EXPECT_NO_THROW(validate({{}, {{preload}, {compute}}}, machine()));
  EXPECT_THROW(validate({{}, {{preload}}}, machine()), std::logic_error);
  EXPECT_THROW(validate({{}, {{compute}}}, machine()), std::logic_error);
  compute.count_w = 5;
  EXPECT_THROW(validate({{}, {{preload}, {compute}}}, machine()), std::logic_error);
}

TEST(Program, ValidationKeepsTransfersWithinTheDmaLimits) {
  LoadCommand load = load_of_three_blocks();
  load.rows = 17;
  EXPECT_THROW(validate({{}, {{load}}}, machine()), std::logic_error);
  load.rows = 16;
  load.row_bytes = 65;
  EXPECT_THROW(validate({{}, {{load}}}, machine()), std::logic_error);
}

}  // namespace
}  // namespace systole
