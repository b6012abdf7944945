#pragma once

#include <vector>

#include "sim/config/accelerator_config.hpp"
#include "sim/network/network.hpp"
#include "sim/report/run_result.hpp"
#include "sim/run/comparison.hpp"
#include "sim/run/simulation_options.hpp"
#include "sim/workload/workload.hpp"

namespace systole {

struct SimulationOutcome {
  RunResult result;
  std::vector<Mismatch> mismatches;  ///< one entry per mismatching layer and inference
};

/// Runs the network on the machine, once for every batch of the inputs. Without inputs, one
/// inference on pseudo-random ones (splitmix64 of the element index). Throws
/// CompileError, StuckError, Refusal for inputs that do not fit the network, for data
/// that do not fit the machine (check_data), and for an array that is not built in SystemVerilog.
SimulationOutcome simulate(const AcceleratorConfig& config, Network network,
                           const LabelledInputs& inputs, const SimulationOptions& options);

}  // namespace systole
