#include <gmock/gmock.h>

#include "sim/engine/fast_engine.hpp"
#include "sim/engine/systemc_engine.hpp"
#include "sim/run/simulation.hpp"
#include "tests/support/layer_chains.hpp"
#include "tests/support/sim_test.hpp"

namespace systole {
namespace {

using ::testing::HasSubstr;

/// What a run that gets stuck says, or nothing.
std::string stuck_text(const std::function<void()>& run) {
  try {
    run();
  } catch (const StuckError& error) {
    return error.what();
  }
  return {};
}

class Watchdog : private test::FreshKernel, public ::testing::Test {
 protected:
  /// Waits some 5000 cycles for its first bytes.
  static void run_on_slow_dram(std::uint64_t watchdog_cycles) {
    AcceleratorConfig config = test::small_machine();
    config.dram.latency_cycles = 5000;
    SimulationOptions options;
    options.watchdog_cycles = watchdog_cycles;
    const Network network = test::ChainBuilder{{5, 12}}.fully_connected("only", 8, false).build();
    simulate(config, network, {}, options);
  }
};

TEST_F(Watchdog, NamesTheUnitThatWaitsForAMemoryThatDoesNotAnswer) {
  const std::string text = stuck_text([] { run_on_slow_dram(100); });
  EXPECT_THAT(text, HasSubstr("no progress for 100 cycles"));
  EXPECT_THAT(text, HasSubstr("accelerator.load_unit: busy"));
  EXPECT_THAT(text, HasSubstr("accelerator.sequencer: entry 0 running: load"));
}

TEST_F(Watchdog, IsPatientForAsLongAsItIsTold) {
  EXPECT_EQ(stuck_text([] { run_on_slow_dram(6000); }), "");
}

/// A preload whose compute never comes.
LayerProgram lonely_preload() {
  LayerProgram program;
  PreloadCommand preload;
  preload.k = 4;
  preload.n = 4;
  preload.acc_rows = 1;
  program.commands.push_back({preload});
  return program;
}

TEST(WatchdogOfFastEngine, NamesTheCommandThatNeverCompletes) {
  FastEngine engine{test::small_machine(), false, 1000};
  const std::string text = stuck_text([&] { engine.run(lonely_preload()); });
  EXPECT_THAT(text, HasSubstr("nothing can happen any more"));
  EXPECT_THAT(text, HasSubstr("running: preload 4 x 4"));
}

TEST(WatchdogOfFastEngine, LosesPatienceWithACommandThatTakesTooLong) {
  const Network network = test::ChainBuilder{{64, 64}}.fully_connected("only", 64, false).build();
  SimulationOptions options;
  options.engine = EngineKind::Fast;
  options.watchdog_cycles = 4;
  const std::string text =
      stuck_text([&] { simulate(test::small_machine(), network, {}, options); });
  EXPECT_THAT(text, HasSubstr("no command completed for "));
  EXPECT_THAT(text, HasSubstr("entry 0 running: load"));
  options.watchdog_cycles = 100000;
  EXPECT_EQ(stuck_text([&] { simulate(test::small_machine(), network, {}, options); }), "");
}

TEST_F(Watchdog, NamesTheCommandThatNeverCompletes) {
  const LayerProgram program = lonely_preload();
  SystemcEngineOptions options;
  options.watchdog_cycles = 1000;
  SystemcEngine engine{test::small_machine(), options};
  const std::string text = stuck_text([&] { engine.run(program); });
  EXPECT_THAT(text, HasSubstr("no progress for 1000 cycles"));
  EXPECT_THAT(text, HasSubstr("running: preload 4 x 4"));
}

TEST_F(Watchdog, NamesTheCommandThatWaitsBehindIt) {
  LayerProgram program;
  PreloadCommand preload;
  preload.k = 4;
  preload.n = 4;
  preload.acc_rows = 1;
  program.commands.push_back({preload});
  StoreCommand store;  // of the row that the preload names
  store.source = {LocalMemory::Accumulators, 0};
  store.rows = 1;
  store.elements = 4;
  store.block_pitch = 1;
  program.commands.push_back({store});
  program.registers.requant.exponent = {0};
  program.registers.requant.multiplier = {1 << 30};
  SystemcEngineOptions options;
  options.watchdog_cycles = 1000;
  SystemcEngine engine{test::small_machine(), options};
  const std::string text = stuck_text([&] { engine.run(program); });
  EXPECT_THAT(text, HasSubstr("waiting: store"));
  EXPECT_THAT(text, HasSubstr("after entry"));
}

}  // namespace
}  // namespace systole
