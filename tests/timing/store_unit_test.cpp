#include "models/dma/store_unit.hpp"

#include <deque>

#include "sim/blocks/block_configs.hpp"
#include "tests/timing/bench.hpp"
#include "tests/timing/plain_store.hpp"
#include "tests/timing/scripted_memory.hpp"

namespace systole {
namespace {

using test::Cycles;
using test::Drain;
using test::Feed;
using test::Neighbour;

/// Rows of 16 elements; beats of 16 bytes in bursts of up to 64.
AcceleratorConfig rows_of_16() {
  AcceleratorConfig config;
  config.array.rows = 16;
  config.array.cols = 16;
  return config;
}

/// Accumulators and requantization unit in one, and the scratchpad: blocks come back in the cycle
/// after the request.
struct Bench {
  Bench(const Clock& clock, const AcceleratorConfig& config)
      : unit{"unit", clock, store_unit_config(config), upstream, measurements},
        memory{"memory", clock},
        commands{"commands", clock, unit.commands},
        psums{"psums", clock, unit.accumulator_read, unit.ofmap},
        scratchpad{"scratchpad", clock, unit.scratchpad_read, unit.scratchpad_data},
        kept{"kept", clock, unit.scratchpad_write, 2} {
    unit.dram.socket.bind(memory.socket);
    unit.configure({});
    psums.answer = [](const AccumulatorRead& read, OfmapBlock& block) {
      block.elements = PsumRow(read.lanes, static_cast<std::int32_t>(read.row));
      return true;
    };
    scratchpad.answer = [](const RowRead& read, RowData& data) {
      data.bytes = ByteRow(16, static_cast<std::uint8_t>(read.row));
      return true;
    };
  }
  void store(std::uint64_t cycle, LocalMemory from, std::uint64_t address, std::uint32_t rows,
             std::uint32_t elements) {
    bodies.push_back({test::plain_store(from, address, rows, elements)});
    commands.at(cycle, {&bodies.back(), static_cast<std::uint32_t>(bodies.size())});
  }

  Measurements measurements;
  Wire<Cause> upstream{Cause::Idle};
  StoreUnit unit;
  test::ScriptedMemory memory;
  Feed<IssuedCommand> commands;
  Neighbour<AccumulatorRead, OfmapBlock> psums;
  Neighbour<RowRead, RowData> scratchpad;
  Drain<LocalWrite> kept;
  std::deque<Command> bodies;
};

class StoreUnitTiming : public test::SimTest {};

// A command pushed in 5 is taken and asks in 6; the block is seen in 7, back in 8, written in 9.
TEST_F(StoreUnitTiming, ARowIsWrittenInTheCycleAfterItsLastBlockIsTaken) {
  Bench bench{clock, rows_of_16()};
  bench.store(5, LocalMemory::Accumulators, 64, 1, 16);
  run(60);
  EXPECT_EQ(bench.psums.cycles(), Cycles{6});
  EXPECT_EQ(bench.memory.cycles(), Cycles{9});
  EXPECT_EQ(bench.memory.written.at(79), 1U);
}

// Blocks asked for in 6 to 9 are back in 8 to 11, and go on in the same cycle.
TEST_F(StoreUnitTiming, WhatStaysGoesToTheScratchpadBlockByBlockWithoutTheDram) {
  Bench bench{clock, rows_of_16()};
  bench.store(5, LocalMemory::Accumulators, 0, 2, 24);
  auto& store = std::get<StoreCommand>(bench.bodies.back().body);
  store.keep = true;
  store.to_dram = false;
  store.kept_row = 100;
  store.kept_pitch = 50;
  run(60);
  EXPECT_EQ(bench.kept.cycles(), test::every(1, 8, 4));
  ASSERT_EQ(bench.kept.got.size(), 4U);
  std::vector<std::pair<std::uint32_t, std::size_t>> rows;
  for (const auto& write : bench.kept.got) {
    rows.emplace_back(write.item.to.row, write.item.bytes.size());
  }
  EXPECT_EQ(rows, (std::vector<std::pair<std::uint32_t, std::size_t>>{
                      {100, 16}, {150, 8}, {101, 16}, {151, 8}}));
  EXPECT_TRUE(bench.memory.requests.empty());
  EXPECT_FALSE(bench.unit.busy());
}

TEST_F(StoreUnitTiming, WhatIsNeededInBothPlacesGoesToBoth) {
  Bench bench{clock, rows_of_16()};
  bench.store(5, LocalMemory::Accumulators, 64, 1, 16);
  auto& store = std::get<StoreCommand>(bench.bodies.back().body);
  store.keep = true;
  store.kept_row = 7;
  run(60);
  EXPECT_EQ(bench.kept.cycles(), Cycles{8});
  EXPECT_EQ(bench.memory.cycles(), Cycles{9});
}

TEST_F(StoreUnitTiming, RowsOfOneBeatAreWrittenOneACycle) {
  Bench bench{clock, rows_of_16()};
  bench.store(5, LocalMemory::Accumulators, 0, 6, 16);
  run(60);
  EXPECT_EQ(bench.psums.cycles(), test::every(1, 6, 6));
  EXPECT_EQ(bench.memory.cycles(), test::every(1, 9, 6));
}

TEST_F(StoreUnitTiming, BlocksOfARowAreAskedForBesideEachOtherAndWrittenTogether) {
  Bench bench{clock, rows_of_16()};
  bench.store(5, LocalMemory::Accumulators, 0, 2, 40);
  run(60);
  std::vector<std::uint32_t> rows;
  for (const auto& read : bench.psums.got) {
    rows.push_back(read.item.row);
  }
  EXPECT_EQ(rows, (std::vector<std::uint32_t>{1, 3, 5, 2, 4, 6}));
  EXPECT_EQ(bench.psums.got[2].item.lanes, 8U);
  EXPECT_EQ(bench.psums.cycles(), test::every(1, 6, 6));
  // Blocks taken in 8, 9, 10, four beats formed from 11 to 14; taken in 14, 15, 16, formed to 20.
  EXPECT_EQ(bench.memory.bursts_begun, (Cycles{11, 17}));
  EXPECT_EQ(bench.memory.cycles(), (Cycles{14, 20}));
  EXPECT_EQ(bench.memory.requests[0].bytes, 64U);  // the whole block, of which 40 are enabled
  EXPECT_EQ(bench.memory.written.size(), 40U + 40U);
  EXPECT_EQ(bench.memory.written.at(39), 5U);
}

TEST_F(StoreUnitTiming, EveryBeatOfABurstsBlockTakesACycle) {
  AcceleratorConfig config = rows_of_16();
  config.dma.bus_bytes = 4;
  config.dma.max_burst_bytes = 16;
  Bench bench{clock, config};
  bench.store(5, LocalMemory::Accumulators, 0, 3, 16);
  run(60);
  EXPECT_EQ(bench.memory.cycles(), test::every(4, 12, 3));
}

TEST_F(StoreUnitTiming, AnUnalignedRowIsWrittenInAlignedBlocks) {
  Bench bench{clock, rows_of_16()};
  bench.store(5, LocalMemory::Accumulators, 40, 1, 48);
  run(60);
  ASSERT_EQ(bench.memory.requests.size(), 2U);
  EXPECT_EQ(bench.memory.requests[0].address, 32U);
  EXPECT_EQ(bench.memory.requests[0].bytes, 32U);
  EXPECT_EQ(bench.memory.requests[1].address, 64U);
  EXPECT_EQ(bench.memory.requests[1].bytes, 32U);
  EXPECT_EQ(bench.memory.written.size(), 48U);
  EXPECT_EQ(bench.memory.written.begin()->first, 40U);
  EXPECT_EQ(bench.memory.cycles(), (Cycles{12, 14}));  // formed in 11 and 12, 13 and 14
}

TEST_F(StoreUnitTiming, AsksForNoMoreBlocksThanThePipelineHolds) {
  Bench bench{clock, rows_of_16()};
  bench.psums.answer = [](const AccumulatorRead&, OfmapBlock&) { return false; };
  bench.store(5, LocalMemory::Accumulators, 0, 30, 16);
  run(60);
  EXPECT_EQ(bench.psums.cycles(), test::every(1, 6, kBlocksInFlight));
}

TEST_F(StoreUnitTiming, ABurstHoldsItsSlotUntilReleaseLatencyAfterItsAcknowledgement) {
  AcceleratorConfig config = rows_of_16();
  config.dma.max_outstanding_writes = 1;
  config.dma.release_latency = 3;
  Bench bench{clock, config};
  bench.store(5, LocalMemory::Accumulators, 0, 3, 16);
  run(100);
  EXPECT_EQ(bench.memory.cycles(), test::every(20 + 3, 9, 3));
}

// Gemmini's StreamWriter looks for a free slot for every beat.
TEST_F(StoreUnitTiming, ABurstGoesOnOnlyWhileAnotherSlotIsFree) {
  AcceleratorConfig config = rows_of_16();
  config.dma.max_outstanding_writes = 2;
  Bench bench{clock, config};
  bench.store(5, LocalMemory::Accumulators, 0, 2, 32);
  run(100);
  // Two beats in 10 and 11, acknowledged in 31, its slot free in 32. The second burst takes the
  // other slot in 13 and forms its second beat in 32.
  EXPECT_EQ(bench.memory.bursts_begun, (Cycles{10, 13}));
  EXPECT_EQ(bench.memory.cycles(), (Cycles{11, 32}));
}

TEST_F(StoreUnitTiming, ABurstBeginsBusLatencyAfterItsFirstBeatAndEndsBusLatencyAfterItsLast) {
  AcceleratorConfig config = rows_of_16();
  config.dma.bus_latency = 3;
  Bench bench{clock, config};
  bench.store(5, LocalMemory::Accumulators, 0, 1, 16);
  bench.store(30, LocalMemory::Accumulators, 64, 1, 64);
  run(80);
  // One beat formed in 9, on the bus in 12: BEGIN_REQ is one cycle before.
  // Four beats formed from 37 to 40, on the bus from 40 to 43.
  EXPECT_EQ(bench.memory.bursts_begun, (Cycles{39}));
  EXPECT_EQ(bench.memory.cycles(), (Cycles{11, 42}));
}

TEST_F(StoreUnitTiming, ReadsTheScratchpadInTheSameWay) {
  Bench bench{clock, rows_of_16()};
  bench.store(5, LocalMemory::Scratchpad, 0, 2, 24);
  run(60);
  EXPECT_EQ(bench.scratchpad.cycles(), test::every(1, 6, 4));
  // Taken in 8 and 9, formed in 10 and 11; taken in 11 and 12, formed in 13 and 14.
  EXPECT_EQ(bench.memory.cycles(), (Cycles{11, 14}));
  EXPECT_EQ(bench.memory.written.at(23), 3U);
}

TEST_F(StoreUnitTiming, MarksTheLastReadOfAStore) {
  Bench bench{clock, rows_of_16()};
  bench.store(5, LocalMemory::Accumulators, 0, 2, 24);
  bench.store(30, LocalMemory::Scratchpad, 0, 2, 24);
  run(80);
  ASSERT_EQ(bench.psums.got.size(), 4U);
  ASSERT_EQ(bench.scratchpad.got.size(), 4U);
  for (std::size_t i = 0; i < 4; ++i) {
    EXPECT_EQ(bench.psums.got[i].item.last, i == 3);
    EXPECT_EQ(bench.scratchpad.got[i].item.last, i == 3);
  }
  EXPECT_EQ(bench.psums.got[3].item.entry, 1U);
  EXPECT_EQ(bench.scratchpad.got[3].item.entry, 2U);
}

TEST_F(StoreUnitTiming, TheNextStoreIsTakenInTheCycleAfterTheLastBlockIsAskedFor) {
  Bench bench{clock, rows_of_16()};
  bench.store(5, LocalMemory::Accumulators, 0, 2, 16);
  bench.store(5, LocalMemory::Accumulators, 128, 2, 16);
  run(60);
  EXPECT_EQ(bench.psums.cycles(), test::every(1, 6, 4));
  EXPECT_EQ(bench.memory.cycles(), test::every(1, 9, 4));
}

TEST_F(StoreUnitTiming, IsBusyUntilTheLastAcknowledgement) {
  Bench bench{clock, rows_of_16()};
  bench.store(5, LocalMemory::Accumulators, 0, 1, 16);
  run(28);  // the burst went in 9: its acknowledgement comes in 29
  EXPECT_TRUE(bench.unit.busy());
  run(1);
  EXPECT_FALSE(bench.unit.busy());
}

TEST_F(StoreUnitTiming, CountsTheBlocksOfTheRequantizationUnit) {
  Bench bench{clock, rows_of_16()};
  bench.store(5, LocalMemory::Accumulators, 0, 3, 16);
  bench.store(10, LocalMemory::Scratchpad, 0, 3, 16);
  run(60);
  EXPECT_EQ(bench.unit.gathered().read(), 3U);
}

}  // namespace
}  // namespace systole
