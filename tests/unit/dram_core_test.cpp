#include <gtest/gtest.h>

#include "models/dram/banked/banked_dram.hpp"
#include "tests/support/dram_checker.hpp"
#include "tests/support/dram_traces.hpp"

namespace systole::test {
namespace {

using dram::BankedDram;
using dram::Command;
using dram::Completion;
using dram::Config;
using dram::Cycle;

/// Offers a request in `cycle` and waits for it.
Completion serve(BankedDram& memory, std::uint64_t address, bool write, Cycle cycle) {
  EXPECT_TRUE(memory.offer({address, write, 7}, cycle));
  memory.advance_to(cycle + 1000);
  const auto done = memory.take_completion(cycle + 1000);
  EXPECT_TRUE(done);
  return done.value_or(Completion{});
}

struct IdleLatencies {
  Cycle hit, closed, conflict;
};

/// Reads of an idle memory: a closed bank, then the same row, then another row of the bank.
void expect_latencies(const Config& config, const IdleLatencies& expected) {
  BankedDram memory{config};
  const std::uint64_t row_bytes = config.organization.capacity_bytes() / config.organization.rows;
  const auto latency = [&](std::uint64_t address, Cycle cycle) {
    const Completion done = serve(memory, address, false, cycle);
    return done.finish - done.arrival;
  };
  EXPECT_EQ(latency(0, 100), expected.closed) << config.name;
  EXPECT_EQ(latency(0, 1200), expected.hit) << config.name;
  EXPECT_EQ(latency(row_bytes, 2300), expected.conflict) << config.name;  // row: highest bits
}

TEST(DramCore, IdleLatenciesAreTheSumsOfTheirCommands) {
  expect_latencies(matched_config("ddr4_2400", "bg"), {21, 38, 55});
  expect_latencies(matched_config("lpddr4_3200", "bg"), {36, 65, 94});
  // Both halves of a request share the command buses: up to three cycles later.
  expect_latencies(matched_config("hbm2_1ch", "bg"), {17, 33, 46});
}

TEST(DramCore, CommandsOfSeveralCyclesAddTheirFirstOnes) {
  expect_latencies(preset("lpddr4_3200"), {36 + 3, 65 + 3, 94 + 1});
}

TEST(DramCore, ARequestCarriesItsIdAndArrival) {
  BankedDram memory{preset("ddr4_2400")};
  const Completion read = serve(memory, 64, false, 5);
  EXPECT_EQ(read.id, 7U);
  EXPECT_EQ(read.arrival, 5U);
  EXPECT_FALSE(read.write);
  const Completion write = serve(memory, 64, true, 3000);
  EXPECT_TRUE(write.write);
  EXPECT_EQ(write.finish, 3000U + 12 + 4);  // CWL and the burst
}

TEST(DramCore, ACompletionIsNotThereOneCycleEarly) {
  BankedDram memory{preset("ddr4_2400")};
  ASSERT_TRUE(memory.offer({0, false, 0}, 0));
  memory.advance_to(38);
  EXPECT_EQ(memory.next_completion(), 38U);
  EXPECT_FALSE(memory.take_completion(37));
  EXPECT_TRUE(memory.take_completion(38));
}

TEST(DramCore, AFullQueueRefusesUntilTheCycleAfterACommand) {
  Config config = preset("ddr4_2400");
  config.controller.read_entries = 2;
  BankedDram memory{config};
  EXPECT_TRUE(memory.offer({0, false, 0}, 0));
  EXPECT_TRUE(memory.offer({64, false, 1}, 0));
  EXPECT_FALSE(memory.offer({128, false, 2}, 0));
  EXPECT_TRUE(memory.offer({128, true, 2}, 0));     // writes have a queue of their own
  EXPECT_FALSE(memory.offer({192, false, 3}, 17));  // the first read leaves in cycle 17
  EXPECT_TRUE(memory.offer({192, false, 3}, 18));
}

TEST(DramCore, ARequestWaitsForTheOtherDirectionsOneToTheSameBytes) {
  BankedDram memory{preset("ddr4_2400")};
  EXPECT_TRUE(memory.offer({0, true, 0}, 0));
  EXPECT_FALSE(memory.offer({0, false, 1}, 0));
  EXPECT_TRUE(memory.offer({64, false, 2}, 0));
  Cycle cycle = 0;
  while (!memory.offer({0, false, 1}, cycle)) {
    cycle = memory.next_command() + 1;
  }
  EXPECT_LT(cycle, 200U);
}

TEST(DramCore, AddressesOutsideTheMemoryOrBetweenRequestsAreRefusedLoudly) {
  BankedDram memory{preset("ddr4_2400")};
  EXPECT_THROW(memory.offer({32, false, 0}, 0), std::logic_error);
  EXPECT_THROW(memory.offer({std::uint64_t{8} << 30U, false, 0}, 0), std::logic_error);
}

TEST(DramCore, AnIdleMemoryRefreshesAndDoesNothingElse) {
  CommandLog log;
  BankedDram memory{preset("ddr4_2400"), &log};
  memory.advance_to(10 * 9360 + 1);
  ASSERT_EQ(log.commands.size(), 10U);
  for (std::size_t i = 0; i < 10; ++i) {
    EXPECT_EQ(log.commands[i].command, Command::Refresh);
    EXPECT_EQ(log.commands[i].cycle, (i + 1) * 9360);
  }
  EXPECT_EQ(memory.next_command(), 11U * 9360);
}

TEST(DramCore, WithoutARefreshIntervalAnIdleMemoryIsSilent) {
  Config config = preset("ddr4_2400");
  config.timing.refi = 0;
  BankedDram memory{config};
  EXPECT_EQ(memory.next_command(), dram::kNever);
  EXPECT_EQ(memory.next_event(), dram::kNever);
}

std::vector<Command> commands_of(const Config& config, const std::vector<TraceRequest>& requests,
                                 Cycle until) {
  CommandLog log;
  BankedDram memory{config, &log};
  for (const auto& request : requests) {
    EXPECT_TRUE(memory.offer({request.address, request.write, 0}, request.arrival));
  }
  memory.advance_to(until);
  std::vector<Command> commands;
  for (const auto& command : log.commands) {
    commands.push_back(command.command);
  }
  return commands;
}

constexpr auto kRead = Command::Read;
constexpr auto kWrite = Command::Write;
constexpr auto kActivate = Command::Activate;
constexpr auto kPrecharge = Command::Precharge;

TEST(DramCore, AnOpenPageStaysOpenAndAClosedOneIsClosedWhenNoRequestWaitsForIt) {
  Config config = matched_config("ddr4_2400", "lo");
  const std::vector<TraceRequest> requests = {{0, false, 0}, {0, false, 64}};
  using Commands = std::vector<Command>;
  EXPECT_EQ(commands_of(config, requests, 1000), (Commands{kActivate, kRead, kRead}));
  config.controller.page_policy = dram::PagePolicy::Closed;
  EXPECT_EQ(commands_of(config, requests, 1000), (Commands{kActivate, kRead, kRead, kPrecharge}));
}

TEST(DramCore, ARowHitGoesBeforeAnOlderRequestForAnotherRow) {
  const Config config = matched_config("ddr4_2400", "lo");
  const std::uint64_t other_row = 8192 * 16;
  EXPECT_EQ(commands_of(config, {{0, false, 0}, {1, false, other_row}, {2, false, 64}}, 1000),
            (std::vector<Command>{kActivate, kRead, kRead, kPrecharge, kActivate, kRead}));
}

TEST(DramCore, ABankGivesSoManyReadsInARowBeforeOlderOnesOfOthers) {
  Config config = matched_config("lpddr4_3200", "bg");  // blocks of 64 bytes in turn over 8 banks
  const auto banks_of_reads = [&config] {
    CommandLog log;
    BankedDram memory{config, &log};
    EXPECT_TRUE(memory.offer({0, false, 0}, 0));
    EXPECT_TRUE(memory.offer({64, false, 0}, 0));
    memory.advance_to(500);  // two open rows, bank 1 gave the last read
    log.commands.clear();
    for (std::uint64_t column = 1; column <= 3; ++column) {
      EXPECT_TRUE(memory.offer({column * 512, false, 0}, 500));
      EXPECT_TRUE(memory.offer({column * 512 + 64, false, 0}, 500));
    }
    memory.advance_to(600);
    std::vector<int> banks;
    for (const auto& command : log.commands) {
      EXPECT_EQ(command.command, kRead);
      banks.push_back(static_cast<int>(command.bank));
    }
    return banks;
  };
  config.controller.reads_in_a_row = 1;
  EXPECT_EQ(banks_of_reads(), (std::vector<int>{0, 1, 0, 1, 0, 1}));
  config.controller.reads_in_a_row = 2;
  EXPECT_EQ(banks_of_reads(), (std::vector<int>{1, 0, 0, 1, 1, 0}));
  config.controller.reads_in_a_row = 8;
  EXPECT_EQ(banks_of_reads(), (std::vector<int>{1, 1, 1, 0, 0, 0}));
}

// A read of the same bank would wait for tCCD_L: others go between.
TEST(DramCore, ReadsOfABankDoNotFollowEachOtherWhereAnotherGroupIsSooner) {
  Config config = matched_config("ddr4_2400", "bg");
  config.controller.reads_in_a_row = 4;
  CommandLog log;
  BankedDram memory{config, &log};
  EXPECT_TRUE(memory.offer({0, false, 0}, 0));
  EXPECT_TRUE(memory.offer({64, false, 0}, 0));
  memory.advance_to(500);
  log.commands.clear();
  for (const std::uint64_t address : {1024U, 1088U, 2048U, 2112U}) {
    EXPECT_TRUE(memory.offer({address, false, 0}, 500));
  }
  memory.advance_to(600);
  ASSERT_EQ(log.commands.size(), 4U);
  EXPECT_EQ(log.commands[0].bank_group, log.commands[2].bank_group);
  EXPECT_EQ(log.commands[1].bank_group, log.commands[3].bank_group);
  EXPECT_NE(log.commands[0].bank_group, log.commands[1].bank_group);
}

TEST(DramCore, ARowHitThatComesLateStillKeepsItsRowOpen) {
  const Config config = matched_config("ddr4_2400", "lo");
  const std::uint64_t other_row = 8192 * 16;
  // Between the first read in cycle 17 and the precharge that tRAS allows in cycle 39.
  EXPECT_EQ(commands_of(config, {{0, false, 0}, {1, false, other_row}, {20, false, 64}}, 1000),
            (std::vector<Command>{kActivate, kRead, kRead, kPrecharge, kActivate, kRead}));
}

TEST(DramCore, TheWriteThatPassesTheHighWatermarkTurnsTheDirectionAtOnce) {
  Config config = matched_config("ddr4_2400", "lo");
  config.controller.write_entries = 2;  // drains from 2
  CommandLog log;
  BankedDram memory{config, &log};
  EXPECT_TRUE(memory.offer({0, false, 0}, 0));
  EXPECT_TRUE(memory.offer({8192, true, 1}, 0));  // bank group 1
  EXPECT_TRUE(memory.offer({8192 + 64, true, 2}, 0));
  memory.advance_to(1);
  ASSERT_EQ(log.commands.size(), 1U);
  EXPECT_EQ(log.commands[0].bank_group, 1);
}

TEST(DramCore, WritesWaitForReadsUntilTheHighWatermarkAndDrainToTheLowOne) {
  Config config = matched_config("ddr4_2400", "lo");
  config.controller.write_entries = 10;  // drains from 9 to 2
  std::vector<TraceRequest> requests = {{0, false, 0}};
  for (std::uint64_t i = 1; i <= 20; ++i) {
    requests.push_back({0, false, 64 * i});
  }
  for (std::uint64_t i = 0; i < 8; ++i) {
    requests.push_back({0, true, 64 * (40 + i)});
  }
  const auto few = commands_of(config, requests, 2000);
  EXPECT_EQ(std::find(few.begin(), few.end(), kWrite) - few.begin(), 1 + 21);
  requests.push_back({0, true, 64 * 50});
  const auto many = commands_of(config, requests, 2000);
  const auto first_read = std::find(many.begin(), many.end(), kRead);
  EXPECT_EQ(first_read - many.begin(), 1 + 7);  // the activate and 9 - 2 writes
}

// Hits keep a row open for as long as they come; max_wait bounds what that costs others.
TEST(DramCore, ARequestThatHasWaitedTooLongGoesBeforeAllOthers) {
  Config config = matched_config("ddr4_2400", "lo");
  const auto wait_of_the_other_row = [&config] {
    BankedDram memory{config};
    constexpr std::uint64_t kOther = 99;
    const auto streamed = [&](Cycle from, Cycle to) {
      for (Cycle cycle = from; cycle < to; ++cycle) {
        memory.offer({64 * (cycle % 128), false, 0}, cycle);
        while (const auto done = memory.take_completion(cycle)) {
          if (done->id == kOther) {
            return done->finish - done->arrival;
          }
        }
      }
      return Cycle{0};
    };
    streamed(0, 100);
    Cycle start = 100;
    while (!memory.offer({8192 * 16, false, kOther}, start)) {
      ++start;
    }
    return streamed(start + 1, start + 8000);  // until the refresh at 9360 would close the row
  };
  config.controller.max_wait = 10'000'000;
  EXPECT_EQ(wait_of_the_other_row(), 0U);  // not served
  config.controller.max_wait = 500;
  const Cycle wait = wait_of_the_other_row();
  EXPECT_GE(wait, 500U);
  EXPECT_LE(wait, 700U);
}

// A hit each tCCD_L keeps the row open; another row's request comes in each phase of their beat.
TEST(DramCore, ARequestGoesBeforeAllOthersFromItsLongestWaitOnAndNotACycleSooner) {
  Config config = matched_config("ddr4_2400", "lo");
  config.controller.max_wait = 500;
  const Cycle beat = config.timing.ccd_l;
  for (Cycle phase = 0; phase < beat; ++phase) {
    CommandLog log;
    BankedDram memory{config, &log};
    const Cycle arrival = 100 * beat + phase;
    const Cycle urgent = arrival + config.controller.max_wait;
    for (Cycle cycle = 0; cycle <= urgent + beat; ++cycle) {
      if (cycle % beat == 0) {
        EXPECT_TRUE(memory.offer({64 * (cycle / beat % 128), false, 0}, cycle));
      }
      if (cycle == arrival) {
        EXPECT_TRUE(memory.offer({8192 * 16, false, 0}, cycle));
      }
      memory.advance_to(cycle + 1);
    }
    memory.advance_to(urgent + 100);
    const auto closed = std::find_if(log.commands.begin(), log.commands.end(),
                                     [](const auto& one) { return one.command == kPrecharge; });
    ASSERT_NE(closed, log.commands.end());
    const Cycle first_hit = config.timing.rcd;
    const Cycle last_hit = first_hit + (urgent - 1 - first_hit) / beat * beat;
    EXPECT_EQ((closed - 1)->cycle, last_hit) << phase;
    EXPECT_EQ(closed->cycle, std::max(urgent, last_hit + config.timing.rtp)) << phase;
  }
}

TEST(DramCore, RanksShareTheDataBusWithAGapAndRefreshEachOnItsOwn) {
  Config config = preset("ddr4_2400");
  config.organization.ranks = 2;
  config.mapping = "row:column:bank:bank_group:rank";
  CommandLog log;
  const auto result = run_requests(config, reference_trace("f_lowrate_seq_read"), 0, &log);
  EXPECT_EQ(result.stats.refreshes, 2 * (result.cycles / 9360));
  EXPECT_EQ(timing_violations(config, log.commands), std::vector<std::string>{});
  auto stream = reference_trace("a_seq_read");
  stream.resize(10000);
  // Rows of both ranks are open, but their data must not touch on the bus: turns are kept rare.
  const auto two_ranks = run_requests(config, stream);
  const auto one_rank = run_requests(preset("ddr4_2400"), stream);
  EXPECT_GT(two_ranks.cycles, one_rank.cycles);
  EXPECT_LT(two_ranks.cycles, 10000U * 6);
}

TEST(DramCore, ChannelsWorkSideBySide) {
  const auto stream = reference_trace("a_seq_read");
  const auto one = run_requests(matched_config("hbm2_1ch", "bg"), stream);
  const auto eight = run_requests(preset("hbm2"), stream);
  EXPECT_NEAR(static_cast<double>(one.cycles) / static_cast<double>(eight.cycles), 8, 0.3);
  EXPECT_EQ(eight.stats.reads, 2U * 65536);
}

TEST(DramCore, EveryCycleIsActiveOrPrecharged) {
  const auto result =
      run_requests(matched_config("ddr4_2400", "bg"), reference_trace("g_lowrate_rand_read"));
  EXPECT_EQ(result.stats.active_cycles + result.stats.precharged_cycles, result.cycles);
  EXPECT_GT(result.stats.precharged_cycles, 87U * 420);
}

}  // namespace
}  // namespace systole::test
