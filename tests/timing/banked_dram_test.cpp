#include <array>
#include <memory>

#include "models/dram/banked_memory.hpp"
#include "models/dram/dram_port.hpp"
#include "sim/blocks/block_configs.hpp"
#include "tests/support/dram_traces.hpp"
#include "tests/support/memory_masters.hpp"
#include "tests/timing/bench.hpp"

namespace systole::test {
namespace {

/// A unit with one port that sends a plan; a byte of what it writes tells which burst it was.
class PlannedMaster final : public ClockedModule {
 public:
  DramPort dram;
  std::vector<PlannedBurst> plan;
  Cycles sent;
  Cycles answered;
  std::vector<std::vector<std::uint8_t>> read;
  std::uint64_t hold = 1;

  PlannedMaster(const sc_core::sc_module_name& name, const Clock& clock)
      : ClockedModule{name, clock}, dram{"dram", [this](const DramResponse& response) {
                                           return take(response);
                                         }} {}

 private:
  std::uint64_t take(const DramResponse& response) {
    EXPECT_EQ(response.tag, answered.size()) << "answers come in the order of the requests";
    answered.push_back(response.first_beat);
    read.emplace_back(response.bytes.begin(), response.bytes.end());
    return response.first_beat + hold;
  }

  void tick() override {
    if (sent.size() == plan.size() || plan[sent.size()].cycle > now() || !dram.can_request()) {
      return;
    }
    const dram::PortBurst& burst = plan[sent.size()].burst;
    const auto tag = static_cast<std::uint32_t>(sent.size());
    if (burst.write) {
      const std::vector<std::uint8_t> bytes(burst.bytes, static_cast<std::uint8_t>(tag + 1));
      dram.write(burst.address, burst.bytes, 0, bytes.data(), burst.bytes, tag);
    } else {
      dram.read(burst.address, burst.bytes, tag);
    }
    sent.push_back(now());
  }
};

class BankedDram : public SimTest {
 protected:
  void build(bool dram_first) {
    config.clock_mhz = 900;
    for (const bool make_dram : {dram_first, !dram_first}) {
      if (make_dram) {
        dram = std::make_unique<BankedMemory>("dram", clock, dram_config(config),
                                              preset("ddr4_2400"), 2, measurements);
      } else {
        a = std::make_unique<PlannedMaster>("a", clock);
        b = std::make_unique<PlannedMaster>("b", clock);
      }
    }
    a->dram.socket.bind(dram->socket);
    b->dram.socket.bind(dram->socket);
  }

  /// Two masters, streams and scattered bursts, in each other's way.
  void contest(bool dram_first) {
    build(dram_first);
    std::uint64_t scattered = 1;
    for (std::uint64_t i = 0; i < 200; ++i) {
      scattered = scattered * 6364136223846793005ULL + 1442695040888963407ULL;
      a->plan.push_back({1 + i / 3, {i * 64, 64, false, i}});
      b->plan.push_back({5 + i, {(scattered >> 40U) / 16 * 16, 16, i % 3 != 0, 1000 + i}});
    }
    a->hold = 4;
    b->hold = 4;
    dram->start_layer();
    run(20'000);
    ASSERT_TRUE(dram->idle());

    dram::BankedMemoryTiming alone{preset("ddr4_2400"), {900, 16, 1, 0, 2}};
    const MemoryHistory expected = run_masters(alone, {a->plan, b->plan}, 4, Visits::EventsOnly);
    EXPECT_EQ(a->sent, expected.sent[0]);
    EXPECT_EQ(b->sent, expected.sent[1]);
    EXPECT_EQ(a->answered, expected.answered[0]);
    EXPECT_EQ(b->answered, expected.answered[1]);
  }

  AcceleratorConfig config;
  Measurements measurements;
  std::unique_ptr<BankedMemory> dram;
  std::unique_ptr<PlannedMaster> a, b;
};

TEST_F(BankedDram, ItsModuleAnswersInTheCyclesOfItsTiming) { contest(true); }

TEST_F(BankedDram, OrderOfCreationDoesNotChangeACycle) { contest(false); }

TEST_F(BankedDram, AReadSeesTheWriteBeforeIt) {
  build(true);
  a->plan = {{1, {4096, 64, true, 0}}, {2, {4096, 64, false, 1}}};
  run(500);
  ASSERT_EQ(a->read.size(), 2U);
  EXPECT_EQ(a->read[1], std::vector<std::uint8_t>(64, 1));
}

TEST_F(BankedDram, BooksEachCycleWhenItIsOver) {
  build(true);
  a->plan = {{1, {0, 64, false, 0}}, {300, {64, 64, true, 1}}};
  run(1000);
  EXPECT_EQ(measurements.ledger.total(LedgerUnit::Dram), Clock::now() - 1);
  run(1);
  EXPECT_EQ(measurements.ledger.total(LedgerUnit::Dram), Clock::now() - 1);
  dram->finish_layer();
  EXPECT_EQ(measurements.events[Event::DramReadAccesses], 1U);
  EXPECT_EQ(measurements.events[Event::DramWriteAccesses], 1U);
  EXPECT_EQ(dram->moved().read, 64U);
  EXPECT_EQ(dram->moved().written, 64U);
}

TEST_F(BankedDram, BlockingTransportMovesBytesAndTakesTheTimeOfAClosedBank) {
  build(true);
  run(1);
  std::array<std::uint8_t, 4> bytes{1, 2, 3, 4};
  tlm::tlm_generic_payload payload;
  payload.set_command(tlm::TLM_WRITE_COMMAND);
  payload.set_address(100);
  payload.set_data_ptr(bytes.data());
  payload.set_data_length(4);
  payload.set_streaming_width(4);
  payload.set_byte_enable_ptr(nullptr);
  sc_core::sc_time delay = sc_core::SC_ZERO_TIME;
  a->dram.socket->b_transport(payload, delay);
  EXPECT_TRUE(payload.is_response_ok());
  // tRCD + CL + 4 = 38 cycles of 1.2 GHz are 28.5 of 900 MHz.
  EXPECT_EQ(delay, 29 * Clock::period());
  std::array<std::uint8_t, 4> read{};
  dram->contents().read(100, read.data(), 4);
  EXPECT_EQ(read, bytes);
}

}  // namespace
}  // namespace systole::test
