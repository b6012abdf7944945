#pragma once

#include "sim/compiler/compiler.hpp"
#include "sim/config/accelerator_config.hpp"
#include "sim/legalize/legalize.hpp"
#include "sim/report/run_result.hpp"
#include "sim/run/simulation_options.hpp"
#include "sim/workload/workload.hpp"

namespace systole {

/// What is known of a result before the machine runs; `compiler` is the legalized network's.
/// Throws Refusal for inputs that are no whole number of batches, and for a DRAM that is too small.
RunResult result_outline(const AcceleratorConfig& config, const Legalized& legalized,
                         const Compiler& compiler, const LabelledInputs& inputs,
                         const SimulationOptions& options);

}  // namespace systole
