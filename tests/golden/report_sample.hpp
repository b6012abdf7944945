#pragma once

#include <vector>

#include "sim/energy/energy_model.hpp"
#include "sim/report/run_result.hpp"

namespace systole {

/// A made-up run of three layers on a 4 x 4 array, small enough to check by hand: a
/// convolution, a pooling whose name is not ASCII, and a fully connected layer.
RunResult sample_run();

/// Round energies of each layer: 1 nJ for the array's multipliers of layer 0, and so on.
std::vector<EnergyBreakdown> sample_energy();

/// A table of which the reports show the name alone.
EnergyTable sample_table();

}  // namespace systole
