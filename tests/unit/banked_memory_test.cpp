#include <gtest/gtest.h>

#include <cmath>
#include <cstdint>
#include <random>

#include "models/dram/banked/banked_memory_timing.hpp"
#include "tests/support/dram_traces.hpp"
#include "tests/support/memory_masters.hpp"

namespace systole::test {
namespace {

using dram::ClockCrossing;
using Cycles = std::vector<std::uint64_t>;

TEST(ClockCrossing, TakesTheNextEdgeOfTheOtherClock) {
  const ClockCrossing clocks{1000, 0.625};  // 8 memory cycles in 5 of the core
  EXPECT_EQ(clocks.memory_from(0), 0U);
  EXPECT_EQ(clocks.memory_from(1), 2U);
  EXPECT_EQ(clocks.memory_from(5), 8U);
  EXPECT_EQ(clocks.memory_at(1), 1U);
  EXPECT_EQ(clocks.memory_at(5), 8U);
  EXPECT_EQ(clocks.core_from(1), 1U);
  EXPECT_EQ(clocks.core_from(8), 5U);
  EXPECT_EQ(clocks.core_from(9), 6U);
}

TEST(ClockCrossing, IsExactForCyclesOfAnyLength) {
  const ClockCrossing clocks{1000, 0.625};
  for (const std::uint64_t fives : {429'496'729ULL, 429'496'730ULL, 1ULL << 40U}) {
    EXPECT_EQ(clocks.memory_from(5 * fives), 8 * fives);
    EXPECT_EQ(clocks.memory_from(5 * fives + 1), 8 * fives + 2);
    EXPECT_EQ(clocks.memory_at(5 * fives + 1), 8 * fives + 1);
    EXPECT_EQ(clocks.core_from(8 * fives + 1), 5 * fives + 1);
  }
}

TEST(ClockCrossing, RoundsTheExactQuotientOfAnyFrequencies) {
  __extension__ typedef unsigned __int128 Wide;  // NOLINT(modernize-use-using): `using` has none
  std::mt19937_64 random{1};
  for (int i = 0; i < 100'000; ++i) {
    const auto core_mhz = static_cast<std::uint32_t>(1 + random() % 10'000);
    const double tck_ns = static_cast<double>(100 + random() % 10'000) / 1000;
    const std::uint64_t core = std::uint64_t{core_mhz} * 1'000'000;
    const auto memory = static_cast<std::uint64_t>(std::llround(1e9 / tck_ns));
    const std::uint64_t cycle = random() >> (20 + random() % 44);
    const ClockCrossing clocks{core_mhz, tck_ns};
    ASSERT_EQ(clocks.memory_at(cycle), static_cast<std::uint64_t>(Wide{cycle} * memory / core));
    ASSERT_EQ(clocks.memory_from(cycle),
              static_cast<std::uint64_t>((Wide{cycle} * memory + core - 1) / core));
    ASSERT_EQ(clocks.core_from(cycle),
              static_cast<std::uint64_t>((Wide{cycle} * core + memory - 1) / memory));
  }
}

TEST(ClockCrossing, OfEqualFrequenciesIsNone) {
  const ClockCrossing clocks{1200, 0.8333333333333334};
  for (const std::uint64_t cycle : {1ULL, 7ULL, 123'456'789'012ULL}) {
    EXPECT_EQ(clocks.memory_from(cycle), cycle);
    EXPECT_EQ(clocks.memory_at(cycle), cycle);
    EXPECT_EQ(clocks.core_from(cycle), cycle);
  }
}

/// DDR4 whose clock is the core's: an idle read takes 38 cycles with its bank closed (tRCD + CL +
/// 4 of data), 21 with its row open.
class BankedMemoryCycles : public ::testing::Test {
 protected:
  MemoryHistory run(const std::vector<std::vector<PlannedBurst>>& plans, std::uint64_t hold = 1) {
    port.core_mhz = 1200;
    port.masters = static_cast<std::uint32_t>(plans.size());
    dram::BankedMemoryTiming memory{matched_config("ddr4_2400", "bg"), port};
    return run_masters(memory, plans, hold, Visits::EveryCycle);
  }

  dram::PortConfig port;
};

TEST_F(BankedMemoryCycles, AReadComesItsLatencyAfterItsCycleOnTheRequestChannel) {
  // Sent in 5, on the channel in 6, at the memory from 7 on, data complete when 7 + 38 starts.
  EXPECT_EQ(run({{{5, {0, 64, false, 0}}}}).answered[0], Cycles{7 + 38});
  port.path_latency = 9;
  EXPECT_EQ(run({{{5, {0, 64, false, 0}}}}).answered[0], Cycles{7 + 38 + 9});
}

TEST_F(BankedMemoryCycles, AWriteIsAcknowledgedWhenTheControllerHasIt) {
  // On the channel from 6 to 9 (4 beats), accepted in 10, acknowledged in 11; the layer goes on
  // until its data are in the bank.
  const MemoryHistory history = run({{{5, {0, 64, true, 0}}}});
  EXPECT_EQ(history.answered[0], Cycles{11});
  // tRCD + CWL + 4 of data after cycle 10
  EXPECT_EQ(history.idle_at, 10U + 17 + 12 + 4 - 1);
}

TEST_F(BankedMemoryCycles, AnswersOfAMasterKeepTheOrderOfItsRequests) {
  // Another row of the open bank (55 cycles), then a closed bank (38): that one is there first.
  const std::uint64_t row = 1ULL << 17;
  const MemoryHistory history =
      run({{{1, {0, 64, false, 0}}, {100, {row, 64, false, 1}}, {101, {64, 64, false, 2}}}});
  const Cycles& answered = history.answered[0];
  EXPECT_EQ(history.activity.device.row_conflicts, 1U);
  EXPECT_EQ(answered[1], 102U + 55);
  EXPECT_EQ(answered[2], answered[1] + 4) << "right behind, after its four beats";
  EXPECT_EQ(history.activity.busy_cycles, 3U + 2 * 4)
      << "three requests and the beats of two answers; the history ends before the last one's";
}

TEST_F(BankedMemoryCycles, MastersDoNotWaitForEachOthersAnswers) {
  const std::uint64_t row = 1ULL << 17;
  const MemoryHistory history =
      run({{{1, {0, 64, false, 0}}, {100, {row, 64, false, 1}}}, {{101, {64, 64, true, 2}}}});
  EXPECT_LT(history.answered[1][0], history.answered[0][1]);
}

TEST_F(BankedMemoryCycles, ABurstOfManyRequestsWaitsForItsLast) {
  const MemoryHistory history = run({{{5, {0, 256, false, 0}}}});
  // One request a cycle, then one burst each tCCD_S = 4 cycles: the bank group is lowest.
  EXPECT_EQ(history.answered[0], Cycles{7 + 38 + 3 * 4});
  EXPECT_EQ(history.activity.device.reads, 4U);
}

TEST_F(BankedMemoryCycles, AShortBurstTakesAWholeOneOfTheMemory) {
  const MemoryHistory history = run({{{5, {16, 16, false, 0, 16}}}});
  EXPECT_EQ(history.activity.device.reads, 1U);
  EXPECT_EQ(history.windows.at(0).read_bytes, 16U) << "what the bus carries";
}

TEST_F(BankedMemoryCycles, ALayerStartsHalfwayBetweenTwoRefreshes) {
  std::vector<PlannedBurst> sparse;
  for (std::uint64_t i = 0; i < 100; ++i) {
    sparse.push_back({1 + i * 300, {i * 64, 64, false, i}});
  }
  // tREFI is 9360: refreshes are due in 4680, 14040 and 23400 of 29,800 cycles.
  EXPECT_EQ(run({sparse}).activity.device.refreshes, 3U);
}

TEST_F(BankedMemoryCycles, EveryCycleIsInOneCount) {
  const MemoryHistory history = run({{{5, {0, 64, false, 0}}}});
  // Busy: cycle 6 with the request, 45 to 48 with the beats, of which the layer sees none but the
  // decision in 44. Waiting: 7 to 44.
  EXPECT_EQ(history.idle_at, 44U);
  EXPECT_EQ(history.activity.busy_cycles, 1U);
  EXPECT_EQ(history.activity.waiting_cycles, 38U);
}

}  // namespace
}  // namespace systole::test
