#include <memory>

#include "models/dram/dram_port.hpp"
#include "models/dram/ideal_dram.hpp"
#include "sim/blocks/block_configs.hpp"
#include "tests/timing/bench.hpp"

namespace systole {
namespace {

using test::Cycles;

/// A unit with one port: sends its requests, each in its cycle or as soon after as the port can.
class Master final : public ClockedModule {
 public:
  struct Request {
    std::uint64_t cycle = 0;
    bool is_write = false;
    std::uint64_t address = 0;
    std::uint32_t bytes = 0;
    std::uint64_t begin = 0;  ///< cycle of BEGIN_BURST; 0: none, the beats are all there
  };

  DramPort dram;
  std::vector<Request> plan;
  Cycles sent;
  Cycles answered;         ///< first beats
  std::uint64_t hold = 1;  ///< cycles from a first beat until another can come

  Master(const sc_core::sc_module_name& name, const Clock& clock)
      : ClockedModule{name, clock}, dram{"dram", [this](const DramResponse& response) {
                                           return take(response);
                                         }} {}

 private:
  std::uint64_t take(const DramResponse& response) {
    EXPECT_EQ(response.tag, answered.size()) << "answers come in the order of the requests";
    EXPECT_EQ(response.first_beat, now() + 1);
    answered.push_back(response.first_beat);
    return response.first_beat + hold;
  }

  void tick() override {
    if (sent.size() == plan.size() || !dram.can_request()) {
      return;
    }
    const Request& request = plan[sent.size()];
    const auto tag = static_cast<std::uint32_t>(sent.size());
    const std::vector<std::uint8_t> bytes(request.bytes, 1);
    if (request.begin == now()) {
      dram.begin_write(request.address, request.bytes, 0, bytes.data(), request.bytes, tag);
    }
    if (request.cycle > now()) {
      return;
    }
    if (request.begin > 0) {
      dram.end_write();
    } else if (request.is_write) {
      dram.write(request.address, request.bytes, 0, bytes.data(), request.bytes, tag);
    } else {
      dram.read(request.address, request.bytes, tag);
    }
    sent.push_back(now());
  }
};

/// A beat of 16 bytes takes two cycles; 10 cycles of latency.
AcceleratorConfig slow_bus() {
  AcceleratorConfig config;
  config.dma.bus_bytes = 16;
  config.dram.bytes_per_cycle = 8;
  config.dram.latency_cycles = 10;
  return config;
}

AcceleratorConfig fast_bus() {
  AcceleratorConfig config = slow_bus();
  config.dram.bytes_per_cycle = 16;
  return config;
}

class DramTiming : public test::SimTest {
 protected:
  void build(const AcceleratorConfig& config, bool dram_first = true) {
    for (const bool make_dram : {dram_first, !dram_first}) {
      if (make_dram) {
        dram = std::make_unique<IdealDram>("dram", clock, dram_config(config), 2, measurements);
      } else {
        a = std::make_unique<Master>("a", clock);
        b = std::make_unique<Master>("b", clock);
      }
    }
    a->dram.socket.bind(dram->socket);
    b->dram.socket.bind(dram->socket);
  }

  /// A contest that meets every rule; the expected cycles are derived in the test below.
  void contest(bool dram_first) {
    build(slow_bus(), dram_first);
    a->plan = {{5, true, 0, 64}, {6, false, 0, 16}, {6, false, 0, 16}, {6, false, 0, 16}};
    b->plan = {{5, false, 0, 32}, {5, false, 0, 16}};
    run(100);
    // The channel: a's write 6 to 13 (4 beats of 2), then b, a, b, a, a: 14, 15, 16, 17, 18.
    // a's queue holds two; its fourth request waits until the first of the two has left (15).
    EXPECT_EQ(a->sent, (Cycles{5, 6, 7, 8}));
    EXPECT_EQ(b->sent, (Cycles{5, 6}));
    // The write is acknowledged in 13 + 10, for 2 cycles. b's 2 beats come from 25 to 28, then each
    // 2 cycles.
    EXPECT_EQ(a->answered, (Cycles{23, 29, 33, 35}));
    EXPECT_EQ(b->answered, (Cycles{25, 31}));
  }

  /// Five reads behind a write that holds the channel.
  void full_queue(bool dram_first) {
    build(slow_bus(), dram_first);
    b->plan = {{4, true, 0, 64}};  // on the channel from 5 to 12
    for (int i = 0; i < 5; ++i) {
      a->plan.push_back({6, false, 0, 16});
    }
    run(100);
    // 6 and 7 fill the queue; 8 gets its END_REQ in 14, one cycle after the channel took the first
    // in 13; then one leaves each cycle, but each END_REQ is late: every second cycle.
    EXPECT_EQ(a->sent, (Cycles{6, 7, 8, 15, 16}));
  }

  Measurements measurements;
  std::unique_ptr<IdealDram> dram;
  std::unique_ptr<Master> a, b;
};

TEST_F(DramTiming, FirstBeatComesLatencyAfterTheCycleThatFollowsTheRequest) {
  build(fast_bus());
  a->plan = {{5, false, 0, 16}};
  run(40);
  EXPECT_EQ(a->sent, Cycles{5});
  EXPECT_EQ(a->answered, Cycles{5 + 1 + 10});
}

TEST_F(DramTiming, OneRequestACycleAndOneBeatACycle) {
  build(fast_bus());
  for (int i = 0; i < 8; ++i) {
    a->plan.push_back({5, false, 0, 16});
  }
  run(60);
  EXPECT_EQ(a->sent, test::every(1, 5, 8));
  EXPECT_EQ(a->answered, test::every(1, 16, 8));
}

TEST_F(DramTiming, AReadHoldsTheResponseChannelForItsBeats) {
  build(slow_bus());
  for (int i = 0; i < 4; ++i) {
    a->plan.push_back({5, false, 0, 64});
  }
  run(100);
  EXPECT_EQ(a->answered, test::every(8, 16, 4));
}

TEST_F(DramTiming, AMasterHoldsBackItsOwnNextAnswerAndThoseBehindIt) {
  build(slow_bus());
  a->hold = 7;
  a->plan = {{5, false, 0, 16}, {5, false, 0, 16}};
  b->plan = {{8, false, 0, 16}};
  run(60);
  EXPECT_EQ(a->answered, (Cycles{16, 23}));
  EXPECT_EQ(b->answered, Cycles{25});  // after the two cycles of the answer before it
}

TEST_F(DramTiming, BeatsThatAreTouchedInPartCountWhole) {
  build(slow_bus());
  a->plan = {{5, false, 15, 2}, {5, false, 16, 16}, {5, false, 32, 1}};
  run(60);
  EXPECT_EQ(a->answered, (Cycles{16, 20, 22}));
}

TEST_F(DramTiming, AWriteHoldsTheRequestChannelForItsBeatsAndIsAcknowledgedAfterTheLatency) {
  build(slow_bus());
  a->plan = {{5, true, 0, 64}, {5, true, 64, 16}};
  run(60);
  // 6 to 13, then 14 and 15
  EXPECT_EQ(a->answered, (Cycles{13 + 10, 15 + 10}));
}

TEST_F(DramTiming, WritesCanGoFasterThanReads) {
  AcceleratorConfig config = slow_bus();
  config.dram.write_bytes_per_cycle = 16;
  build(config);
  a->plan = {{5, true, 0, 64}, {5, false, 0, 32}, {5, false, 0, 16}};
  run(60);
  // On the channel from 6 to 9, then 10 and 11; answers: one beat, two and one, of 2 cycles each.
  EXPECT_EQ(a->answered, (Cycles{9 + 10, 21, 25}));
}

// Taken in 6, 7 and 8: the acknowledgement is there in 9 and waits for the read's beat in 16.
TEST_F(DramTiming, AcknowledgementsCanComeSoonerThanDataButInTheirOrder) {
  AcceleratorConfig config = fast_bus();
  config.dram.write_latency_cycles = 2;
  build(config);
  a->plan = {{5, false, 0, 16}, {6, true, 0, 16}, {30, true, 0, 16}};
  run(60);
  EXPECT_EQ(a->answered, (Cycles{16, 17, 33}));
}

TEST_F(DramTiming, AWriteHoldsTheRequestChannelFromItsFirstBeatUntilItsLastIsThere) {
  build(fast_bus());
  a->plan = {{20, true, 0, 64, 5}};  // on the channel from 6 to 21
  b->plan = {{4, false, 0, 16}, {5, false, 0, 16}, {6, false, 0, 16}};
  run(60);
  EXPECT_EQ(a->answered, Cycles{21 + 10});
  // 5; then a's turn; 22 and 23
  EXPECT_EQ(b->answered, (Cycles{15, 32, 33}));
}

TEST_F(DramTiming, AWriteWhoseLastBeatIsInTimeHoldsTheRequestChannelForItsBeats) {
  build(slow_bus());
  a->plan = {{8, true, 0, 64, 5}, {9, true, 64, 16}};
  run(60);
  // 6 to 13, then 14 and 15
  EXPECT_EQ(a->answered, (Cycles{13 + 10, 15 + 10}));
}

TEST_F(DramTiming, ABurstThatWaitsForTheChannelKeepsItsPlace) {
  build(slow_bus());
  b->plan = {{4, true, 0, 64}};                        // 5 to 12
  a->plan = {{6, true, 0, 16}, {10, true, 0, 32, 7}};  // 13 and 14, then 15 to 18
  run(60);
  EXPECT_EQ(a->answered, (Cycles{14 + 10, 18 + 10}));
}

TEST_F(DramTiming, MastersTakeTurns) {
  build(fast_bus());
  for (int i = 0; i < 4; ++i) {
    a->plan.push_back({5, false, 0, 16});
    b->plan.push_back({5, false, 0, 16});
  }
  run(60);
  EXPECT_EQ(a->answered, test::every(2, 16, 4));
  EXPECT_EQ(b->answered, test::every(2, 17, 4));
}

TEST_F(DramTiming, ATurnGoesToTheOtherMasterAfterALoneRequest) {
  build(fast_bus());
  a->plan = {{5, false, 0, 16}, {8, false, 0, 16}};
  b->plan = {{8, false, 0, 16}};
  run(60);
  EXPECT_EQ(b->answered, Cycles{19});
  EXPECT_EQ(a->answered, (Cycles{16, 20}));
}

TEST_F(DramTiming, AnswersLeaveInTheOrderOfAcceptanceAcrossMasters) {
  build(slow_bus());
  a->plan = {{5, false, 0, 64}};
  b->plan = {{6, false, 0, 16}};
  run(60);
  EXPECT_EQ(a->answered, Cycles{16});
  EXPECT_EQ(b->answered, Cycles{24});
}

TEST_F(DramTiming, AFullQueueHoldsTheMasterUntilTheCycleAfterItsLateEndOfRequest) {
  full_queue(true);
}

TEST_F(DramTiming, AFullQueueHoldsTheMasterAsLongInTheOtherOrderOfCreation) { full_queue(false); }

TEST_F(DramTiming, HoldsInAContestOfReadsAndWrites) { contest(true); }

TEST_F(DramTiming, OrderOfCreationDoesNotChangeACycle) { contest(false); }

}  // namespace
}  // namespace systole
