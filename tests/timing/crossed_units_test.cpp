#include <deque>

#include "models/dma/load_unit.hpp"
#include "models/dma/store_unit.hpp"
#include "sim/blocks/block_configs.hpp"
#include "tests/timing/bench.hpp"
#include "tests/timing/plain_store.hpp"
#include "tests/timing/scripted_memory.hpp"

// The DMA units in front of a crossbar.

namespace systole {
namespace {

using test::Cycles;
using test::Drain;
using test::Feed;
using test::Neighbour;
using test::WriteSink;

constexpr std::size_t kQueue = 2;

/// Rows of 16 elements; beats and bursts of 16 bytes.
AcceleratorConfig bursts_of_16() {
  AcceleratorConfig config;
  config.array.rows = 16;
  config.array.cols = 16;
  config.dma.max_burst_bytes = 16;
  config.dma.data_latency = 3;
  return config;
}

/// In the crossbar's place: takes a beat a cycle from `hold_until` on, and answers it ten later.
class Bus final : public ClockedModule {
 public:
  Fifo<BusBeat> beats{"beats", kQueue};
  Fifo<BusAnswer> answers{"answers", 16};
  std::uint64_t hold_until = 0;
  PageLookups* pages = nullptr;  ///< of which a reader looks one up, too
  std::uint64_t reader_looks_up = 0;
  std::vector<std::uint64_t> addresses;
  Cycles taken;

  Bus(const sc_core::sc_module_name& name, const Clock& clock) : ClockedModule{name, clock} {}

 private:
  void tick() override {
    if (pages != nullptr) {
      static_cast<void>(pages->misses(PageLookups::kReader, now()));
      pages->look_up(PageLookups::kReader, now(), now() + 1 == reader_looks_up, 1U << 20U);
    }
    if (now() >= hold_until && beats.can_pop()) {
      const BusBeat beat = beats.pop();
      addresses.push_back(beat.burst.address);
      taken.push_back(now());
      BusAnswer answer;
      answer.write = beat.write;
      answer.tag = beat.tag;
      answer.bytes.resize(beat.write ? 0 : beat.burst.size);
      due_.push_back({now() + 10, answer});
    }
    if (!due_.empty() && due_.front().cycle <= now()) {
      answers.push(due_.front().item);
      due_.pop_front();
    }
  }

  std::deque<test::Timed<BusAnswer>> due_;
};

struct LoadBench {
  explicit LoadBench(const Clock& clock)
      : completed{"completed", clock},
        unit{"unit",       clock, load_unit_config(bursts_of_16()), upstream, completed.count,
             measurements, &pages},
        bus{"bus", clock},
        commands{"commands", clock, unit.commands},
        scratchpad{"scratchpad", clock, unit.scratchpad_write, completed},
        accumulators{"accumulators", clock, unit.accumulator_write, completed},
        table{"table", clock, unit.table_write, completed} {
    unit.reads(bus.beats);
    unit.data(bus.answers);
    unit.configure({});
    LoadCommand load;
    load.rows = 1;
    load.row_bytes = 96;
    load.destination = {LocalMemory::Scratchpad, 0};
    load.block_pitch = 1;
    command.body = load;
    commands.at(5, {&command, 0});
  }

  Measurements measurements;
  Wire<Cause> upstream{Cause::Idle};
  test::Tally completed;
  PageLookups pages{4096};
  LoadUnit unit;
  Bus bus;
  Command command;
  Feed<IssuedCommand> commands;
  WriteSink scratchpad, accumulators, table;
};

struct StoreBench {
  explicit StoreBench(const Clock& clock)
      : completed{"completed", clock},
        unit{"unit",   clock,        store_unit_config(bursts_of_16()),
             upstream, measurements, {&pages, &completed.count}},
        bus{"bus", clock},
        commands{"commands", clock, unit.commands},
        psums{"psums", clock, unit.accumulator_read, unit.ofmap},
        scratchpad{"scratchpad", clock, unit.scratchpad_read, unit.scratchpad_data},
        kept{"kept", clock, unit.scratchpad_write, 2} {
    unit.writes(bus.beats);
    unit.acknowledgements(bus.answers);
    unit.configure({});
    psums.answer = [](const AccumulatorRead& read, OfmapBlock& block) {
      block.elements = PsumRow(read.lanes, static_cast<std::int32_t>(read.row));
      return true;
    };
  }
  void store(std::uint64_t cycle, std::uint64_t address, std::uint32_t rows) {
    bodies.push_back({test::plain_store(LocalMemory::Accumulators, address, rows, 16)});
    commands.at(cycle, {&bodies.back(), static_cast<std::uint32_t>(bodies.size())});
  }

  Measurements measurements;
  Wire<Cause> upstream{Cause::Idle};
  test::Tally completed;
  PageLookups pages{4096};
  StoreUnit unit;
  Bus bus;
  Feed<IssuedCommand> commands;
  Neighbour<AccumulatorRead, OfmapBlock> psums;
  Neighbour<RowRead, RowData> scratchpad;
  Drain<LocalWrite> kept;
  std::deque<Command> bodies;
};

class CrossedUnits : public test::SimTest {};

// Formed in 6, in the stages of translation in 7 and 8, with the bus in 9.
TEST_F(CrossedUnits, AReadPassesTwoStagesAndItsQueue) {
  LoadBench bench{clock};
  run(60);
  EXPECT_EQ(bench.bus.taken, test::every(1, 9, 6));
  EXPECT_EQ(bench.bus.addresses, (std::vector<std::uint64_t>{0, 16, 32, 48, 64, 80}));
}

// The queue is full from 10 on; the third read is in the second stage in 10, 12, ..., the fourth in
// 11, 13, ... There is room from 21 on.
TEST_F(CrossedUnits, AReadThatFindsItsQueueFullIsOvertaken) {
  LoadBench bench{clock};
  bench.bus.hold_until = 20;
  run(80);
  EXPECT_EQ(bench.bus.addresses, (std::vector<std::uint64_t>{0, 16, 48, 32, 64, 80}));
  ASSERT_EQ(bench.scratchpad.got.size(), 6U);
  for (std::size_t i = 0; i < 6; ++i) {
    EXPECT_EQ(bench.scratchpad.got[i].item.to.row, bench.bus.addresses[i] / 16);
    EXPECT_EQ(bench.scratchpad.got[i].item.last, i == 5) << "with its last byte the load is done";
  }
}

TEST_F(CrossedUnits, OrIsNotIfItIsInTheSecondStageWhenThereIsRoom) {
  LoadBench bench{clock};
  bench.bus.hold_until = 21;
  run(80);
  EXPECT_EQ(bench.bus.addresses, (std::vector<std::uint64_t>{0, 16, 32, 48, 64, 80}));
}

// Two beats in the queue and one in each stage: no fifth is formed.
TEST_F(CrossedUnits, BeatsThatWaitHoldTheWriterUp) {
  StoreBench bench{clock};
  bench.bus.hold_until = 40;
  bench.store(5, 0, 8);
  run(39);
  EXPECT_EQ(bench.measurements.events[Event::DramWriteBursts], 4U);
  run(60);
  EXPECT_EQ(bench.bus.addresses, (std::vector<std::uint64_t>{0, 64, 128, 192, 256, 320, 384, 448}));
  EXPECT_EQ(bench.bus.taken, test::every(1, 40, 8));
  EXPECT_FALSE(bench.unit.busy());
}

// The first beat is in the second stage in 11, with the bus in 12; the others are right behind it.
TEST_F(CrossedUnits, AWriteWhosePageIsMissedGoesAroundOnceAndStaysInFront) {
  StoreBench bench{clock};
  bench.store(5, 0, 4);
  bench.bus.pages = &bench.pages;
  bench.bus.reader_looks_up = 11;
  run(60);
  EXPECT_EQ(bench.bus.addresses, (std::vector<std::uint64_t>{0, 64, 128, 192}));
  EXPECT_EQ(bench.bus.taken, test::every(1, 14, 4));
}

TEST_F(CrossedUnits, AWriteWhosePageIsLookedUpDoesNot) {
  StoreBench bench{clock};
  bench.store(5, 0, 4);
  bench.bus.pages = &bench.pages;
  bench.bus.reader_looks_up = 10;
  run(60);
  EXPECT_EQ(bench.bus.taken, test::every(1, 12, 4));
}

// Two of the stores may be short of their last block; the third asks when the first has completed,
// which is seen in 31.
TEST_F(CrossedUnits, AStoreStartsWhenFewerThanCommandsInFlightAreNotReadToTheirEnd) {
  StoreBench bench{clock};
  for (const std::uint64_t address : {0U, 1024U, 2048U}) {
    bench.store(5, address, 2);
  }
  bench.completed.at(30);
  run(60);
  EXPECT_EQ(bench.psums.cycles(), (Cycles{6, 7, 8, 9, 31, 32}));
}

}  // namespace
}  // namespace systole
