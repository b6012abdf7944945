#include "tests/support/memory_masters.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>

namespace systole::test {
namespace {

constexpr std::uint64_t kNoCycle = ~std::uint64_t{0};
constexpr std::uint64_t kMostCycles = 10'000'000;

struct Master {
  const std::vector<PlannedBurst>* plan = nullptr;
  std::size_t sent = 0;
  bool open = false;             // no END_REQ yet
  std::uint64_t next_send = 0;   // earliest cycle
  std::uint64_t wants() const {  // the cycle of its next request if nothing happens
    return sent == plan->size() || open ? kNoCycle : std::max(next_send, (*plan)[sent].cycle);
  }
};

}  // namespace

std::string MemoryHistory::text() const {
  std::string windows_text;
  for (const auto& window : windows) {
    windows_text += fmt::format("{}/{} ", window.read_bytes, window.write_bytes);
  }
  const dram::Stats& s = activity.device;
  return fmt::format(
      "sent {}\nanswered {}\nidle at {}, busy {}, waiting {}\nreads {}, "
      "writes {}, activates {}, precharges {} {}, refreshes {}, rows {} {} {}, "
      "background {} {}\nwindows {}\n",
      sent, answered, idle_at, activity.busy_cycles, activity.waiting_cycles, s.reads, s.writes,
      s.activates, s.precharges, s.precharges_all, s.refreshes, s.row_hits, s.row_misses,
      s.row_conflicts, s.active_cycles, s.precharged_cycles, windows_text);
}

MemoryHistory run_masters(dram::BankedMemoryTiming& memory,
                          const std::vector<std::vector<PlannedBurst>>& plans, std::uint64_t hold,
                          Visits visits) {
  MemoryHistory history;
  history.sent.resize(plans.size());
  history.answered.resize(plans.size());
  std::vector<Master> masters;
  for (const auto& plan : plans) {
    masters.push_back({&plan, 0, false, 0});
  }
  memory.start_layer(0);
  const auto send = [&](std::uint64_t now) {
    for (std::uint32_t i = 0; i < masters.size(); ++i) {
      Master& master = masters[i];
      if (master.wants() > now) {
        continue;
      }
      history.sent[i].push_back(now);
      master.open = !memory.request(i, (*master.plan)[master.sent].burst, now);
      ++master.sent;
      master.next_send = now + 1;
    }
  };
  const auto tick = [&](std::uint64_t now) {
    if (visits == Visits::EveryCycleLooking) {
      memory.forget_due();
    }
    memory.tick(now);
    history.booked.book(LedgerUnit::Dram, memory.cause());
    if (memory.accepted()) {
      history.accepted.push_back(*memory.accepted());
    }
    if (memory.answered()) {
      history.answered[memory.answered()->master].push_back(now + 1);
      memory.ready_for_answer(memory.answered()->master, now + 1 + hold);
    }
    for (const std::uint32_t i : memory.released()) {
      masters[i].open = false;
      masters[i].next_send = now + 1;
    }
  };
  std::uint64_t now = 1;
  for (; now < kMostCycles; ++now) {
    if (visits == Visits::EventsOnly && now > 1) {
      std::uint64_t next = memory.next_event();
      for (const Master& master : masters) {
        next = std::min(next, master.wants());
      }
      now = std::max(now, next);
    }
    if (visits == Visits::EveryCycleMemoryFirst) {
      tick(now);
      send(now);
    } else {
      send(now);
      tick(now);
    }
    const bool all_sent = std::all_of(masters.begin(), masters.end(), [](const Master& master) {
      return master.sent == master.plan->size();
    });
    if (all_sent && memory.idle()) {
      break;
    }
  }
  history.idle_at = now;
  history.activity = memory.finish_layer(now);
  history.windows = memory.bandwidth().windows();
  return history;
}

}  // namespace systole::test
