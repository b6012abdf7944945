#include <gtest/gtest.h>

#include <sstream>

#include "sim/config/accelerator_file.hpp"
#include "sim/engine/machine_probe.hpp"
#include "sim/kernel/clock.hpp"
#include "sim/run/inputs.hpp"
#include "sim/run/simulation.hpp"
#include "sim/workload/workload.hpp"
#include "tests/support/forked_run.hpp"

namespace systole {
namespace {

/// Turns the order round in which the blocks of a machine run.
class Reverser final : public MachineProbe {
 public:
  void attach(Accelerator& accelerator, const Clock& clock) override {
    static_cast<void>(accelerator);
    clock.reverse_blocks();
  }
  void on_layer(const std::string& name) override { static_cast<void>(name); }
  bool looks_into_pes() const override { return false; }
};

/// Everything that a run counts.
std::string counts_of_digits(const std::string& accelerator, const std::string& dataflow,
                             bool reversed) {
  const test::ForkedOutcome outcome = test::run_forked(
      [&] {
        const AcceleratorConfig config =
            load_accelerator(std::string{SYSTOLE_SOURCE_DIR "/configs/"} + accelerator + ".yaml",
                             {"array.dataflow=" + dataflow});
        const Network network =
            load_workload(SYSTOLE_SOURCE_DIR "/workloads/digits_cnn/digits_cnn.yaml", {});
        Reverser reverser;
        SimulationOptions options;
        options.probe = reversed ? &reverser : nullptr;
        const SimulationOutcome run = simulate(config, network, {}, options);
        std::ostringstream text;
        text << run.mismatches.size() << " mismatches\n";
        for (const LayerResult& layer : run.result.layers) {
          text << layer.name << ' ' << layer.cycles << ' ' << layer.compute_cycles;
          for (std::size_t i = 0; i < kEvents; ++i) {
            text << ' ' << layer.events[static_cast<Event>(i)];
          }
          for (std::size_t unit = 0; unit < kLedgerUnits; ++unit) {
            for (std::size_t cause = 0; cause < kCauses; ++cause) {
              text << ' '
                   << layer.ledger.at(static_cast<LedgerUnit>(unit), static_cast<Cause>(cause));
            }
          }
          text << '\n';
        }
        return text.str();
      },
      120);
  EXPECT_TRUE(outcome.finished) << outcome.text;
  return outcome.text;
}

TEST(BlockOrder, DoesNotChangeACycleOrACount) {
  for (const char* const accelerator : {"tiny_4x4", "gemmini_16x16"}) {
    for (const char* const dataflow :
         {"weight_stationary", "output_stationary", "input_stationary"}) {
      SCOPED_TRACE(testing::Message() << accelerator << ' ' << dataflow);
      const std::string forwards = counts_of_digits(accelerator, dataflow, false);
      EXPECT_EQ(forwards.rfind("0 mismatches\n", 0), 0U);
      EXPECT_EQ(counts_of_digits(accelerator, dataflow, true), forwards);
    }
  }
}

}  // namespace
}  // namespace systole
