// Random memories under random requests: no rule of JEDEC's is broken, and no request is lost,
// late or out of order with another for the same bytes.
#include <fmt/format.h>
#include <gtest/gtest.h>
#include <rapidcheck.h>

#include <algorithm>
#include <map>
#include <string>
#include <utility>
#include <vector>

#include "models/dram/banked/banked_dram.hpp"
#include "tests/support/dram_checker.hpp"
#include "tests/support/dram_traces.hpp"

namespace systole::test {
namespace {

using rc::gen::inRange;

std::uint32_t power_of_two(std::uint32_t lowest, std::uint32_t highest) {
  return 1U << *inRange(lowest, highest + 1);
}

std::uint32_t cycles(std::uint32_t lowest, std::uint32_t highest) {
  return *inRange(lowest, highest + 1);
}

/// Timings in JEDEC's order of size, but not of any part.
dram::Timing random_timing(std::uint32_t burst_cycles) {
  dram::Timing t;
  t.cl = cycles(3, 30);
  t.cwl = cycles(2, 30);
  t.rcd = cycles(2, 30);
  t.rcd_wr = cycles(2, 30);
  t.rp = cycles(2, 30);
  t.rp_ab = t.rp + cycles(0, 6);
  t.ras = cycles(5, 70);
  t.rc = t.ras + cycles(0, 40);
  t.ccd_s = burst_cycles + cycles(0, 3);
  t.ccd_l = t.ccd_s + cycles(0, 4);
  t.rrd_s = cycles(1, 16);
  t.rrd_l = t.rrd_s + cycles(0, 4);
  t.faw = cycles(4, 80);
  t.wr = cycles(1, 30);
  t.wtr_s = cycles(1, 16);
  t.wtr_l = t.wtr_s + cycles(0, 8);
  t.rtp = cycles(1, 14);
  const std::uint32_t read_end = t.cl + burst_cycles;
  t.rtw = (read_end > t.cwl ? read_end - t.cwl : 1) + cycles(0, 3);
  t.rtrs = cycles(0, 4);
  t.rfc = cycles(50, 450);
  t.refi = t.rfc + cycles(1500, 6000);
  return t;
}

/// The fields that are larger than one, in any order; the column may be split.
std::string random_mapping(const dram::Organization& parts) {
  std::vector<std::string> fields = {"row", "bank", "bank_group", "rank", "column"};
  if (parts.pseudo_channels > 1) {
    fields.emplace_back("pseudo_channel");
  }
  if (parts.bursts_per_row() >= 4 && *rc::gen::arbitrary<bool>()) {
    fields.emplace_back("column.1");
  }
  for (std::size_t i = fields.size() - 1; i > 0; --i) {
    std::swap(fields[i], fields[*inRange(std::size_t{0}, i + 1)]);
  }
  std::string mapping = "channel";  // highest: a request lies in one
  for (const auto& field : fields) {
    mapping += ":" + field;
  }
  return mapping;
}

dram::Config random_config() {
  dram::Config config;
  dram::Organization& parts = config.organization;
  parts.channels = power_of_two(0, 2);
  parts.pseudo_channels = power_of_two(0, 1);
  parts.ranks = parts.pseudo_channels > 1 ? 1 : power_of_two(0, 1);
  parts.bank_groups = power_of_two(0, 2);
  parts.banks_per_group = power_of_two(0, 3);
  parts.rows = power_of_two(2, 10);
  parts.burst_length = power_of_two(1, 4);
  parts.columns = parts.burst_length * power_of_two(0, 5);
  parts.bus_bits = power_of_two(3, 6);
  config.request_bytes = std::max(8U, parts.burst_bytes() * power_of_two(0, 2));
  config.timing = random_timing(parts.burst_length / 2);
  config.command_bus.activate_cycles = cycles(1, 4);
  config.command_bus.precharge_cycles = cycles(1, 2);
  config.command_bus.column_cycles = cycles(1, 4);
  config.command_bus.refresh_cycles = cycles(1, 2);
  config.command_bus.separate_column_bus = *rc::gen::arbitrary<bool>();
  dram::Controller& controller = config.controller;
  controller.page_policy =
      *rc::gen::arbitrary<bool>() ? dram::PagePolicy::Open : dram::PagePolicy::Closed;
  controller.read_entries = config.bursts_per_request() * cycles(1, 40);
  controller.write_entries = config.bursts_per_request() * cycles(1, 40);
  controller.write_high_percent = cycles(50, 100);
  controller.write_low_percent = cycles(0, 50);
  controller.reads_in_a_row = cycles(1, 5);
  controller.max_wait = cycles(100, 10000);
  config.mapping = random_mapping(parts);
  return config;
}

/// Requests of mixed habits: streams, jumps within a few rows, anything; bursts of them and gaps.
std::vector<TraceRequest> random_requests(const dram::Config& config, std::size_t count) {
  const std::uint64_t bytes = config.request_bytes;
  const std::uint64_t places = config.organization.capacity_bytes() / bytes;
  const std::uint64_t few = std::min<std::uint64_t>(places, 1U << cycles(0, 12));
  const std::uint32_t write_percent = cycles(0, 100);
  const std::uint32_t gap_percent = cycles(0, 30);
  const std::uint32_t longest_gap = cycles(1, 3000);
  std::vector<TraceRequest> requests;
  std::uint64_t place = 0;
  dram::Cycle cycle = 0;
  for (std::size_t i = 0; i < count; ++i) {
    const std::uint32_t habit = cycles(0, 9);
    place = habit < 6 ? (place + 1) % places : *inRange<std::uint64_t>(0, habit < 9 ? few : places);
    cycle += cycles(0, 99) < gap_percent ? cycles(1, longest_gap) : 0;
    requests.push_back({cycle, cycles(0, 99) < write_percent, place * bytes});
  }
  return requests;
}

/// Cycles in which the oldest request is surely served once it goes before all others.
dram::Cycle longest_service(const dram::Config& config) {
  const dram::Timing& t = config.timing;
  const std::uint32_t burst = config.burst_cycles();
  return std::max(t.rc, t.ras + t.rp_ab) + t.faw + std::max(t.rcd, t.rcd_wr) +
         std::max(t.cl, t.cwl) + t.cwl + t.wr + t.wtr_l + t.rtw + 4 * burst + t.rtrs + 40;
}

TEST(DramProperty, NoRuleIsBrokenAndNoRequestIsLostLateOrOutOfOrder) {
  const bool good = rc::check([] {
    const dram::Config config = random_config();
    const auto requests = random_requests(config, *inRange<std::size_t>(1, 800));
    CommandLog log;
    dram::BankedDram memory{config, &log};

    std::vector<dram::Completion> done;
    const auto take = [&](dram::Cycle cycle) {
      while (const auto completion = memory.take_completion(cycle)) {
        done.push_back(*completion);
      }
    };
    dram::Cycle cycle = 0;
    for (std::size_t i = 0; i < requests.size(); ++i) {
      cycle = std::max(cycle, requests[i].arrival);
      while (!memory.offer({requests[i].address, requests[i].write, i}, cycle)) {
        cycle = memory.next_command() + 1;
        memory.advance_to(cycle);
      }
      memory.advance_to(cycle);
      take(cycle);
    }
    const dram::Cycle given_up = cycle + 10'000'000;
    while (done.size() < requests.size() && cycle < given_up) {
      cycle = std::max(cycle + 1, memory.next_event());
      memory.advance_to(cycle);
      take(cycle);
    }

    RC_ASSERT(done.size() == requests.size());
    std::vector<bool> seen(requests.size());
    std::map<std::uint64_t, std::vector<dram::Completion>> by_address;
    const std::uint64_t entries = config.controller.read_entries + config.controller.write_entries;
    const dram::Cycle service = longest_service(config);
    const dram::Cycle queued = config.controller.max_wait + (entries + 1) * service;
    const dram::Cycle refreshes =
        (queued / (config.timing.refi - config.timing.rfc - service) + 1) *
        (config.timing.rfc + service);
    for (const auto& completion : done) {
      RC_ASSERT(!seen.at(completion.id));
      seen[completion.id] = true;
      RC_ASSERT(completion.write == requests[completion.id].write);
      RC_ASSERT(completion.arrival >= requests[completion.id].arrival);
      RC_ASSERT(completion.finish - completion.arrival <= queued + refreshes);
      by_address[requests[completion.id].address].push_back(completion);
    }
    // What a read gives is what the last write accepted before it wrote: data of one address
    // cross the bus in the order of acceptance.
    for (auto& [address, completions] : by_address) {
      for (std::size_t i = 1; i < completions.size(); ++i) {
        const auto& earlier = completions[i - 1];
        RC_ASSERT(earlier.id < completions[i].id);
        RC_ASSERT(earlier.finish < completions[i].finish ||
                  (!earlier.write && !completions[i].write));
      }
    }

    const auto stats = memory.stats(cycle);
    RC_ASSERT(stats.reads + stats.writes == requests.size() * config.bursts_per_request());
    RC_ASSERT(stats.row_hits + stats.row_misses + stats.row_conflicts ==
              stats.reads + stats.writes);
    RC_ASSERT(stats.active_cycles + stats.precharged_cycles ==
              cycle * config.organization.channels * config.organization.units());
    for (const auto& violation : timing_violations(config, log.commands)) {
      RC_FAIL(violation);
    }
  });
  EXPECT_TRUE(good);
}

// Nothing is stuck, and no rule broken, where nearly all time goes to refreshes.
TEST(DramProperty, EveryRequestIsServedWithTheShortestTimeBetweenRefreshes) {
  const bool good = rc::check([] {
    dram::Config config = random_config();
    config.timing.refi = dram::shortest_refi(config);
    config.controller.max_wait = cycles(100, 2000);
    const auto requests = random_requests(config, *inRange<std::size_t>(1, 100));
    CommandLog log;
    const auto result = run_requests(config, requests, 0, &log);
    RC_ASSERT(result.requests == requests.size());
    const dram::Cycle each =
        config.controller.max_wait + (config.bursts_per_request() + 1) * config.timing.refi;
    RC_ASSERT(result.cycles <= requests.back().arrival + (requests.size() + 1) * each);
    for (const auto& violation : timing_violations(config, log.commands)) {
      RC_FAIL(violation);
    }
  });
  EXPECT_TRUE(good);
}

// Time may be moved in any steps: what happens is the same.
TEST(DramProperty, StepsOfTimeDoNotChangeWhatHappens) {
  const bool good = rc::check([] {
    const dram::Config config = random_config();
    const auto requests = random_requests(config, 200);
    const auto commands = [&](bool in_single_cycles) {
      CommandLog log;
      dram::BankedDram memory{config, &log};
      dram::Cycle cycle = 0;
      for (const auto& request : requests) {
        while (in_single_cycles && cycle < request.arrival) {
          memory.advance_to(++cycle);
        }
        cycle = std::max(cycle, request.arrival);
        while (!memory.offer({request.address, request.write, 0}, cycle)) {
          cycle = in_single_cycles ? cycle + 1 : memory.next_command() + 1;
        }
      }
      memory.advance_to(requests.back().arrival + 20000);
      std::string text;
      for (const auto& c : log.commands) {
        text += fmt::format("{} {} {} {} {}\n", c.cycle, static_cast<int>(c.command), c.channel,
                            c.bank_group * 64 + c.bank, c.row);
      }
      return text;
    };
    if (config.organization.channels == 1) {
      RC_ASSERT(commands(true) == commands(false));
    }
  });
  EXPECT_TRUE(good);
}

/// The timings of which one more cycle finds no fault in the commands of alternating requests.
std::vector<std::string> missed_timings(const dram::Config& config) {
  using Parameter = std::uint32_t dram::Timing::*;
  const std::pair<const char*, Parameter> parameters[] = {
      {"rc", &dram::Timing::rc},         {"rcd", &dram::Timing::rcd},
      {"rcd_wr", &dram::Timing::rcd_wr}, {"ras", &dram::Timing::ras},
      {"rp", &dram::Timing::rp},         {"rrd_s", &dram::Timing::rrd_s},
      {"ccd_s", &dram::Timing::ccd_s},   {"faw", &dram::Timing::faw},
      {"wr", &dram::Timing::wr},         {"wtr_l", &dram::Timing::wtr_l},
      {"rtp", &dram::Timing::rtp},       {"rtw", &dram::Timing::rtw},
      {"rp_ab", &dram::Timing::rp_ab},   {"rfc", &dram::Timing::rfc},
      {"rrd_l", &dram::Timing::rrd_l},   {"ccd_l", &dram::Timing::ccd_l},
      {"wtr_s", &dram::Timing::wtr_s}};
  CommandLog log;
  std::vector<TraceRequest> requests = reference_trace("d_rw_alternate");
  requests.resize(4000);
  run_requests(config, requests, 0, &log);
  EXPECT_TRUE(timing_violations(config, log.commands).empty());
  std::vector<std::string> missed;
  for (const auto& [name, parameter] : parameters) {
    dram::Config stricter = config;
    ++(stricter.timing.*parameter);
    if (timing_violations(stricter, log.commands).empty()) {
      missed.emplace_back(name);
    }
  }
  return missed;
}

// The checker itself: a command that comes one cycle too early is found, wherever a timing decides
// when a command comes. With the bank group in DDR4's lowest bits neighbours are of different
// groups, so that those within one never do; LPDDR4 has no groups, and theirs decide as those
// between them.
TEST(DramProperty, TheCheckerFindsEachCommandThatComesTooEarly) {
  using Names = std::vector<std::string>;
  EXPECT_EQ(missed_timings(matched_config("ddr4_2400", "bg")), (Names{"wtr_l", "rrd_l", "ccd_l"}));
  EXPECT_EQ(missed_timings(matched_config("lpddr4_3200", "bg")), Names{});
}

}  // namespace
}  // namespace systole::test
