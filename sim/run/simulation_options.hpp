#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <string>
#include <vector>

#include "models/dram/dram_observers.hpp"
#include "sim/report/run_result.hpp"

namespace systole {

class CommandObserver;
class MachineProbe;
class MeasuredLayers;

struct ProgressState {
  std::size_t layer = 0, layers = 0;  ///< of those that the machine runs
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

  bool has_data() const { return data != DataSource::None; }
  bool checked() const { return check && has_data(); }
  bool runs(const std::string& layer) const {
    return layers.empty() || std::find(layers.begin(), layers.end(), layer) != layers.end();
  }
};

}  // namespace systole
