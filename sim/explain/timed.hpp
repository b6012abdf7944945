#pragma once

#include "sim/config/accelerator_config.hpp"
#include "sim/network/network.hpp"
#include "sim/report/run_result.hpp"

namespace systole {

/// One inference without data, for its cycles: what energies follow is of no matter.
RunResult timed(AcceleratorConfig config, const Network& network);

}  // namespace systole
