#pragma once

#include <cstdint>

#include "sim/config/accelerator_config.hpp"

namespace systole::test {

/// Fewest execute entries with which a machine can run: a preload keeps its entry until its
/// compute, which needs one of its own, has written its results.
constexpr std::uint32_t kFewestExecuteEntries = 2;

/// random_accelerator() with every timing parameter drawn as well, and within the rules that span
/// keys: a file of it can be read back.
AcceleratorConfig random_machine();
AcceleratorConfig random_composable_machine();  ///< the same, always with composable PEs
AcceleratorConfig random_saturating_machine();  ///< of them, one whose sums saturate

/// The same with every setting of the compiler drawn as well: two of three keep ofmaps in the
/// scratchpad.
AcceleratorConfig random_compiling_machine();

/// The same, a square weight-stationary one whose hardware unrolls loop instructions.
AcceleratorConfig random_unrolling_machine();

/// The same machine with a multiplying requantization unit: a layer drawn for it can be written to
/// a workload file, and legalize() brings it to the machine's own unit.
AcceleratorConfig with_multipliers(AcceleratorConfig config);

}  // namespace systole::test
