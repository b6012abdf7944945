// The banked DRAM held against DRAMsim3, Ramulator 2 and DRAMSys on their own measured runs
// (tests/data/dram), within the bars below. Ours to the cycle: tests/golden/dram_cycles_test.cpp.
#include <fmt/format.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <fstream>
#include <iostream>
#include <iterator>
#include <sstream>
#include <stdexcept>
#include <string>
#include <vector>

#include "tests/support/dram_traces.hpp"

namespace systole::test {
namespace {

const char* const kRowHit = "ramulator2.1-rowhit";  // the reference's scheduler nearest to ours

const std::array<const char*, 7> kTraces = {
    "a_seq_read",    "b_seq_write",        "c_tile_read",         "d_rw_alternate",
    "e_random_read", "f_lowrate_seq_read", "g_lowrate_rand_read",
};

struct Bars {
  const char* part;
  const char* simulator;
  std::array<double, kTraces.size()> percent;  ///< in the order of kTraces
};

// What a difference may be at most: the acceptance table of the references' measurers, and for
// pairs that it does not name the spread of the references themselves. f, g: the traces' own pace
// decides. DRAMsim3 mixes reads and writes, and takes 160 requests; its activates on HBM2 are
// short. Ramulator 2's default scheduler closes rows that are still wanted. LPDDR4's c and e are
// more narrowly held below. The pseudo channels of DRAMSys refresh at different times.
const Bars kBars[] = {
    {"ddr4_2400", "dramsim3", {5, 5, 5, 20, 5, 0.05, 0.05}},
    {"ddr4_2400", "dramsys", {0.5, 0.5, 0.5, 2, 1, 0.05, 0.05}},
    {"ddr4_2400", kRowHit, {0.5, 0.5, 0.5, 2, 1, 0.05, 0.05}},
    {"ddr4_2400", "ramulator2.0", {3, 3, 3, 2, 1, 0.05, 0.05}},
    {"ddr4_2400", "ramulator2.1", {3, 3, 3, 2, 1, 0.05, 0.05}},
    {"lpddr4_3200", "dramsim3", {9, 9, 9, 20, 9, 0.05, 0.05}},
    {"lpddr4_3200", "dramsys", {1, 1, 11, 2, 8, 0.05, 0.05}},
    {"lpddr4_3200", kRowHit, {1, 1, 11, 2, 8, 0.05, 0.05}},
    {"lpddr4_3200", "ramulator2.0", {1, 1, 11, 2, 8, 0.05, 0.05}},
    {"lpddr4_3200", "ramulator2.1", {1, 1, 11, 2, 8, 0.05, 0.05}},
    {"hbm2_1ch", "dramsim3", {2.5, 2.5, 30, 30, 33, 0.05, 0.05}},
    {"hbm2_1ch", "dramsys", {15, 15, 15, 20, 15, 0.05, 0.05}},
    {"hbm2_1ch", kRowHit, {2.5, 2.5, 10, 10, 3, 0.05, 0.05}},
    {"hbm2_1ch", "ramulator2.1", {2.5, 2.5, 10, 10, 3, 0.05, 0.05}},
};

/// Of each simulator, the runs of a part: every trace as the queues take it, and a, c, d and e with
/// 32 reads in flight, too.
constexpr std::size_t kRuns = 11;

struct ReferenceRow {
  std::string part, trace, simulator;
  std::uint64_t outstanding = 0;
  double cycles = 0;
  double mean_latency = 0;
};

/// Rows of one part in the set with matched timings. Throws std::runtime_error if there are not as
/// many as the simulators of kBars have runs.
std::vector<ReferenceRow> reference_rows(const std::string& part) {
  const std::string path = SYSTOLE_SOURCE_DIR "/tests/data/dram/reference.csv";
  std::ifstream in{path};
  std::vector<ReferenceRow> rows;
  std::string line;
  while (std::getline(in, line)) {
    std::vector<std::string> cells;
    std::istringstream words{line};
    for (std::string cell; std::getline(words, cell, ',');) {
      cells.push_back(cell);
    }
    if (cells.at(0) == part && cells.at(1) == "matched_bg") {
      rows.push_back({part, cells.at(2), cells.at(4), std::stoull(cells.at(3)),
                      std::stod(cells.at(8)), std::stod(cells.at(12))});
    }
  }
  const auto simulators = std::count_if(std::begin(kBars), std::end(kBars),
                                        [&](const Bars& bars) { return bars.part == part; });
  const std::size_t expected = kRuns * static_cast<std::size_t>(simulators);
  if (rows.size() != expected) {
    throw std::runtime_error{
        fmt::format("{}: {} rows of {}, expected {}", path, rows.size(), part, expected)};
  }
  return rows;
}

/// Throws std::logic_error for a row that kBars does not know.
double bar(const ReferenceRow& row) {
  for (const Bars& bars : kBars) {
    for (std::size_t i = 0; i < kTraces.size(); ++i) {
      if (bars.part == row.part && bars.simulator == row.simulator && kTraces[i] == row.trace) {
        return bars.percent[i];
      }
    }
  }
  throw std::logic_error{fmt::format("no bar for {} on {}", row.simulator, row.trace)};
}

/// Their difference to ours, relative to ours, in percent.
double difference(double theirs, double ours) { return 100 * (theirs / ours - 1); }

/// LPDDR4's tiles go in another order than Ramulator's (below), so that their latencies differ.
bool has_our_latency(const ReferenceRow& row) {
  const bool reads_only = row.trace != "b_seq_write" && row.trace != "d_rw_alternate";
  const bool other_order = row.part == "lpddr4_3200" && row.trace == "c_tile_read";
  return row.simulator == kRowHit && row.outstanding == 32 && reads_only && !other_order;
}

void expect_within_bars(const std::string& part) {
  const dram::Config config = matched_config(part, "bg");
  TraceRunResult ours;
  std::string run;
  std::cout << part << ", cycles of ours, and what the others differ from them in percent\n";
  for (const auto& row : reference_rows(part)) {
    const std::string name = fmt::format("{} ({} outstanding)", row.trace, row.outstanding);
    if (name != run) {
      run = name;
      ours = run_requests(config, reference_trace(row.trace), row.outstanding);
      std::cout << fmt::format("\n{:<36}{:>9}  ", name, ours.cycles);
    }
    const double percent = difference(row.cycles, static_cast<double>(ours.cycles));
    std::cout << fmt::format("{} {:+.2f}  ", row.simulator, percent);
    EXPECT_LE(std::abs(percent), bar(row)) << row.simulator << " on " << name;
    if (has_our_latency(row)) {
      EXPECT_NEAR(ours.read_latency.mean, row.mean_latency, 0.02 * row.mean_latency) << name;
    }
  }
  std::cout << '\n';
}

TEST(DramReference, Ddr4CyclesLieWithinTheBars) { expect_within_bars("ddr4_2400"); }
TEST(DramReference, Lpddr4CyclesLieWithinTheBars) { expect_within_bars("lpddr4_3200"); }
TEST(DramReference, Hbm2CyclesLieWithinTheBars) { expect_within_bars("hbm2_1ch"); }

/// The reference's row of a simulator. Throws std::logic_error without one.
double cycles_of(const std::vector<ReferenceRow>& rows, const ReferenceRow& run,
                 const std::string& simulator) {
  for (const auto& row : rows) {
    if (row.trace == run.trace && row.outstanding == run.outstanding &&
        row.simulator == simulator) {
      return row.cycles;
    }
  }
  throw std::logic_error{fmt::format("no row of {} on {}", simulator, run.trace)};
}

TEST(DramReference, Lpddr4TilesAndRandomReadsLieBetweenRamulatorAndDramSys) {
  const auto rows = reference_rows("lpddr4_3200");
  const dram::Config config = matched_config("lpddr4_3200", "bg");
  std::size_t seen = 0;
  for (const auto& row : rows) {
    if ((row.trace != "c_tile_read" && row.trace != "e_random_read") ||
        row.simulator != "dramsys") {
      continue;
    }
    ++seen;
    const auto ours = run_requests(config, reference_trace(row.trace), row.outstanding);
    const double ramulator = cycles_of(rows, row, "ramulator2.1");
    std::cout << fmt::format("LPDDR4 {} ({} outstanding): {:.0f} .. {} .. {:.0f}\n", row.trace,
                             row.outstanding, ramulator, ours.cycles, row.cycles);
    EXPECT_GE(static_cast<double>(ours.cycles), 0.92 * std::min(ramulator, row.cycles));
    EXPECT_LE(static_cast<double>(ours.cycles), 1.08 * std::max(ramulator, row.cycles));
  }
  EXPECT_EQ(seen, 4U);
}

// Where DRAMsim3 differs from Ramulator's row-hit scheduler by more than a percent it does so from
// ours in the same direction: its look-ahead makes alternating traffic and tiles faster.
TEST(DramReference, DramSim3DiffersInTheSameDirectionAsFromRamulator) {
  std::size_t seen = 0;
  for (const std::string part : {"ddr4_2400", "lpddr4_3200", "hbm2_1ch"}) {
    const auto rows = reference_rows(part);
    for (const auto& row : rows) {
      const double ramulator = cycles_of(rows, row, kRowHit);
      if (row.simulator != "dramsim3" || std::abs(difference(row.cycles, ramulator)) <= 1) {
        continue;
      }
      const auto ours =
          run_requests(matched_config(part, "bg"), reference_trace(row.trace), row.outstanding);
      EXPECT_EQ(row.cycles < ramulator, row.cycles < static_cast<double>(ours.cycles))
          << part << ' ' << row.trace;
      ++seen;
    }
  }
  EXPECT_EQ(seen, 18U);
}

// What separates them on LPDDR4's tiles is the order in which hits of several banks go. The oldest
// first: all banks end their rows together and open the next ones together, as in Ramulator and
// DRAMSys. Several of a bank in turn: a bank opens its next row under the others' data, as in
// DRAMsim3.
TEST(DramReference, ReadsInARowAreWhatSeparatesTheReferencesOnLpddr4Tiles) {
  dram::Config config = matched_config("lpddr4_3200", "bg");
  const auto percent_of = [&config](std::uint32_t reads, double theirs) {
    config.controller.reads_in_a_row = reads;
    const auto ours = run_requests(config, reference_trace("c_tile_read"));
    return difference(theirs, static_cast<double>(ours.cycles));
  };
  EXPECT_NEAR(percent_of(1, 653846), 0, 0.2);  // Ramulator 2.1, row hits first
  EXPECT_NEAR(percent_of(4, 573687), 0, 0.2);  // DRAMsim3
}

// Figures for the column-lowest mapping, of Ramulator 2.1 with its row-hit scheduler, DRAMSys and
// DRAMsim3: a stream stays in one bank group and runs at tCCD_L.
TEST(DramReference, Ddr4WithTheColumnLowestLiesWithinTheBars) {
  const dram::Config config = matched_config("ddr4_2400", "lo");
  const auto stream = run_requests(config, reference_trace("a_seq_read"), 32);
  EXPECT_LE(std::abs(difference(358537, static_cast<double>(stream.cycles))), 0.5);
  const auto alternating = run_requests(config, reference_trace("d_rw_alternate"));
  EXPECT_LE(std::abs(difference(528860, static_cast<double>(alternating.cycles))), 2);
}

// A longer look-ahead reaches the next bank group (73 to 78 % of the peak at 32 entries, 95 % at
// 128), and makes longer batches of writes (row hits from 26 to 36 % at 32 entries, 78 % at 128).
TEST(DramReference, Ddr4GainsFromDeeperQueuesAsTheOthersDo) {
  dram::Config config = matched_config("ddr4_2400", "lo");
  const auto percent_of_peak = [&] {
    const auto result = run_requests(config, reference_trace("a_seq_read"));
    return 100.0 * 4 * 65536 / static_cast<double>(result.cycles);
  };
  EXPECT_NEAR(percent_of_peak(), 75.5, 2.5);
  config.controller.read_entries = config.controller.write_entries = 128;
  EXPECT_NEAR(percent_of_peak(), 95, 1);
  config.mapping = matched_config("ddr4_2400", "bg").mapping;
  const auto result = run_requests(config, reference_trace("d_rw_alternate"));
  EXPECT_NEAR(static_cast<double>(result.stats.activates), (1 - 0.78) * 65536, 0.03 * 65536);
}

// Row commands bind random reads on HBM2: 296,000 to 304,000 cycles when an activate takes one.
TEST(DramReference, Hbm2RandomReadsAreBoundByTheRowCommandBus) {
  dram::Config config = matched_config("hbm2_1ch", "bg");
  const auto shared = run_requests(config, reference_trace("e_random_read"));
  EXPECT_LE(std::abs(difference(434800, static_cast<double>(shared.cycles))), 3);
  config.command_bus.activate_cycles = 1;
  const auto shorter = run_requests(config, reference_trace("e_random_read"));
  EXPECT_LE(std::abs(difference(300000, static_cast<double>(shorter.cycles))), 3 + 1.4);
}

TEST(DramReference, EnergiesForEachBitAreThoseOfDramPower) {
  const auto pj_per_bit = [](const std::string& part, const std::string& trace) {
    const auto result = run_requests(matched_config(part, "bg"), reference_trace(trace));
    return result.energy.total_pj() / static_cast<double>(result.bytes) / 8;
  };
  // DRAMPower on the commands of DRAMSys (DDR4) and Ramulator 2.1 (LPDDR4), and DRAMsim3 (HBM2).
  EXPECT_NEAR(pj_per_bit("ddr4_2400", "a_seq_read"), 9.27, 0.01 * 9.27);
  EXPECT_NEAR(pj_per_bit("ddr4_2400", "b_seq_write"), 8.53, 0.01 * 8.53);
  EXPECT_NEAR(pj_per_bit("ddr4_2400", "d_rw_alternate"), 14.15, 0.01 * 14.15);
  EXPECT_NEAR(pj_per_bit("ddr4_2400", "e_random_read"), 18.16, 0.01 * 18.16);
  EXPECT_NEAR(pj_per_bit("ddr4_2400", "f_lowrate_seq_read"), 38.94, 0.01 * 38.94);
  EXPECT_NEAR(pj_per_bit("lpddr4_3200", "e_random_read"), 11.80, 0.01 * 11.80);
  EXPECT_NEAR(pj_per_bit("hbm2_1ch", "a_seq_read"), 2.01, 0.01 * 2.01);
}

}  // namespace
}  // namespace systole::test
