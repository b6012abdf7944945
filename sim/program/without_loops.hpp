#pragma once

#include "sim/config/accelerator_config.hpp"
#include "sim/program/command.hpp"

namespace systole {

/// The program with the commands that the hardware's unrollers make of its loops in place of these,
/// behind its own: loop by loop, of each its loads, its preload and compute pairs, its stores. The
/// unrollers send the same commands in an order that depends on time. A program without loops stays
/// as it is.
LayerProgram without_loops(const LayerProgram& program, const AcceleratorConfig& config);

}  // namespace systole
