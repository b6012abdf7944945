// What the banked DRAM does with each trace behind tests/data/dram/reference.csv, to the cycle.
// Other simulators' figures beside ours, within bars: tests/validation/dram_reference_test.cpp.
#include <fmt/format.h>
#include <gtest/gtest.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <string>
#include <utility>

#include "sim/dram_trace/command_file.hpp"
#include "tests/support/dram_traces.hpp"

namespace systole::test {
namespace {

/// The runs of the reference: traces, and reads that are in flight at most (0: no limit).
const std::pair<const char*, std::uint64_t> kRuns[] = {
    {"a_seq_read", 0},         {"a_seq_read", 32},         {"b_seq_write", 0},
    {"c_tile_read", 0},        {"c_tile_read", 32},        {"d_rw_alternate", 0},
    {"d_rw_alternate", 32},    {"e_random_read", 0},       {"e_random_read", 32},
    {"f_lowrate_seq_read", 0}, {"g_lowrate_rand_read", 0},
};

std::string file_text(const std::string& path) {
  std::ifstream file{path, std::ios::binary};
  return {std::istreambuf_iterator<char>{file}, std::istreambuf_iterator<char>{}};
}

/// Holds the runs of a part against dram_cycles/PART_MAPPING.csv. On a difference the table as it
/// is now is left in the build folder, to be read and, if the memory is right, copied over the
/// other.
void expect_cycles(const std::string& part, const std::string& mapping) {
  const dram::Config config = matched_config(part, mapping);
  std::string table = "trace,max_outstanding_reads,finish_cycles,lat_mean,lat_min,acts,refs\n";
  for (const auto& [trace, outstanding] : kRuns) {
    const auto run = run_requests(config, reference_trace(trace), outstanding);
    EXPECT_EQ(run.stats.refreshes, run.cycles / config.timing.refi * config.organization.units())
        << trace;
    table += fmt::format("{},{},{},{:.3f},{},{},{}\n", trace, outstanding, run.cycles,
                         run.read_latency.mean, run.read_latency.min, run.stats.activates,
                         run.stats.refreshes);
  }
  const std::string name = part + "_" + mapping + ".csv";
  if (table != file_text(SYSTOLE_SOURCE_DIR "/tests/golden/dram_cycles/" + name)) {
    const std::string kept = SYSTOLE_BINARY_DIR "/dram_cycles_" + name;
    std::ofstream{kept, std::ios::binary} << table;
    ADD_FAILURE() << "differs from tests/golden/dram_cycles/" << name << "; see " << kept
                  << ", and say why in CHANGELOG.md if it is right";
  }
}

TEST(DramCycles, OfDdr4WithTheBankGroupLowest) { expect_cycles("ddr4_2400", "bg"); }
TEST(DramCycles, OfDdr4WithTheColumnLowest) { expect_cycles("ddr4_2400", "lo"); }
TEST(DramCycles, OfLpddr4WithTheBankGroupLowest) { expect_cycles("lpddr4_3200", "bg"); }
TEST(DramCycles, OfLpddr4WithTheColumnLowest) { expect_cycles("lpddr4_3200", "lo"); }
TEST(DramCycles, OfHbm2WithTheBankGroupLowest) { expect_cycles("hbm2_1ch", "bg"); }
TEST(DramCycles, OfHbm2WithTheColumnLowest) { expect_cycles("hbm2_1ch", "lo"); }

/// The checker that was written beside the reference, on our command traces.
TEST(DramCycles, TheReferencesOwnCheckerFindsNoViolation) {
  namespace fs = std::filesystem;
  const fs::path folder = SYSTOLE_SOURCE_DIR "/../shared/data/dram";
  if (!fs::exists(folder / "check_timing.py") ||
      std::system("python3 -c '' > /dev/null 2>&1") != 0) {
    GTEST_SKIP() << "skipped: check_timing.py of the reference, or python3, is not here; "
                    "DramProperty checks the same rules";
  }
  const std::string commands = fmt::format("{}/dram_reference_commands.txt", SYSTOLE_BINARY_DIR);
  for (const std::string part : {"ddr4_2400", "lpddr4_3200", "hbm2_1ch"}) {
    for (const std::string mapping : {"bg", "lo"}) {
      for (const std::string trace : {"c_tile_read", "d_rw_alternate", "e_random_read"}) {
        CommandFile file{commands};
        auto requests = reference_trace(trace);
        requests.resize(20000);  // the checker is slow
        run_requests(matched_config(part, mapping), requests, 0, &file);
        file.commit();
        ASSERT_GT(fs::file_size(commands), requests.size()) << "a line a request at least";
        const std::string call = fmt::format(
            "python3 -B '{0}/check_timing.py' '{0}/manifest.json' {1} '{2}' > '{2}.out' && "
            "grep -q '\"viol\": {{}}' '{2}.out'",
            folder.string(), part, commands);
        EXPECT_EQ(std::system(call.c_str()), 0) << part << ' ' << mapping << ' ' << trace;
      }
    }
  }
  fs::remove(commands);
  fs::remove(commands + ".out");
}

}  // namespace
}  // namespace systole::test
