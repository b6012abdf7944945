#pragma once

#include <cstdint>
#include <optional>
#include <vector>

#include "models/dram/dram_timing.hpp"
#include "sim/config/accelerator_config.hpp"
#include "sim/engine/engine.hpp"
#include "sim/functional/machine_state.hpp"
#include "sim/top/memoized_timing.hpp"

namespace systole {

class CommandObserver;

/// The same machine without a kernel: when things happen from recurrences (sim/top/machine_timing),
/// what happens from the commands in order (sim/functional). Equal to SystemcEngine in every byte,
/// cycle, count and ledger entry. Any number of them may run in a process and in its threads.
class FastEngine final : public Engine {
 public:
  /// Without data nothing is computed, and MacZeroOperand stays 0. It gives up when no command
  /// completes for `watchdog_cycles`.
  FastEngine(const AcceleratorConfig& config, bool with_data,
             std::uint64_t watchdog_cycles = 1'000'000, const DramObservers& observers = {});

  /// Told of each command when it completes; null: nobody looks. It outlives the engine.
  void observe(CommandObserver* observer) { observer_ = observer; }

  void write_dram(std::uint64_t address, const std::vector<std::uint8_t>& bytes) override;
  std::vector<std::uint8_t> read_dram(std::uint64_t address, std::uint64_t size) const override;

  std::vector<std::uint8_t> read_scratchpad(std::uint32_t first_row, std::uint32_t rows) override;

  /// Throws StuckError when nothing can ever happen again, std::logic_error when the ledger of a
  /// unit does not close, Refusal for loops of the hardware's unroller and for
  /// widened loads.
  LayerMeasurement run(const LayerProgram& program) override;

  bool measures_alone() const override {
    return !observed() && config_.sequencer.unroller == Unroller::None;
  }
  DramPlaces dram_places() const override;
  LayerMeasurement measure(const PackedProgram& program) override;
  EventCounts compute(const PackedProgram& program) override;

 private:
  bool observed() const {
    return observer_ != nullptr || dram_.observers.requests != nullptr ||
           dram_.observers.commands != nullptr;
  }
  /// What is remembered is not observed: with an observer all commands are gone through.
  LayerMeasurement time(const LayerProgram& program);

  const AcceleratorConfig config_;
  const bool with_data_;
  const std::uint64_t watchdog_cycles_;
  std::optional<MachineState> state_;  ///< with data
  DramSource dram_;
  std::optional<MemoizedTiming> timing_;  ///< with a DRAM that nobody looks at
  CommandObserver* observer_ = nullptr;
  std::uint64_t now_ = 0;  ///< of the observed machine: cycles of all programs so far
};

}  // namespace systole
