// The memory of a machine under random masters: who visits it and when changes nothing, answers
// keep their order, and its requests give the same commands to the same memory alone.
#include <gtest/gtest.h>

#include <algorithm>
#include <random>
#include <utility>

#include "models/dram/banked/banked_memory_timing.hpp"
#include "tests/support/dram_checker.hpp"
#include "tests/support/dram_traces.hpp"
#include "tests/support/memory_masters.hpp"

namespace systole::test {
namespace {

using dram::BankedMemoryTiming;
using dram::PortConfig;

using Random = std::mt19937_64;  // the same sequence on every platform; distributions are not

std::uint64_t below(Random& random, std::uint64_t limit) { return random() % limit; }

template <typename T>
T one_of(Random& random, std::initializer_list<T> values) {
  return *(values.begin() + below(random, values.size()));
}

struct Case {
  dram::Config memory;
  PortConfig port;
  std::vector<std::vector<PlannedBurst>> plans;
  std::uint64_t hold = 1;
};

Case random_case(std::uint64_t seed) {
  Random random{seed};
  Case drawn;
  drawn.memory = preset(one_of(random, {"ddr4_2400", "lpddr4_3200", "hbm2", "ddr3_2133"}));
  drawn.port.core_mhz = one_of(random, {137U, 700U, 1000U, 1200U, 3001U});
  drawn.port.bus_bytes = one_of(random, {1U, 8U, 16U, 64U});
  drawn.port.cycles_per_beat = one_of(random, {1U, 1U, 2U});
  drawn.port.path_latency = one_of(random, {0U, 0U, 7U, 40U});
  drawn.port.masters = one_of(random, {1U, 2U, 2U, 3U});
  drawn.hold = one_of<std::uint64_t>(random, {1, 1, 4, 30});
  std::uint64_t id = 0;
  for (std::uint32_t master = 0; master < drawn.port.masters; ++master) {
    const auto gap = one_of<std::uint64_t>(random, {1, 3, 40, 1500});
    const auto range = one_of<std::uint64_t>(random, {1U << 12, 1U << 18, 1U << 26});
    const bool stream = below(random, 2) == 0;
    std::vector<PlannedBurst> plan(1 + below(random, 400));
    std::uint64_t cycle = 1;
    std::uint64_t address = 0;
    for (auto& [at, burst] : plan) {
      cycle += below(random, gap);
      burst.bytes = std::max(drawn.port.bus_bytes, one_of(random, {16U, 64U, 64U, 256U}));
      address = stream ? address + burst.bytes : below(random, range);
      burst.address = address / burst.bytes * burst.bytes;
      burst.write = below(random, 3) == 0;
      burst.useful = burst.write ? burst.bytes - burst.bytes / 4 : burst.bytes;
      burst.id = id++;
      at = cycle;
    }
    drawn.plans.push_back(std::move(plan));
  }
  return drawn;
}

TEST(BankedMemoryTiming, IsTheSameHoweverItIsVisited) {
  std::uint64_t events = 0;
  for (std::uint64_t seed = 1; seed <= 60; ++seed) {
    const Case drawn = random_case(seed);
    BankedMemoryTiming looking{drawn.memory, drawn.port};
    BankedMemoryTiming ticked{drawn.memory, drawn.port};
    BankedMemoryTiming memory_first{drawn.memory, drawn.port};
    BankedMemoryTiming jumping{drawn.memory, drawn.port};
    const MemoryHistory expected =
        run_masters(looking, drawn.plans, drawn.hold, Visits::EveryCycleLooking);
    for (const auto& [memory, visits] : {std::pair{&ticked, Visits::EveryCycle},
                                         std::pair{&memory_first, Visits::EveryCycleMemoryFirst}}) {
      const MemoryHistory history = run_masters(*memory, drawn.plans, drawn.hold, visits);
      ASSERT_EQ(history.text(), expected.text()) << "seed " << seed;
      ASSERT_EQ(history.accepted, expected.accepted) << "seed " << seed;
    }
    ASSERT_EQ(run_masters(jumping, drawn.plans, drawn.hold, Visits::EventsOnly).text(),
              expected.text())
        << "seed " << seed;
    events += expected.accepted.size();
    EXPECT_EQ(run_masters(ticked, drawn.plans, drawn.hold, Visits::EveryCycle).text(),
              expected.text())
        << "seed " << seed << ": a layer depends on the one before";
  }
  EXPECT_GT(events, 10'000U);
}

TEST(BankedMemoryTiming, TheCausesOfItsCyclesAddUpToTheLayers) {
  for (std::uint64_t seed = 1; seed <= 60; ++seed) {
    const Case drawn = random_case(seed);
    BankedMemoryTiming memory{drawn.memory, drawn.port};
    for (const Visits visits :
         {Visits::EveryCycleLooking, Visits::EveryCycle, Visits::EveryCycleMemoryFirst}) {
      const MemoryHistory history = run_masters(memory, drawn.plans, drawn.hold, visits);
      ASSERT_EQ(history.booked, history.activity.ledger(history.idle_at)) << "seed " << seed;
    }
  }
}

TEST(BankedMemoryTiming, AnswersEveryBurstOnceAndNeitherChannelIsOverfull) {
  for (std::uint64_t seed = 100; seed < 130; ++seed) {
    const Case drawn = random_case(seed);
    BankedMemoryTiming memory{drawn.memory, drawn.port};
    const MemoryHistory history = run_masters(memory, drawn.plans, drawn.hold, Visits::EveryCycle);
    std::uint64_t device_bytes = 0, bytes = 0, moved = 0;
    for (std::size_t i = 0; i < drawn.plans.size(); ++i) {
      ASSERT_EQ(history.answered[i].size(), drawn.plans[i].size()) << "seed " << seed;
      for (std::size_t j = 0; j < drawn.plans[i].size(); ++j) {
        const dram::PortBurst& burst = drawn.plans[i][j].burst;
        device_bytes += std::max(burst.bytes, drawn.memory.request_bytes);
        bytes += burst.useful;
        EXPECT_GT(history.answered[i][j], history.sent[i][j] + drawn.port.path_latency);
        EXPECT_TRUE(j == 0 || history.answered[i][j] >= history.answered[i][j - 1] + drawn.hold);
      }
    }
    for (const auto& window : history.windows) {
      moved += window.bytes();
    }
    EXPECT_EQ(moved, bytes) << "seed " << seed;
    const dram::Stats& device = history.activity.device;
    EXPECT_EQ((device.reads + device.writes) * drawn.memory.organization.burst_bytes(),
              device_bytes);
    EXPECT_EQ(device.row_hits + device.row_misses + device.row_conflicts,
              device.reads + device.writes);
  }
}

/// Keeps the requests and the commands of a memory.
class Recorder final : public RequestObserver, public dram::CommandObserver {
 public:
  void on_request(std::uint64_t cycle, bool write, std::uint64_t address) override {
    requests.push_back({cycle, write, address});
  }
  void on_command(const dram::IssuedCommand& c) override {
    commands.push_back({static_cast<std::int64_t>(c.cycle), static_cast<std::int64_t>(c.command),
                        c.channel, c.unit, c.bank_group, c.bank, c.row});
  }
  std::vector<TraceRequest> requests;
  std::vector<std::vector<std::int64_t>> commands;
};

TEST(BankedMemoryTiming, ItsRequestsAsATraceGiveTheSameCommandsWithoutTheMachine) {
  for (std::uint64_t seed = 200; seed < 230; ++seed) {
    const Case drawn = random_case(seed);
    Recorder inside;
    BankedMemoryTiming memory{drawn.memory, drawn.port, &inside, &inside};
    run_masters(memory, drawn.plans, drawn.hold, Visits::EveryCycle);
    Recorder alone;
    run_requests(drawn.memory, inside.requests, 0, &alone);
    for (auto* recorder : {&inside, &alone}) {  // of commands of several cycles the effects count
      std::sort(recorder->commands.begin(), recorder->commands.end());
    }
    // The trace ends with the last data; refreshes and precharges go on a little in either.
    const std::size_t common = std::min(inside.commands.size(), alone.commands.size());
    ASSERT_GE(common + 200, inside.commands.size()) << "seed " << seed;
    ASSERT_GT(common, inside.requests.size() / 2);
    inside.commands.resize(common);
    alone.commands.resize(common);
    EXPECT_EQ(inside.commands, alone.commands) << "seed " << seed;
  }
}

// Layers start with closed rows: between them a trace shows how they are closed.
TEST(BankedMemoryTiming, CommandsOfSeveralLayersAreOneTraceThatBreaksNoRule) {
  for (std::uint64_t seed = 300; seed < 340; ++seed) {
    Case drawn = random_case(seed);
    const bool refreshes = seed % 4 != 0;
    if (!refreshes) {
      drawn.memory.timing.refi = 0;
    }
    if (seed % 3 == 0) {
      drawn.memory.controller.page_policy = dram::PagePolicy::Closed;
    }
    CommandLog log;
    BankedMemoryTiming memory{drawn.memory, drawn.port, &log};
    dram::Stats counted;
    for (int layer = 0; layer < 4; ++layer) {
      counted += run_masters(memory, drawn.plans, drawn.hold, Visits::EventsOnly).activity.device;
    }
    for (const auto& violation : timing_violations(drawn.memory, log.commands)) {
      ADD_FAILURE() << "seed " << seed << ": " << violation;
    }
    const auto told = [&](dram::Command wanted) {
      return static_cast<std::uint64_t>(
          std::count_if(log.commands.begin(), log.commands.end(),
                        [&](const auto& command) { return command.command == wanted; }));
    };
    EXPECT_EQ(told(dram::Command::Activate), counted.activates);
    EXPECT_EQ(told(dram::Command::Read), counted.reads);
    EXPECT_EQ(told(dram::Command::Write), counted.writes);
    const dram::Organization& parts = drawn.memory.organization;
    EXPECT_EQ(told(dram::Command::Refresh),
              counted.refreshes + (refreshes ? 4U * parts.channels * parts.units() : 0U));
  }
}

// With the shortest tREFI a layer starts while the refresh before it would still go on.
TEST(BankedMemoryTiming, LayersOfATraceAreApartEvenIfNearlyAllTimeGoesToRefreshes) {
  for (std::uint64_t seed = 340; seed < 350; ++seed) {
    Case drawn = random_case(seed);
    drawn.memory.timing.refi = dram::shortest_refi(drawn.memory);
    for (auto& plan : drawn.plans) {
      plan.resize(std::min<std::size_t>(plan.size(), 40));
    }
    CommandLog log;
    BankedMemoryTiming memory{drawn.memory, drawn.port, &log};
    for (int layer = 0; layer < 3; ++layer) {
      run_masters(memory, drawn.plans, drawn.hold, Visits::EventsOnly);
    }
    for (const auto& violation : timing_violations(drawn.memory, log.commands)) {
      // Layers that are further apart shift the refreshes.
      EXPECT_NE(violation.find("refresh that was due"), std::string::npos)
          << "seed " << seed << ": " << violation;
    }
  }
}

TEST(BankedMemoryTiming, CommandsOfLaterLayersComeLaterInATrace) {
  const Case drawn = random_case(7);
  Recorder recorder;
  BankedMemoryTiming memory{drawn.memory, drawn.port, &recorder, &recorder};
  run_masters(memory, drawn.plans, drawn.hold, Visits::EveryCycle);
  const std::size_t requests = recorder.requests.size();
  std::int64_t last = 0;
  for (const auto& command : recorder.commands) {
    last = std::max(last, command[0]);
  }
  const std::size_t commands = recorder.commands.size();
  run_masters(memory, drawn.plans, drawn.hold, Visits::EveryCycle);
  ASSERT_EQ(recorder.requests.size(), 2 * requests);
  EXPECT_GT(recorder.requests[requests].arrival, recorder.requests[requests - 1].arrival);
  for (std::size_t i = commands; i < recorder.commands.size(); ++i) {
    EXPECT_GT(recorder.commands[i][0], last);
  }
}

}  // namespace
}  // namespace systole::test
