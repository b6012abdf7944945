#include <vector>

#include "sim/kernel/clocked_module.hpp"
#include "sim/kernel/fifo.hpp"
#include "sim/kernel/wire.hpp"
#include "tests/support/sim_test.hpp"

namespace systole {
namespace {

/// Pushes its cycle number whenever it can.
class Producer final : public ClockedModule {
 public:
  FifoOut<std::uint64_t> out{"out"};
  Producer(const sc_core::sc_module_name& name, const Clock& clock) : ClockedModule{name, clock} {}

 private:
  void tick() override {
    if (out->can_push()) {
      out->push(now());
    }
  }
};

/// Pops whenever it can and notes when it got what.
class Consumer final : public ClockedModule {
 public:
  struct Got {
    std::uint64_t cycle;
    std::uint64_t item;
  };
  FifoIn<std::uint64_t> in{"in"};
  std::vector<Got> got;
  Consumer(const sc_core::sc_module_name& name, const Clock& clock) : ClockedModule{name, clock} {}

 private:
  void tick() override {
    if (in->can_pop()) {
      got.push_back({now(), in->pop()});
    }
  }
};

class FifoTest : public test::SimTest {
 protected:
  /// Connects a producer to a consumer, in either order of creation, and runs.
  std::vector<Consumer::Got> transfer(std::size_t depth, bool consumer_first, int cycles) {
    Fifo<std::uint64_t> fifo{"fifo", depth};
    std::unique_ptr<Producer> producer;
    std::unique_ptr<Consumer> consumer;
    for (const bool make_consumer : {consumer_first, !consumer_first}) {
      if (make_consumer) {
        consumer = std::make_unique<Consumer>("consumer", clock);
        consumer->in(fifo);
      } else {
        producer = std::make_unique<Producer>("producer", clock);
        producer->out(fifo);
      }
    }
    run(cycles);
    return consumer->got;
  }

  static void expect_every(std::uint64_t period, const std::vector<Consumer::Got>& got) {
    ASSERT_GT(got.size(), 5U);
    for (std::size_t i = 0; i < got.size(); ++i) {
      EXPECT_EQ(got[i].item + 1, got[i].cycle) << "an item is seen one cycle after its push";
      EXPECT_EQ(got[i].cycle, 2 + period * i);
    }
  }
};

TEST_F(FifoTest, DepthTwoPassesAnItemEachCycle) { expect_every(1, transfer(2, false, 20)); }

TEST_F(FifoTest, DepthOnePassesAnItemEverySecondCycle) { expect_every(2, transfer(1, false, 20)); }

TEST_F(FifoTest, OrderOfCreationDoesNotChangeACycle) { expect_every(1, transfer(2, true, 20)); }

TEST_F(FifoTest, OrderOfCreationDoesNotChangeACycleAtDepthOne) {
  expect_every(2, transfer(1, true, 20));
}

TEST_F(FifoTest, PopFromAnEmptyQueueStopsTheRunInEveryBuildType) {
  sc_core::sc_report_handler::set_handler(sc_core::sc_report_handler::default_handler);
  Fifo<int> fifo{"fifo", 1};
  EXPECT_THROW(fifo.pop(), sc_core::sc_report);
}

TEST_F(FifoTest, PushToAFullQueueStopsTheRunInEveryBuildType) {
  sc_core::sc_report_handler::set_handler(sc_core::sc_report_handler::default_handler);
  Fifo<int> fifo{"fifo", 1};
  fifo.push(1);
  EXPECT_THROW(fifo.push(2), sc_core::sc_report);
}

TEST_F(FifoTest, AWireIsReadOneCycleAfterItIsWritten) {
  Wire<int> wire{0};
  run(1);
  wire.write(7);
  EXPECT_EQ(wire.read(), 0);
  run(1);
  EXPECT_EQ(wire.read(), 7);
}

}  // namespace
}  // namespace systole
