#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <string>
#include <vector>

#include "models/dram/dram_observers.hpp"
#include "sim/config/accelerator_config.hpp"
#include "sim/network/network.hpp"
#include "sim/report/run_result.hpp"
#include "sim/workload/workload.hpp"

namespace systole {

class CommandObserver;
class MachineProbe;
class MeasuredLayers;

struct ProgressState {
  std::size_t layer = 0, layers = 0;
  std::string layer_name;
  std::uint64_t inference = 0, inferences = 0;
  std::uint64_t cycles = 0;  ///< simulated so far
  /// Programs that were timed for the choice of mappings; 0: that is over, the network runs.
  std::uint64_t timed = 0;
};

/// How the machine is simulated.
enum class EngineKind {
  Systemc,
  Fast,       ///< recurrences in place of the kernel: the same bytes, cycles and counts
  Verilated,  ///< the same, with the array of models/rtl in the socket of the PEs
};

struct SimulationOptions {
  EngineKind engine = EngineKind::Systemc;
  bool check = true;  ///< compare every layer with the golden model; never done without data
  /// None: the network needs no values of weights and biases, and one inference is timed.
  DataSource data = DataSource::Workload;
  /// Names of those that the machine runs, and that the result has; empty: all. The golden model
  /// computes the others, and accuracy is not counted.
  std::vector<std::string> layers;
  std::uint64_t watchdog_cycles = 1'000'000;  ///< without progress before giving up
  std::string dump_dir;  ///< every layer's output of the first inference as .npy; empty: none
  MeasuredLayers* measured_layers = nullptr;  ///< shared with other runs; null: this one's alone
  DramObservers dram_observers;
  CommandObserver* command_observer = nullptr;  ///< of both engines; null: nobody looks
  MachineProbe* probe = nullptr;                ///< of the SystemC machine; null: nobody looks
  std::function<void(const ProgressState&)> on_progress;
};

/// Where a layer's output first differs from the golden model.
struct Mismatch {
  std::uint64_t inference = 0;
  std::string layer;
  std::vector<std::int64_t> index;
  std::int64_t expected = 0, got = 0;
  std::uint64_t mismatches = 0;  ///< elements of the layer that differ
};

struct SimulationOutcome {
  RunResult result;
  std::vector<Mismatch> mismatches;  ///< one entry per mismatching layer and inference
};

/// Runs the network on the SystemC machine, once for every batch of the inputs. Without inputs, one
/// inference on pseudo-random ones (splitmix64 of the element index). Throws
/// CompileError, StuckError, Refusal for inputs that do not fit the network, for data
/// that do not fit the machine (check_data), and for an array that is not built in SystemVerilog.
SimulationOutcome simulate(const AcceleratorConfig& config, Network network,
                           const LabelledInputs& inputs, const SimulationOptions& options);

}  // namespace systole
