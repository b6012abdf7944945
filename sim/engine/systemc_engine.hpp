#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "models/array/pe_array.hpp"
#include "models/dram/dram_observers.hpp"
#include "sim/config/accelerator_config.hpp"
#include "sim/engine/engine.hpp"
#include "sim/top/stuck_error.hpp"

namespace systole {

class CommandObserver;
class MachineProbe;

struct SystemcEngineOptions {
  std::uint64_t watchdog_cycles = 1'000'000;  ///< without progress before giving up
  std::function<void(std::uint64_t cycles)>
      on_progress;  ///< now and then, with the cycles simulated so far
  DramObservers dram_observers;
  CommandObserver* command_observer = nullptr;  ///< null: nobody looks
  MachineProbe* probe = nullptr;                ///< the same
  std::function<std::unique_ptr<PeArray>(const ArrayConfig&)> make_pes =
      make_pe_array;  ///< what stands in the socket of the array
};

class Accelerator;

/// The machine itself on the SystemC kernel, which exists once in a process: one engine per
/// process.
class SystemcEngine final : public Engine {
 public:
  SystemcEngine(const AcceleratorConfig& config, SystemcEngineOptions options);
  ~SystemcEngine() override;

  void write_dram(std::uint64_t address, const std::vector<std::uint8_t>& bytes) override;
  std::vector<std::uint8_t> read_dram(std::uint64_t address, std::uint64_t size) const override;

  std::vector<std::uint8_t> read_scratchpad(std::uint32_t first_row, std::uint32_t rows) override;

  /// Throws StuckError when the watchdog bites, std::logic_error when the ledger of a unit does not
  /// close.
  LayerMeasurement run(const LayerProgram& program) override;

  /// The blocks, for fault injection in tests.
  Accelerator& accelerator();

 private:
  struct Kernel;
  std::unique_ptr<Kernel> kernel_;
};

}  // namespace systole
