#include "models/requant/requant_unit.hpp"

#include "sim/blocks/block_configs.hpp"
#include "tests/timing/bench.hpp"

namespace systole {
namespace {

using test::Cycles;
using test::Drain;
using test::Feed;
using test::Tally;

AcceleratorConfig unit_of(std::uint32_t lanes, std::uint32_t latency) {
  AcceleratorConfig config;
  config.array.rows = 8;
  config.array.cols = 8;
  config.requant.mode = RequantMode::ShiftOnly;
  config.requant.lanes = lanes;
  config.requant.latency = latency;
  return config;
}

struct Bench {
  Bench(const Clock& clock, const AcceleratorConfig& config)
      : asked{"asked", clock},
        gathered{"gathered", clock},
        unit{"unit", clock, requant_unit_config(config), asked.count, gathered.count, measurements},
        psums{"psums", clock, unit.psums},
        ofmap{"ofmap", clock, unit.ofmap, 64},
        table_write{"table_write", clock, unit.table_write},
        table_written{"table_written", clock, unit.table_write_done} {
    LayerRegisters registers;
    registers.requant.mode = RequantMode::ShiftOnly;
    registers.requant.exponent = {-1};
    unit.configure(registers);
  }
  void block(std::uint64_t cycle, std::uint32_t columns) {
    asked.at(cycle - 3);
    psums.at(cycle, {PsumRow(8, 6), columns, 0});
  }
  std::uint64_t booked(Cause cause) const {
    return measurements.ledger.at(LedgerUnit::Requant, cause);
  }

  Measurements measurements;
  Tally asked;     // blocks that the store unit has asked for
  Tally gathered;  // those that it has taken
  RequantUnit unit;
  Feed<PsumBlock> psums;
  Drain<OfmapBlock> ofmap;
  Feed<LocalWrite> table_write;
  Drain<Completion> table_written;
};

class RequantUnitTiming : public test::SimTest {};

TEST_F(RequantUnitTiming, ABlockLeavesAfterItsCyclesOnTheLanesAndTheLatency) {
  Bench bench{clock, unit_of(2, 5)};
  bench.block(10, 1);  // one cycle on the lanes
  bench.block(30, 2);  // one
  bench.block(50, 3);  // two
  bench.block(70, 8);  // four
  run(100);
  EXPECT_EQ(bench.ofmap.cycles(), (Cycles{11 + 5, 31 + 5, 51 + 1 + 5, 71 + 3 + 5}));
  EXPECT_EQ(bench.ofmap.got[3].item.elements, PsumRow(8, 3));
  EXPECT_EQ(bench.ofmap.got[2].item.elements, PsumRow(3, 3));
}

TEST_F(RequantUnitTiming, BlocksFollowEachOtherOnTheLanesWithoutAGap) {
  Bench bench{clock, unit_of(2, 5)};
  for (int i = 0; i < 5; ++i) {
    bench.block(10, 7);
  }
  run(100);
  EXPECT_EQ(bench.ofmap.cycles(), test::every(4, 11 + 3 + 5, 5));
  EXPECT_EQ(bench.booked(Cause::Busy), 20U);
}

TEST_F(RequantUnitTiming, ARowACycleWithAsManyLanesAsColumns) {
  Bench bench{clock, unit_of(8, 1)};
  for (int i = 0; i < 10; ++i) {
    bench.block(10, 8);
  }
  run(100);
  EXPECT_EQ(bench.ofmap.cycles(), test::every(1, 11 + 1, 10));
}

TEST_F(RequantUnitTiming, AShortBlockDoesNotOvertakeALongOne) {
  Bench bench{clock, unit_of(1, 2)};
  bench.block(10, 8);
  bench.block(10, 1);
  run(100);
  EXPECT_EQ(bench.ofmap.cycles(), (Cycles{11 + 7 + 2, 19 + 2}));
}

TEST_F(RequantUnitTiming, TakesNoMoreBlocksThanPipelineEntriesUntilTheStoreUnitHasTakenSome) {
  AcceleratorConfig config = unit_of(8, 5);
  config.requant.pipeline_entries = 2;
  Bench bench{clock, config};
  for (int i = 0; i < 4; ++i) {
    bench.block(10, 8);
  }
  bench.gathered.at(30);
  bench.gathered.at(40);
  run(100);
  // Taken in 11 and 12; in 31 and 41, when the count is seen.
  EXPECT_EQ(bench.ofmap.cycles(), (Cycles{16, 17, 36, 46}));
}

TEST_F(RequantUnitTiming, BooksTheLatencyAsDrain) {
  Bench bench{clock, unit_of(2, 5)};
  bench.block(10, 8);
  run(100);
  EXPECT_EQ(bench.booked(Cause::Busy), 4U);   // 11 to 14
  EXPECT_EQ(bench.booked(Cause::Drain), 5U);  // 15 to 19, in which the row leaves
}

TEST_F(RequantUnitTiming, ATableWriteIsDoneInTheCycleAfterItsPush) {
  Bench bench{clock, unit_of(2, 5)};
  bench.table_write.at(5, {{LocalMemory::RequantTable, 0}, 0, ByteRow(32, 0), true, 1});
  run(30);
  EXPECT_EQ(bench.table_written.cycles(), Cycles{6});
}

// A store is done when the accumulators have read its last block, which may be on its way or wait
// for the lanes, and still needs its constants.
TEST_F(RequantUnitTiming, ATableWriteWaitsForTheBlocksBeforeIt) {
  Bench bench{clock, unit_of(2, 5)};
  bench.block(10, 8);  // on the lanes from 11 to 14
  bench.block(10, 6);  // and from 15 to 17
  bench.table_write.at(11, {{LocalMemory::RequantTable, 0}, 0, ByteRow(32, 0), true, 1});
  run(60);
  EXPECT_EQ(bench.table_written.cycles(), Cycles{18});
}

TEST_F(RequantUnitTiming, ATableWriteWaitsForABlockThatHasNotArrived) {
  Bench bench{clock, unit_of(2, 5)};
  bench.asked.at(10);
  bench.table_write.at(11, {{LocalMemory::RequantTable, 0}, 0, ByteRow(32, 0), true, 1});
  bench.psums.at(40, {PsumRow(8, 6), 8, 0});  // on the lanes from 41 to 44
  run(80);
  EXPECT_EQ(bench.table_written.cycles(), Cycles{45});
}

}  // namespace
}  // namespace systole
