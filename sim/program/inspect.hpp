#pragma once

#include <string>

#include "sim/config/accelerator_config.hpp"
#include "sim/program/packed_commands.hpp"

namespace systole {

/// One line for people: `systole show program`.
std::string describe(const Command& command);

/// Throws std::logic_error if a command leaves its memory or exceeds what the units
/// accept (dma.max_rows, dma.max_blocks, array.max_compute_rows), or if a
/// Preload has no Compute of as many rows behind it: a mistake of the compiler's.
void validate(const LayerProgram& program, const AcceleratorConfig& config);
void validate(const PackedProgram& program, const AcceleratorConfig& config);

}  // namespace systole
