#include <gtest/gtest.h>

#include <algorithm>
#include <cstdio>
#include <filesystem>
#include <fstream>
#include <random>
#include <sstream>

#include "sim/config/error_log.hpp"
#include "sim/dram_trace/command_file.hpp"
#include "sim/dram_trace/dram_report.hpp"
#include "sim/dram_trace/trace_reader.hpp"
#include "tests/support/dram_traces.hpp"

namespace systole::test {
namespace {

/// A file of its own for each test, in the build folder.
class DramTrace : public ::testing::Test {
 protected:
  void TearDown() override { std::remove(file_.c_str()); }

  std::vector<TraceRequest> read(const std::string& text) {
    std::ofstream{file_} << text;
    TraceReader reader{file_, preset("ddr4_2400")};
    std::vector<TraceRequest> requests;
    while (const auto request = reader.next()) {
      requests.push_back(*request);
    }
    return requests;
  }

  std::string error_of(const std::string& text) {
    try {
      read(text);
    } catch (const ConfigError& error) {
      return std::string{error.what()}.substr(file_.size());
    }
    return "";
  }

  const std::string file_ = std::string{SYSTOLE_BINARY_DIR "/dram_trace_"} +
                            ::testing::UnitTest::GetInstance()->current_test_info()->name() +
                            ".txt";
};

void expect_two_requests(const std::vector<TraceRequest>& requests, dram::Cycle second_arrival) {
  ASSERT_EQ(requests.size(), 2U);
  EXPECT_EQ(requests[0].arrival, 0U);
  EXPECT_FALSE(requests[0].write);
  EXPECT_EQ(requests[0].address, 0x1a40U);
  EXPECT_EQ(requests[1].arrival, second_arrival);
  EXPECT_TRUE(requests[1].write);
  EXPECT_EQ(requests[1].address, 0x2000U);  // rounded down to 64 bytes
}

TEST_F(DramTrace, EveryFormatIsRecognizedByItsFirstRequest) {
  expect_two_requests(read("# comment\n\n0 R 1a40\n40 W 0x2010\n"), 40);
  expect_two_requests(read("0x1a40 READ 0\r\n0x2010 WRITE 40\r\n"), 40);
  expect_two_requests(read("0x1a40 R\n0x2010 W\n"), 0);
  expect_two_requests(read("6720 R\n8208 W"), 0);
  expect_two_requests(read("LD 0x1a40\nST 8208\n"), 0);
}

TEST_F(DramTrace, DramSim3sOtherWordsForReadsAndWritesAreTaken) {
  for (const std::string read_word : {"READ", "read", "P_MEM_RD", "P_FETCH"}) {
    for (const std::string write_word : {"WRITE", "write", "P_MEM_WR", "BOFF"}) {
      expect_two_requests(read("0x1a40 " + read_word + " 0\n0x2010 " + write_word + " 40\n"), 40);
    }
  }
  EXPECT_TRUE(read("0x40 BOFF 0\n")[0].write);  // the first request, by which the format is known
  EXPECT_EQ(error_of("0x40 READ 0\n0x40 Write 1\n"),
            ":2:6: expected READ, read, P_MEM_RD, P_FETCH or WRITE, write, P_MEM_WR, BOFF, found "
            "'Write'");
  EXPECT_EQ(error_of("0x40 P_LOCK_RD 0\n").substr(0, 22), ":1:1: no known format,");
}

TEST_F(DramTrace, ErrorsNameTheLineAndTheColumn) {
  EXPECT_EQ(error_of("0 R 40\n1 X 40\n"), ":2:3: expected R or W, found 'X'");
  EXPECT_EQ(error_of("0 R 40\n 1  W 4g\n"), ":2:7: expected an address, found '4g'");
  EXPECT_EQ(error_of("0 R 40\n-1 W 40\n"), ":2:1: expected a cycle, found '-1'");
  EXPECT_EQ(
      error_of("9 R 40\n8 W 40\n"),
      ":2:1: cycle 8 is before the 9 of an earlier request, expected cycles that do not fall");
  EXPECT_EQ(error_of("0 R 40\n100000000000000 W 40\n"),
            ":2:1: cycle 100000000000000 is 100000000000000 after the one before, expected at most "
            "1000000000000");
  EXPECT_EQ(error_of("LD 0x40\nST 0x40 7\n"), ":2:9: 3 words, expected 2 as in the first request");
  EXPECT_EQ(error_of("0 R 200000000\n"),
            ":1:5: address 0x200000000 is outside the memory, expected one below 0x200000000");
  EXPECT_EQ(error_of("0x40 READ 9\n0x40 READ 8\n"),
            ":2:11: cycle 8 is before the 9 of an earlier request, expected cycles that do not "
            "fall");
  EXPECT_EQ(error_of("LD 99999999999999999999\n"),
            ":1:4: address 99999999999999999999 is outside the memory, expected one below "
            "0x200000000");
  EXPECT_EQ(error_of("0 R 10000000000000000g\n"),
            ":1:5: expected an address, found '10000000000000000g'");
  for (const std::string late : {"4611686018427387905", "99999999999999999999"}) {
    EXPECT_EQ(error_of(late + " R 40\n"),
              ":1:1: cycle " + late + " is out of range, expected one in 0..4611686018427387904");
  }
  EXPECT_EQ(error_of("R 0,1,2\n"),
            ":1:1: no known format, expected CYCLE R|W ADDRESS, ADDRESS READ|WRITE CYCLE, ADDRESS "
            "R|W or LD|ST ADDRESS");
}

TEST_F(DramTrace, AMissingFileIsAnError) {
  EXPECT_THROW((TraceReader{file_, preset("ddr4_2400")}), ConfigError);
}

TEST_F(DramTrace, LinesHaveAnEnd) {
  const std::size_t most = 1U << 20U;
  const std::string comment = '#' + std::string(most - 1, 'x');
  EXPECT_EQ(read("0 R 40\n" + comment + "\n1 R 40\n" + comment).size(), 2U);
  EXPECT_EQ(error_of("0 R 40\n" + comment + "x\n1 R 40\n"),
            ":2:1: a line of more than 1048576 bytes, expected a request");
  TraceReader endless{"/dev/zero", preset("ddr4_2400")};
  EXPECT_THROW(endless.next(), ConfigError);
}

TEST_F(DramTrace, AnEmptyTraceTakesNoTime) {
  const auto result = run_requests(preset("ddr4_2400"), read("# nothing\n"));
  EXPECT_EQ(result.requests, 0U);
  EXPECT_EQ(result.cycles, 0U);
  EXPECT_NE(dram_text_report(preset("ddr4_2400"), "t", result).find("0 of 64 B"),
            std::string::npos);
}

TEST_F(DramTrace, CommandsAreWrittenInOrderAndTheFileAppearsWhole) {
  CommandFile file{file_};
  run_requests(preset("ddr4_2400"), {{0, false, 0}, {0, true, 64}}, 0, &file);
  EXPECT_FALSE(std::filesystem::exists(file_));
  file.commit();
  std::ifstream in{file_};
  std::ostringstream text;
  text << in.rdbuf();
  EXPECT_EQ(text.str(), "0 A 0 0 0 0 0\n17 R 0 0 0 0 0\n18 A 0 0 1 0 0\n35 W 0 0 1 0 0\n");
}

// Channels are told one after the other, and an activate of two cycles before a shorter command on
// the other bus that takes effect sooner.
TEST_F(DramTrace, CommandsOfSeveralChannelsAreWrittenInOrderOfTime) {
  CommandFile file{file_};
  const auto tell = [&](dram::Cycle cycle, dram::Command command, std::int64_t channel) {
    file.on_command({cycle, command, channel, 0, 0, 0, 0});
  };
  tell(5, dram::Command::Activate, 0);
  tell(4, dram::Command::Read, 0);
  tell(9, dram::Command::Write, 0);
  tell(5, dram::Command::Read, 1);
  tell(2, dram::Command::Activate, 1);
  file.on_settled(5);
  tell(5, dram::Command::Write, 0);  // may still come
  tell(7, dram::Command::Write, 1);
  file.on_settled(8);
  file.on_settled(8);
  file.commit();
  std::ifstream in{file_};
  std::ostringstream text;
  text << in.rdbuf();
  EXPECT_EQ(text.str(),
            "2 A 1 0 0 0 0\n4 R 0 0 0 0 0\n5 A 0 0 0 0 0\n5 W 0 0 0 0 0\n5 R 1 0 0 0 0\n"
            "7 W 1 0 0 0 0\n9 W 0 0 0 0 0\n");
}

/// How many commands are told and not settled, at most.
class Backlog final : public dram::CommandObserver {
 public:
  void on_command(const dram::IssuedCommand& command) override {
    EXPECT_GE(command.cycle, settled_);
    cycles_.push_back(command.cycle);
    most = std::max(most, cycles_.size());
  }
  void on_settled(dram::Cycle cycle) override {
    settled_ = cycle;
    cycles_.erase(std::remove_if(cycles_.begin(), cycles_.end(),
                                 [&](dram::Cycle of_command) { return of_command < cycle; }),
                  cycles_.end());
  }
  std::size_t most = 0;

 private:
  std::vector<dram::Cycle> cycles_;
  dram::Cycle settled_ = 0;
};

TEST_F(DramTrace, CommandsThatWaitForTheirOrderStayFew) {
  Backlog backlog;
  const auto result =
      run_requests(preset("hbm2"), {{0, false, 0}, {10'000'000, false, 0}}, 0, &backlog);
  EXPECT_GT(result.stats.refreshes, 30'000U);
  EXPECT_LT(backlog.most, 200U);
}

TEST_F(DramTrace, ACommandFileThatIsNotCommittedLeavesNothing) {
  { CommandFile file{file_}; }
  EXPECT_FALSE(std::filesystem::exists(file_));
}

TEST_F(DramTrace, AtMostSoManyReadsAreInFlight) {
  const auto result = run_requests(preset("ddr4_2400"), reference_trace("f_lowrate_seq_read"), 1);
  EXPECT_EQ(result.read_latency.min, 21U);
  auto stream = reference_trace("a_seq_read");
  stream.resize(1000);
  const auto alone = run_requests(matched_config("ddr4_2400", "lo"), stream, 1);
  EXPECT_NEAR(static_cast<double>(alone.cycles), 1000 * 21, 2000);  // one hit after the other
}

// No file gives such a memory.
TEST_F(DramTrace, AMemoryThatServesNothingIsGivenUp) {
  dram::Config config = preset("ddr4_2400");
  config.timing.rfc = 100'000;
  config.timing.refi = 100'010;  // an activate and its read do not fit in 10 cycles
  const std::vector<TraceRequest> requests = {{0, false, 0}, {150'000, false, 0}};
  EXPECT_THROW(run_requests(config, requests), std::logic_error);
  CommandFile file{file_};
  EXPECT_THROW(run_requests(config, requests, 1, &file), std::logic_error);
}

/// Sees each refresh.
struct Witness : dram::CommandObserver {
  void on_command(const dram::IssuedCommand& /*command*/) override {}
};

TEST_F(DramTrace, RefreshesOfALongRestAreCountedAsIfEachWereSeen) {
  std::mt19937_64 random{7};
  for (const char* const name : {"ddr4_2400", "hbm2", "lpddr4_3200"}) {
    for (const auto policy : {dram::PagePolicy::Open, dram::PagePolicy::Closed}) {
      dram::Config config = preset(name);
      config.controller.page_policy = policy;
      std::vector<TraceRequest> requests;
      dram::Cycle arrival = 0;
      for (int i = 0; i < 60; ++i) {
        arrival += i % 3 == 0 ? random() % 2'000'000 : random() % 30;
        const std::uint64_t request = random() % (config.organization.capacity_bytes() / 64);
        requests.push_back({arrival, random() % 2 == 0,
                            request * 64 / config.request_bytes * config.request_bytes});
      }
      for (const std::uint64_t reads : {0U, 1U}) {
        Witness witness;
        const auto seen = run_requests(config, requests, reads, &witness);
        const auto skipped = run_requests(config, requests, reads);
        EXPECT_EQ(skipped.cycles, seen.cycles) << name;
        EXPECT_EQ(skipped.stats.refreshes, seen.stats.refreshes) << name;
        EXPECT_EQ(skipped.stats.precharges_all, seen.stats.precharges_all) << name;
        EXPECT_EQ(skipped.stats.read_latency_sum, seen.stats.read_latency_sum) << name;
        EXPECT_EQ(skipped.stats.write_latency_sum, seen.stats.write_latency_sum) << name;
        EXPECT_EQ(skipped.energy.total_pj(), seen.energy.total_pj()) << name;
      }
    }
  }
}

// Each refresh simulated, it takes more than a minute.
TEST_F(DramTrace, ARestTakesNoTime) {
  const dram::Config config = preset("hbm2");
  const auto result = run_requests(config, {{0, false, 64}, {1'000'000'000'000, false, 64}});
  const std::uint64_t units =
      std::uint64_t{config.organization.channels} * config.organization.units();
  EXPECT_EQ(result.stats.refreshes, result.cycles / config.timing.refi * units);
}

TEST_F(DramTrace, ReportsAgree) {
  const auto config = preset("ddr4_2400");
  const auto result = run_requests(config, reference_trace("a_seq_read"));
  const auto json = dram_json_report(config, "a_seq_read", result);
  EXPECT_EQ(json["cycles"], result.cycles);
  EXPECT_EQ(json["commands"]["read"], 65536);
  EXPECT_NEAR(json["peak_percent"].get<double>(), 95.15, 0.01);
  EXPECT_EQ(json["row_hits"].get<int>() + json["row_misses"].get<int>() +
                json["row_conflicts"].get<int>(),
            65536);
  const std::string text = dram_text_report(config, "a_seq_read", result);
  EXPECT_NE(text.find("18.27 GB/s, 95.1 % of the peak of 19.20 GB/s"), std::string::npos) << text;
  EXPECT_NE(text.find("pJ/bit"), std::string::npos);
}

}  // namespace
}  // namespace systole::test
