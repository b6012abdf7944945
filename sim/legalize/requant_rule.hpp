#pragma once

#include <string>
#include <vector>

#include "sim/config/accelerator_config.hpp"
#include "sim/network/network.hpp"

namespace systole {

/// The layer's real multipliers as its integer constants express them: one per channel
/// (or one for all) from accumulator to ofmap; for a sum one per operand, operand to ofmap;
/// none for layers that do not requantize, or hold no constants (shapes only).
std::vector<double> real_multipliers(const Layer& layer);

/// The layer's requantizer; null for layers that do not requantize.
Requantizer* requantizer(Layer& layer);
const Requantizer* requantizer(const Layer& layer);

/// Gives `requant` the hardware's variant and rounding; says in words what that changes of the
/// result, or nothing. To be called while `requant.mode` still is the network's.
std::string take_rounding(Requantizer& requant, const RequantConfig& hardware);

}  // namespace systole
