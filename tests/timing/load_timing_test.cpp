#include <random>
#include <sstream>

#include "sim/engine/fast_engine.hpp"
#include "sim/engine/systemc_engine.hpp"
#include "sim/timing/cycle_marks.hpp"
#include "tests/timing/bench.hpp"

namespace systole {
namespace {

constexpr int kPrograms = 25;
constexpr int kCommands = 40;

/// Latencies of the load unit that let its two registers meet.
struct LoadLatencies {
  std::uint32_t data, to_scratchpad, to_accumulators, release;
};

// GoogleTest looks for this name.
// NOLINTNEXTLINE(readability-identifier-naming)
void PrintTo(const LoadLatencies& latencies, std::ostream* out) {
  *out << latencies.data << "_" << latencies.to_scratchpad << "_" << latencies.to_accumulators
       << "_" << latencies.release;
}

/// Loads of all kinds, padding and configurations in any order.
class MixedLoads {
 public:
  explicit MixedLoads(unsigned seed) : random_{seed} {}

  LayerProgram program() {
    LayerProgram program;
    for (int i = 0; i < kCommands; ++i) {
      const std::uint32_t kind = below(10);
      if (kind == 0) {
        FillCommand fill;
        fill.destination = {LocalMemory::Scratchpad, below(200)};
        fill.rows = 1 + below(6);
        program.commands.push_back({fill});
      } else if (kind == 9) {
        program.commands.push_back({ConfigureCommand{CommandClass::Load}});
      } else {
        program.commands.push_back({load(kind < 5)});
      }
    }
    return program;
  }

 private:
  LoadCommand load(bool to_accumulators) {
    LoadCommand load;
    load.dram_address = below(4096);
    const bool alike = below(4) == 0;  // rows, and more of them than bursts may be on their way
    load.rows = 1 + below(alike ? 60 : 12);
    load.dram_pitch = alike ? 64 : (below(2) == 0 ? 0 : 64 + below(64));
    load.row_bytes = 1 + below(32);
    load.block_pitch = 16;
    load.destination = {to_accumulators ? LocalMemory::Accumulators : LocalMemory::Scratchpad,
                        below(200)};
    load.operand = to_accumulators ? Operand::Bias : Operand::Ifmap;
    return load;
  }
  std::uint32_t below(std::uint32_t end) { return static_cast<std::uint32_t>(random_() % end); }

  std::mt19937 random_;
};

class LoadsOfBothRegisters : public ::testing::TestWithParam<LoadLatencies> {};

// The register of the accumulators waits for bursts that end in the scratchpad's: what a burst
// finds there is not known before it comes.
TEST_P(LoadsOfBothRegisters, TakeTheSameCyclesInBothEngines) {
  AcceleratorConfig config;
  config.array.rows = config.array.cols = 8;
  config.dma.bus_bytes = 8;
  config.dma.max_burst_bytes = 32;
  config.dma.data_latency = GetParam().data;
  config.dma.scratchpad_write_latency = GetParam().to_scratchpad;
  config.dma.accumulator_write_latency = GetParam().to_accumulators;
  config.dma.release_latency = GetParam().release;
  config.dma.max_outstanding_reads = 16;
  config.dma.commands_in_flight = 8;
  config.sequencer.load_entries = 3;  // which a configuration gives up a cycle after its issue
  config.dram.bytes_per_cycle = 8;
  config.dram.latency_cycles = 60;
  MixedLoads loads{GetParam().data + 10 * GetParam().to_scratchpad};
  SystemcEngine systemc{config, {}};
  FastEngine fast{config, false};
  for (int i = 0; i < kPrograms; ++i) {
    const LayerProgram program = loads.program();
    EXPECT_NO_THROW(check_same_timing(systemc.run(program), fast.run(program))) << "program " << i;
  }
}

INSTANTIATE_TEST_SUITE_P(OfAnyLatency, LoadsOfBothRegisters,
                         ::testing::Values(LoadLatencies{0, 1, 1, 1}, LoadLatencies{3, 3, 1, 3},
                                           LoadLatencies{0, 6, 1, 2}, LoadLatencies{6, 6, 1, 1},
                                           LoadLatencies{1, 1, 6, 2}));

using Marks = CycleMarks<2>;

std::uint64_t marks_taken(Marks& marks, std::size_t kind, Cycle from, Cycle until) {
  std::uint64_t count = 0;
  marks.take(from, until, [&](Cycle, std::uint64_t cycles, const Marks::Span& span) {
    count += static_cast<std::uint64_t>(__builtin_popcountll(span[kind] & cycles));
  });
  return count;
}

TEST(CycleMarks, AreTakenOnceEachWhereverTheCutsAre) {
  Marks marks;
  marks.mark(0, 60, 200);
  marks.mark(0, 130);  // again
  marks.mark(1, 1000);
  EXPECT_EQ(marks_taken(marks, 0, 1, 61), 1U);
  EXPECT_EQ(marks_taken(marks, 0, 61, 128), 67U);
  EXPECT_EQ(marks_taken(marks, 0, 128, 900), 72U);
  EXPECT_EQ(marks_taken(marks, 1, 900, 1000), 0U);
  EXPECT_TRUE(marks.marked(1, 1000));
  EXPECT_EQ(marks_taken(marks, 1, 1000, 100'000), 1U);
  EXPECT_THROW(marks.mark(0, 1000), std::logic_error);
}

TEST(CycleMarks, OfARunLieWhereItsCyclesDo) {
  Marks marks;
  marks.mark(0, CycleRun{60, 1, 10});
  marks.mark(0, CycleRun{100, 300, 4});
  marks.mark(0, CycleRun{101, 0, 1});
  marks.mark(0, CycleRun{});
  EXPECT_EQ(marks_taken(marks, 0, 1, 101), 11U);
  EXPECT_TRUE(marks.marked(0, 101));
  EXPECT_TRUE(marks.marked(0, 700));
  EXPECT_FALSE(marks.marked(0, 701));
  EXPECT_EQ(marks_taken(marks, 0, 101, 2000), 4U);
}

TEST(CycleMarks, TheFirstOfARangeIsFoundAcrossSpans) {
  Marks marks;
  marks.mark(1, 190);
  EXPECT_EQ(marks.first(1, 3, 190), 190U);
  EXPECT_EQ(marks.first(1, 3, 500), 190U);
  EXPECT_EQ(marks.first(0, 3, 500), 500U);
  EXPECT_EQ(marks.first(1, 191, 500), 500U);
}

TEST(CycleMarks, AnArchiveHoldsThoseToComeAtAnyCycle) {
  const AcceleratorConfig config;
  const TimingKey key{config};
  CommandNumbers numbers{key};
  Marks marks;
  marks.mark(0, 100);
  marks.mark(0, 101);
  marks.mark(1, 300, 310);
  StateArchive writer{numbers};
  writer.write_at(100);
  marks.archive(writer);
  const std::string bytes{writer.bytes()};
  Marks read;
  StateArchive reader{numbers};
  reader.read_at(1000, bytes, {});
  read.archive(reader);
  EXPECT_FALSE(read.marked(0, 1000));
  EXPECT_TRUE(read.marked(0, 1001));
  EXPECT_EQ(read.first(1, 1001, 2000), 1200U);
  EXPECT_EQ(marks_taken(read, 1, 1001, 2000), 10U);
}

}  // namespace
}  // namespace systole
