#include <gtest/gtest.h>

#include <optional>
#include <random>
#include <vector>

#include "models/dram/read_port.hpp"
#include "sim/timing/timed_queue.hpp"

namespace systole {
namespace {

constexpr std::uint32_t kReads = 200;
constexpr Cycle kEnd = 4000;

struct Cycles {
  std::vector<Cycle> sent, taken;
};

/// The random cycles in which reads are due, one after the other, and those in which the channel is
/// free.
struct Plan {
  explicit Plan(unsigned seed) {
    std::mt19937 random{seed};
    Cycle due = 1;
    for (std::uint32_t i = 0; i < kReads; ++i) {
      due += 1 + (random() % 4 == 0 ? random() % 20 : 0);
      dues.push_back(due);
    }
    bool free = true;
    for (Cycle cycle = 0; cycle < kEnd; ++cycle) {
      free = random() % 6 == 0 ? !free : free;
      channel.push_back(free);
    }
  }
  std::vector<Cycle> dues;
  std::vector<bool> channel;
};

/// A queue of two, a cycle at a time: BEGIN_REQ with and without END_REQ.
Cycles by_queue(const Plan& plan) {
  Cycles cycles;
  Alarm alarm;
  TimedQueue<std::uint32_t> queue{2, alarm, alarm};
  std::optional<std::uint32_t> held;
  Cycle closed = kNever;
  for (Cycle now = 0; now < kEnd; ++now) {
    const auto next = static_cast<std::uint32_t>(cycles.sent.size());
    if (next < kReads && plan.dues[next] <= now && !held && closed != now) {
      cycles.sent.push_back(now);
      if (queue.can_push(now)) {
        queue.push(now, next);
      } else {
        held = next;
      }
    }
    if (plan.channel[now] && queue.can_pop(now)) {
      queue.pop(now);
      cycles.taken.push_back(now);
    }
    if (held && queue.can_push(now)) {
      queue.push(now, *held);
      held.reset();
      closed = now;
    }
  }
  return cycles;
}

Cycles by_port(const Plan& plan, std::uint32_t known_ahead) {
  Cycles cycles;
  ReadPort port;
  std::uint32_t pushed = 0;
  for (Cycle now = 0; now < kEnd; ++now) {
    while (pushed < kReads && pushed < cycles.taken.size() + known_ahead) {
      port.push(plan.dues[pushed++], {}, cycles.sent);
    }
    if (plan.channel[now] && port.ready() <= now) {
      port.take(now, cycles.sent);
      cycles.taken.push_back(now);
    }
  }
  return cycles;
}

TEST(ReadPort, SendsAndQueuesInTheCyclesOfAQueueOfTwo) {
  for (unsigned seed = 0; seed < 50; ++seed) {
    const Plan plan{seed};
    const Cycles expected = by_queue(plan);
    ASSERT_EQ(expected.taken.size(), kReads);
    for (const std::uint32_t known_ahead : {4U, kReads}) {
      const Cycles cycles = by_port(plan, known_ahead);
      EXPECT_EQ(cycles.sent, expected.sent) << "seed " << seed;
      EXPECT_EQ(cycles.taken, expected.taken) << "seed " << seed;
    }
  }
}

/// Each as soon as it can be, and with it as many as nothing holds up.
Cycles by_port_at_once(const std::vector<Cycle>& dues, Cycle free_from, bool at_once) {
  Cycles cycles;
  ReadPort port;
  for (const Cycle due : dues) {
    port.push(due, {}, cycles.sent);
  }
  Cycle free = free_from;
  while (!port.empty()) {
    const Cycle first = std::max(free, port.ready());
    cycles.taken.push_back(first);
    std::size_t count = 1;
    while (at_once && port.unhindered(count, cycles.taken.back())) {
      cycles.taken.push_back(port[count++].at + 1);
    }
    free = cycles.taken.back() + 1;
    port.take(count, first, cycles.sent);
  }
  return cycles;
}

TEST(ReadPort, ReadsThatNothingHoldsUpAreTakenAtOnceInTheirCycles) {
  for (unsigned seed = 0; seed < 50; ++seed) {
    const std::vector<Cycle> dues = Plan{seed}.dues;
    for (const Cycle free_from : {1U, 3U, 40U, 400U}) {
      const Cycles expected = by_port_at_once(dues, free_from, false);
      const Cycles cycles = by_port_at_once(dues, free_from, true);
      EXPECT_EQ(cycles.sent, expected.sent) << "seed " << seed << ", free from " << free_from;
      EXPECT_EQ(cycles.taken, expected.taken) << "seed " << seed << ", free from " << free_from;
    }
  }
}

TEST(ReadPort, AnArchivedOneGoesOnAtAnyCycle) {
  const AcceleratorConfig config;
  const TimingKey key{config};
  CommandNumbers numbers{key};
  std::vector<Cycle> sent;
  ReadPort port;
  for (const Cycle due : {98U, 99U, 100U, 101U, 110U}) {
    port.push(due, {}, sent);
  }
  port.take(100, sent);
  EXPECT_EQ(sent, (std::vector<Cycle>{98, 99, 100, 102}));  // the last found two in the queue
  StateArchive archive{numbers};
  archive.write_at(100);
  port.archive(archive);
  const std::string bytes{archive.bytes()};

  ReadPort other;
  archive.read_at(1000, bytes, {});
  other.archive(archive);
  sent.clear();
  EXPECT_EQ(other.ready(), 1001U);
  other.take(1001, sent);
  EXPECT_EQ(sent, (std::vector<Cycle>{1010}));
  EXPECT_EQ(other.ready(), 1002U);
  other.take(1002, sent);
  EXPECT_EQ(other.ready(), 1003U);
}

}  // namespace
}  // namespace systole
