#include "models/bus/crossbar.hpp"

#include <memory>

#include "models/dram/ideal_dram.hpp"
#include "sim/blocks/block_configs.hpp"
#include "tests/timing/bench.hpp"

namespace systole {
namespace {

using test::Cycles;
using test::Drain;
using test::Feed;

constexpr std::uint64_t kLatency = 10;

AcceleratorConfig config() {
  AcceleratorConfig config;
  config.sequencer.unroller = Unroller::Loops;
  config.dma.bus_bytes = 16;
  config.dma.bus_queue = 2;
  config.dram.bytes_per_cycle = 16;
  config.dram.latency_cycles = kLatency;
  return config;
}

struct Bench {
  explicit Bench(const Clock& clock)
      : crossbar{"crossbar", clock, bus_config(config())},
        dram{"dram", clock, dram_config(config()), 1, measurements},
        reads{"reads", clock, crossbar.reads},
        writes{"writes", clock, crossbar.writes},
        data{"data", clock, crossbar.data, 2},
        acknowledgements{"acknowledgements", clock, crossbar.acknowledgements} {
    crossbar.memory.socket.bind(dram.socket);
    crossbar.start_layer();
  }

  void read(std::uint64_t cycle, std::uint32_t bytes, std::uint32_t tag) {
    BusBeat beat;
    beat.burst = {0, bytes, 0, bytes};
    beat.tag = tag;
    reads.at(cycle, beat);
  }
  void write(std::uint64_t cycle, std::uint32_t bytes, bool first, bool last) {
    BusBeat beat;
    beat.write = true;
    beat.first = first;
    beat.last = last;
    beat.burst = {256, bytes, 256, bytes};
    beat.bytes.assign(first ? bytes : 0, 7);
    writes.at(cycle, beat);
  }

  Measurements measurements;
  Crossbar crossbar;
  IdealDram dram;
  Feed<BusBeat> reads;
  Feed<BusBeat> writes;
  Drain<BusAnswer> data;
  Drain<BusAnswer> acknowledgements;
};

class CrossbarTiming : public test::SimTest {
 protected:
  std::unique_ptr<Bench> bench = std::make_unique<Bench>(clock);
};

// Pushed in 5, it leaves in 6, is at the memory in 7, and its beats at the port from 17 on: each is
// passed on a cycle later.
TEST_F(CrossbarTiming, ABeatTakesACycleEachWay) {
  bench->read(5, 32, 3);
  run(40);
  EXPECT_EQ(bench->data.cycles(), (Cycles{18, 19}));
  EXPECT_TRUE(bench->data.got[0].item.first);
  EXPECT_EQ(bench->data.got[0].item.bytes.size(), 32U);
  EXPECT_FALSE(bench->data.got[1].item.first);
  EXPECT_EQ(bench->data.got[1].item.tag, 3U);
}

// They leave from 6 on: write, read, write, read, read.
TEST_F(CrossbarTiming, UnitsTakeTurns) {
  for (const std::uint64_t cycle : {5U, 6U, 7U}) {
    bench->read(cycle, 16, 0);
  }
  for (const std::uint64_t cycle : {5U, 6U}) {
    bench->write(cycle, 16, true, true);
  }
  run(40);
  EXPECT_EQ(bench->acknowledgements.cycles(), (Cycles{18, 20}));
  EXPECT_EQ(bench->data.cycles(), (Cycles{19, 21, 22}));
}

// The first beat leaves in 6; the read waits, also while the second one is not there, which leaves
// in 10.
TEST_F(CrossbarTiming, AWriteBurstIsNotInterrupted) {
  bench->write(5, 32, true, false);
  bench->write(9, 32, false, true);
  bench->read(5, 16, 0);
  run(40);
  EXPECT_EQ(bench->acknowledgements.cycles(), Cycles{22});
  EXPECT_EQ(bench->data.cycles(), Cycles{23});
  std::vector<std::uint8_t> written(32);
  bench->dram.contents().read(256, written.data(), written.size());
  EXPECT_EQ(written, std::vector<std::uint8_t>(32, 7));
}

// Two beats wait with their unit and two behind the memory's port; what comes after them stays in
// the memory.
TEST_F(CrossbarTiming, BeatsThatWaitKeepAnAcknowledgementOnlyIfTheQueuesAreFull) {
  bench->data.hold_until = 60;
  bench->read(5, 16, 0);
  bench->read(6, 16, 1);
  bench->write(8, 16, true, true);
  bench->read(12, 16, 2);
  bench->read(13, 16, 3);
  bench->read(14, 16, 4);
  bench->write(20, 16, true, true);
  run(100);
  ASSERT_EQ(bench->acknowledgements.got.size(), 2U);
  EXPECT_EQ(bench->acknowledgements.got[0].cycle, 21U) << "two reads are with their unit";
  EXPECT_GT(bench->acknowledgements.got[1].cycle, 60U);
  EXPECT_EQ(bench->data.got.size(), 5U);
}

}  // namespace
}  // namespace systole
