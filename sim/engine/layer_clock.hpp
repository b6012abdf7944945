#pragma once

#include <cstdint>
#include <functional>

#include "sim/config/accelerator_config.hpp"
#include "sim/program/packed_commands.hpp"

namespace systole {

/// Says how many cycles a program takes on the accelerator, by the fast engine without data; not of
/// loops of the hardware's unroller, which have one tiling. Queues that belong to these are left
/// out.
/// `on_program` is told how many programs it has timed, the one that begins included.
std::function<std::uint64_t(const PackedProgram&)> layer_clock(
    const AcceleratorConfig& config, std::function<void(std::uint64_t)> on_program = {});

}  // namespace systole
