#pragma once

#include "sim/config/accelerator_config.hpp"
#include "sim/report/run_result.hpp"

namespace systole {

/// Throws Refusal where machine and data do not go together: energies that follow the values of
/// operands need some, floating point computes none.
void check_data(const AcceleratorConfig& config, DataSource data);

}  // namespace systole
