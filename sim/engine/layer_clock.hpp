#pragma once

#include <cstdint>
#include <functional>

#include "sim/config/accelerator_config.hpp"
#include "sim/program/command.hpp"

namespace systole {

/// Says how many cycles a program takes on the accelerator, by the fast engine without data.
std::function<std::uint64_t(const LayerProgram&)> layer_clock(const AcceleratorConfig& config);

}  // namespace systole
