#pragma once

#include <vector>

#include "sim/config/accelerator_config.hpp"
#include "sim/program/command.hpp"
#include "tests/validation/product.hpp"

namespace systole::test {

/// Output stationary, the library sends every command itself, as sp_tiled_matmul_os does: all of B,
/// all of A, the pairs of each tile of C, whose sums stay in the PEs from one to the next, and the
/// stores; whatever fits the memories at once, one after the other.
/// Where K is no multiple of the array, tiles reach past A and B: the scratchpad must hold zeros
/// there, which Gemmini puts in by itself (cleared_scratchpad).
std::vector<Command> output_stationary_commands(const Product& product,
                                                const AcceleratorConfig& config);

/// Writes zeros to all of the scratchpad.
LayerProgram cleared_scratchpad(const AcceleratorConfig& config);

}  // namespace systole::test
