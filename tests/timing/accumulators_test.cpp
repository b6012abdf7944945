#include "models/accumulators/accumulators.hpp"

#include <limits>

#include "sim/blocks/block_configs.hpp"
#include "tests/timing/bench.hpp"

namespace systole {
namespace {

using test::Cycles;
using test::Drain;
using test::Feed;

constexpr std::uint32_t kBank1 = 32;  // first row of bank 1
constexpr std::uint32_t kReadLatency = 3;

/// 1 KiB of rows of four sums: 64 rows in two banks.
AcceleratorConfig two_banks() {
  AcceleratorConfig config;
  config.array.rows = 4;
  config.array.cols = 4;
  config.accumulators = {1, 2, kReadLatency};
  return config;
}

struct Bench {
  explicit Bench(const Clock& clock)
      : accumulators{"accumulators", clock, accumulators_config(two_banks()), gathered,
                     measurements},
        results{"results", clock, accumulators.results},
        load_write{"load_write", clock, accumulators.load_write},
        load_written{"load_written", clock, accumulators.load_write_done},
        store_read{"store_read", clock, accumulators.store_read},
        store_read_done{"store_read_done", clock, accumulators.store_read_done},
        psums{"psums", clock, accumulators.psums, 2} {}

  static ResultRow result(std::uint32_t row, bool accumulate, std::int64_t value = 1) {
    return {PsumRow(4, value), row, accumulate};
  }
  static LocalWrite load(std::uint32_t row) {
    return {{LocalMemory::Accumulators, row}, 0, ByteRow(16, 0), true, 4};
  }
  static AccumulatorRead read(std::uint32_t row) { return {row, 4, 0, true, 5}; }

  std::uint64_t conflicts() const { return measurements.events[Event::BankConflicts]; }

  Measurements measurements;
  Wire<std::uint64_t> gathered{0};
  Accumulators accumulators;
  Feed<ResultRow> results;
  Feed<LocalWrite> load_write;
  Drain<Completion> load_written;
  Feed<AccumulatorRead> store_read;
  Drain<Completion> store_read_done;
  Drain<PsumBlock> psums;
};

class AccumulatorsTiming : public test::SimTest {
 protected:
  Bench bench{clock};
};

TEST_F(AccumulatorsTiming, AWriteIsServedInTheCycleAfterItsPushAndReadableInTheNext) {
  bench.results.at(5, Bench::result(0, false, 7));
  bench.load_write.at(5, Bench::load(kBank1));
  bench.store_read.at(6, Bench::read(0));
  run(30);
  EXPECT_EQ(bench.load_written.cycles(), Cycles{6});
  EXPECT_EQ(bench.store_read_done.cycles(), Cycles{7});
  ASSERT_EQ(bench.psums.got.size(), 1U);
  EXPECT_EQ(bench.psums.got[0].item.psums, PsumRow(4, 7));
}

TEST_F(AccumulatorsTiming, AReadIsPushedToTheRequantizationUnitReadLatencyMinusOneAfterItsGrant) {
  bench.store_read.at(5, Bench::read(3));
  run(30);
  EXPECT_EQ(bench.psums.cycles(), Cycles{6 + 3 - 1});
  EXPECT_EQ(bench.store_read_done.cycles(), Cycles{6});
}

TEST_F(AccumulatorsTiming, AnAccumulatingResultTakesBothPortsOfItsBank) {
  bench.results.at(5, Bench::result(0, true));
  bench.load_write.at(5, Bench::load(1));
  bench.store_read.at(5, Bench::read(2));
  run(30);
  EXPECT_EQ(bench.load_written.cycles(), Cycles{7});
  EXPECT_EQ(bench.store_read_done.cycles(), Cycles{7});
  EXPECT_EQ(bench.conflicts(), 2U);
}

TEST_F(AccumulatorsTiming, AnOverwritingResultLeavesTheReadPort) {
  bench.results.at(5, Bench::result(0, false));
  bench.load_write.at(5, Bench::load(1));
  bench.store_read.at(5, Bench::read(2));
  run(30);
  EXPECT_EQ(bench.load_written.cycles(), Cycles{7});
  EXPECT_EQ(bench.store_read_done.cycles(), Cycles{6});
  EXPECT_EQ(bench.conflicts(), 1U);
}

TEST_F(AccumulatorsTiming, ALoadAndAStoreShareABank) {
  bench.load_write.at(5, Bench::load(1));
  bench.store_read.at(5, Bench::read(2));
  run(30);
  EXPECT_EQ(bench.load_written.cycles(), Cycles{6});
  EXPECT_EQ(bench.store_read_done.cycles(), Cycles{6});
}

TEST_F(AccumulatorsTiming, ResultsNeverWaitAndHoldOthersBackAsLongAsTheyCome) {
  for (std::uint32_t i = 0; i < 10; ++i) {
    bench.results.at(5, Bench::result(i, true));
  }
  bench.load_write.at(5, Bench::load(20));
  bench.store_read.at(5, Bench::read(21));
  run(60);
  EXPECT_EQ(bench.measurements.events[Event::AccumulatorAdd], 40U);
  EXPECT_EQ(bench.load_written.cycles(), Cycles{16});
  EXPECT_EQ(bench.store_read_done.cycles(), Cycles{16});
}

TEST_F(AccumulatorsTiming, TheOtherBankIsFree) {
  for (std::uint32_t i = 0; i < 10; ++i) {
    bench.results.at(5, Bench::result(i, true));
  }
  bench.load_write.at(8, Bench::load(kBank1));
  bench.store_read.at(8, Bench::read(kBank1 + 1));
  run(60);
  EXPECT_EQ(bench.load_written.cycles(), Cycles{9});
  EXPECT_EQ(bench.store_read_done.cycles(), Cycles{9});
  EXPECT_EQ(bench.conflicts(), 0U);
}

TEST_F(AccumulatorsTiming, SumsWrapModuloTwoToThe32) {
  bench.results.at(5, Bench::result(0, false, std::numeric_limits<std::int32_t>::max()));
  bench.results.at(6, Bench::result(0, true, 1));
  run(30);
  EXPECT_EQ(bench.accumulators.contents()[0], std::numeric_limits<std::int32_t>::min());
}

}  // namespace
}  // namespace systole
