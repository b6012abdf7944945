#include "models/dma/load_unit.hpp"

#include <deque>

#include "sim/blocks/block_configs.hpp"
#include "tests/timing/bench.hpp"
#include "tests/timing/scripted_memory.hpp"

namespace systole {
namespace {

using test::Cycles;
using test::Feed;
using test::WriteSink;

/// Rows of 16 bytes; beats of 16 bytes in bursts of up to 64.
AcceleratorConfig rows_of_16() {
  AcceleratorConfig config;
  config.array.rows = 16;
  config.array.cols = 16;
  return config;
}

struct Bench {
  Bench(const Clock& clock, const AcceleratorConfig& config)
      : completed{"completed", clock},
        unit{"unit", clock, load_unit_config(config), upstream, completed.count, measurements},
        memory{"memory", clock},
        commands{"commands", clock, unit.commands},
        scratchpad{"scratchpad", clock, unit.scratchpad_write, completed},
        accumulators{"accumulators", clock, unit.accumulator_write, completed},
        table{"table", clock, unit.table_write, completed} {
    unit.dram.socket.bind(memory.socket);
    unit.configure({});
  }

  void issue(std::uint64_t cycle, CommandBody body) {
    bodies.push_back({std::move(body)});
    commands.at(cycle, {&bodies.back(), static_cast<std::uint32_t>(bodies.size())});
  }
  /// A row of the DRAM to scratchpad rows from `row` on, all blocks after each other.
  void load(std::uint64_t cycle, std::uint64_t address, std::uint32_t bytes,
            std::uint32_t row = 0) {
    LoadCommand load;
    load.dram_address = address;
    load.rows = 1;
    load.row_bytes = bytes;
    load.destination = {LocalMemory::Scratchpad, row};
    load.block_pitch = 1;
    issue(cycle, load);
  }

  Measurements measurements;
  Wire<Cause> upstream{Cause::Idle};
  test::Tally completed;
  LoadUnit unit;
  test::ScriptedMemory memory;
  Feed<IssuedCommand> commands;
  WriteSink scratchpad, accumulators, table;
  std::deque<Command> bodies;
};

class LoadUnitTiming : public test::SimTest {};

// A command pushed in 5 is taken in 6 and asks in 6; its data is here 20 cycles later.
TEST_F(LoadUnitTiming, ARowIsAskedForAtOnceAndWrittenWhenItsBeatComes) {
  Bench bench{clock, rows_of_16()};
  bench.load(5, 32, 16, 3);
  run(60);
  EXPECT_EQ(bench.memory.cycles(), Cycles{6});
  ASSERT_EQ(bench.scratchpad.cycles(), Cycles{26});
  EXPECT_EQ(bench.scratchpad.got[0].item.to.row, 3U);
  EXPECT_EQ(bench.scratchpad.got[0].item.bytes[1], 33U);
  EXPECT_TRUE(bench.scratchpad.got[0].item.last);
}

TEST_F(LoadUnitTiming, OneRequestACycle) {
  Bench bench{clock, rows_of_16()};
  bench.load(5, 0, 320);
  run(80);
  EXPECT_EQ(bench.memory.cycles(), test::every(1, 6, 5));
  EXPECT_EQ(bench.scratchpad.cycles(), test::every(1, 26, 20));
}

TEST_F(LoadUnitTiming, AWriteWaitsForTheBeatWithItsLastByte) {
  Bench bench{clock, rows_of_16()};
  bench.memory.cycles_per_beat = 4;
  bench.load(5, 0, 64);
  run(80);
  EXPECT_EQ(bench.scratchpad.cycles(), test::every(4, 26, 4));
}

TEST_F(LoadUnitTiming, AnUnalignedRowIsCutWhereBurstsAndLocalRowsEnd) {
  Bench bench{clock, rows_of_16()};
  bench.load(5, 24, 80);  // bytes 24..63 of the block at 0, then 64..103 of the block at 64
  run(80);
  ASSERT_EQ(bench.memory.requests.size(), 2U);
  EXPECT_EQ(bench.memory.requests[0].address, 0U);
  EXPECT_EQ(bench.memory.requests[0].bytes, 64U);
  EXPECT_EQ(bench.memory.requests[1].address, 64U);
  EXPECT_EQ(bench.memory.requests[1].bytes, 64U);
  // The first local row ends in the third beat, which comes in 28; then one write a cycle.
  EXPECT_EQ(bench.scratchpad.cycles(), test::every(1, 28, 6));
  std::vector<std::size_t> sizes;
  for (const auto& write : bench.scratchpad.got) {
    sizes.push_back(write.item.bytes.size());
  }
  EXPECT_EQ(sizes, (std::vector<std::size_t>{16, 16, 8, 8, 16, 16}));
  EXPECT_EQ(bench.scratchpad.got[3].item.offset, 8U);
  EXPECT_EQ(bench.scratchpad.got[3].item.to.row, 2U);
  EXPECT_EQ(bench.measurements.events[Event::DramFetchedBytes], 128U);
  EXPECT_EQ(bench.measurements.events[Event::DramReadIfmapBytes], 80U);
}

TEST_F(LoadUnitTiming, ABurstHoldsItsSlotUntilReleaseLatencyAfterItsLastBeat) {
  AcceleratorConfig config = rows_of_16();
  config.dma.max_outstanding_reads = 2;
  config.dma.max_burst_bytes = 16;
  Bench bench{clock, config};
  bench.load(5, 0, 80);
  run(120);
  EXPECT_EQ(bench.memory.cycles(), (Cycles{6, 7, 27, 28, 48}));
}

TEST_F(LoadUnitTiming, EveryStageOfThePipelineTakesItsLatency) {
  AcceleratorConfig config = rows_of_16();
  config.dma.request_latency = 3;
  config.dma.bus_latency = 4;
  config.dma.data_latency = 2;
  config.dma.scratchpad_write_latency = 5;
  Bench bench{clock, config};
  bench.load(5, 0, 16);
  run(80);
  // Its turn in 6, formed in 9; on the channel, which is one cycle after BEGIN_REQ, in 13.
  EXPECT_EQ(bench.memory.cycles(), Cycles{12});
  // At the port in 32, in the merger and sent in 34, written, which is one after the push, in 39.
  EXPECT_EQ(bench.scratchpad.cycles(), Cycles{38});
}

TEST_F(LoadUnitTiming, ALongerReleaseHoldsTheSlotLonger) {
  AcceleratorConfig config = rows_of_16();
  config.dma.max_outstanding_reads = 1;
  config.dma.max_burst_bytes = 32;
  config.dma.release_latency = 6;
  Bench bench{clock, config};
  bench.load(5, 0, 64);
  run(80);
  EXPECT_EQ(bench.memory.cycles(), (Cycles{6, 27 + 6}));  // last beat in 27
}

TEST_F(LoadUnitTiming, ARowHasItsTurnACycle) {
  Bench bench{clock, rows_of_16()};
  LoadCommand load;
  load.rows = 4;
  load.row_bytes = 16;
  load.dram_pitch = 100;
  bench.issue(5, load);
  run(80);
  EXPECT_EQ(bench.memory.cycles(), test::every(1, 6, 4));
  EXPECT_EQ(bench.memory.requests[1].address, 96U);  // 16 bytes from 100 on: a block of 32
}

// Row 0 has its burst at once, rows 1 to 6 wait for the slot; the fill is taken when row 7 has had
// its turn.
TEST_F(LoadUnitTiming, ARowHasItsTurnInTheCycleInWhichOneOfSixMakesRoom) {
  AcceleratorConfig config = rows_of_16();
  config.dma.max_outstanding_reads = 1;
  Bench bench{clock, config};
  LoadCommand load;
  load.rows = 8;
  load.dram_pitch = load.row_bytes = 16;
  bench.issue(5, load);
  bench.issue(6, FillCommand{{LocalMemory::Scratchpad, 100}, 1, 0});
  run(400);
  ASSERT_EQ(bench.memory.requests.size(), 8U);
  ASSERT_EQ(bench.scratchpad.got.size(), 9U);
  EXPECT_EQ(bench.scratchpad.got[1].item.to.row, 100U);
  EXPECT_EQ(bench.scratchpad.got[1].cycle, bench.memory.cycles()[1] + 1);
}

TEST_F(LoadUnitTiming, ARepeatedRowIsReadOnceAndWrittenOneRowACycle) {
  Bench bench{clock, rows_of_16()};
  LoadCommand load;
  load.rows = 4;
  load.row_bytes = 64;
  load.destination = {LocalMemory::Accumulators, 8};
  load.block_pitch = 4;
  bench.issue(5, load);
  run(80);
  EXPECT_EQ(bench.memory.cycles(), Cycles{6});
  EXPECT_EQ(bench.accumulators.cycles(), test::every(1, 29, 4));  // 64 bytes: the fourth beat
  EXPECT_EQ(bench.accumulators.got[3].item.to.row, 11U);
}

// One answer a cycle: a scratchpad row that ends its burst goes first.
TEST_F(LoadUnitTiming, CopiesForTheAccumulatorsWaitWhileScratchpadRowsEndTheirBursts) {
  AcceleratorConfig config = rows_of_16();
  config.dma.commands_in_flight = 3;
  Bench bench{clock, config};
  LoadCommand bias;
  bias.rows = 4;
  bias.row_bytes = 64;
  bias.destination = {LocalMemory::Accumulators, 8};
  bias.block_pitch = 4;
  bench.issue(5, bias);
  LoadCommand rows;
  rows.rows = 3;
  rows.row_bytes = 16;
  rows.dram_pitch = 16;
  bench.issue(5, rows);
  LoadCommand burst;
  burst.rows = 1;
  burst.row_bytes = 64;
  bench.issue(5, burst);
  run(80);
  // The bias is whole in 29, the rows come in 30 to 32, each a burst, the last rows in 33 to 36.
  EXPECT_EQ(bench.scratchpad.cycles(), test::every(1, 30, 7));
  EXPECT_EQ(bench.accumulators.cycles(), (Cycles{29, 33, 34, 35}));
}

// The next row for the accumulators waits in the merger, and what comes behind it, too.
TEST_F(LoadUnitTiming, ARowWaitsForTheCopiesOfTheOneBeforeInItsRegister) {
  AcceleratorConfig config = rows_of_16();
  config.dma.commands_in_flight = 3;
  Bench bench{clock, config};
  for (const LocalMemory memory :
       {LocalMemory::Accumulators, LocalMemory::Accumulators, LocalMemory::Scratchpad}) {
    LoadCommand load;
    load.rows = memory == LocalMemory::Accumulators ? 8 : 1;
    load.row_bytes = memory == LocalMemory::Accumulators ? 64 : 16;
    load.destination = {memory, 8};
    load.block_pitch = 8;
    bench.issue(5, load);
  }
  run(80);
  // The second row leaves the merger in 37; then the scratchpad's row, which takes cycle 38.
  Cycles expected = test::every(1, 29, 17);
  expected.erase(expected.begin() + 38 - 29);
  EXPECT_EQ(bench.accumulators.cycles(), expected);
  EXPECT_EQ(bench.scratchpad.cycles(), Cycles{38});
}

TEST_F(LoadUnitTiming, AFillWritesOneRowACycleWithoutTheBus) {
  Bench bench{clock, rows_of_16()};
  bench.issue(5, FillCommand{{LocalMemory::Scratchpad, 7}, 4, -3});
  run(60);
  EXPECT_TRUE(bench.memory.requests.empty());
  ASSERT_EQ(bench.scratchpad.cycles(), test::every(1, 6, 4));
  EXPECT_EQ(bench.scratchpad.got[3].item.to.row, 10U);
  EXPECT_EQ(bench.scratchpad.got[3].item.bytes, ByteRow(16, 0xFD));
  EXPECT_TRUE(bench.scratchpad.got[3].item.last);
}

TEST_F(LoadUnitTiming, DataGoesBeforePadding) {
  Bench bench{clock, rows_of_16()};
  bench.load(5, 0, 32);
  bench.issue(6, FillCommand{{LocalMemory::Scratchpad, 100}, 30, 0});
  run(120);
  // The fill is taken in 8, for a load of one row takes two cycles, writes from 8 on, and gives way
  // in 26 and 27.
  ASSERT_EQ(bench.scratchpad.cycles(), test::every(1, 8, 32));
  EXPECT_EQ(bench.scratchpad.got[17].item.to.row, 117U);
  EXPECT_EQ(bench.scratchpad.got[18].item.to.row, 0U);
  EXPECT_EQ(bench.scratchpad.got[19].item.to.row, 1U);
  EXPECT_EQ(bench.scratchpad.got[20].item.to.row, 118U);
}

TEST_F(LoadUnitTiming, BurstsOfTheNextCommandFollowThoseOfTheOneBefore) {
  Bench bench{clock, rows_of_16()};
  bench.load(5, 0, 128);
  bench.load(5, 256, 16);
  run(80);
  EXPECT_EQ(bench.memory.cycles(), (Cycles{6, 7, 8}));
}

TEST_F(LoadUnitTiming, NoMoreThanCommandsInFlightAreBetweenFirstRowAndCompletion) {
  AcceleratorConfig config = rows_of_16();
  config.dma.commands_in_flight = 1;
  Bench bench{clock, config};
  bench.load(5, 0, 16);
  bench.load(5, 64, 16);
  run(80);
  // Pushed in 26, written in 27, counted in 28, seen in 29.
  EXPECT_EQ(bench.memory.cycles(), (Cycles{6, 29}));
}

TEST_F(LoadUnitTiming, EveryCycleIsBookedOnce) {
  AcceleratorConfig config = rows_of_16();
  config.dma.commands_in_flight = 1;
  config.dma.max_outstanding_reads = 1;
  config.dma.max_burst_bytes = 16;
  Bench bench{clock, config};
  bench.load(5, 0, 32);
  run(80);
  const auto booked = [&](Cause cause) {
    return bench.measurements.ledger.at(LedgerUnit::Load, cause);
  };
  EXPECT_EQ(bench.memory.cycles(), (Cycles{6, 27}));
  EXPECT_EQ(booked(Cause::Busy), 4U);              // 6, 26, 27, 47
  EXPECT_EQ(booked(Cause::WaitOutstanding), 19U);  // 7 to 25
  EXPECT_EQ(booked(Cause::WaitDram), 21U);         // 28 to 46, and 48, 49 until it is completed
}

}  // namespace
}  // namespace systole
