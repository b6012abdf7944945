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

/// As quantize_multiplier, but reals under 2^-32 keep the bits that they have above 2^-62: at the
/// least exponent, -31, with a multiplier below 2^30. Sums of over 32 bits have results by them.
QuantizedMultiplier quantize_small_multiplier(double real);

/// The layer's requantizer; null for layers that do not requantize.
Requantizer* requantizer(Layer& layer);
const Requantizer* requantizer(const Layer& layer);

/// Gives the requantizer of `layer`, one of `network`'s, the hardware's variant and rounding; says
/// in words what that changes of the result, or nothing. To be called while its mode still is the
/// network's.
std::string take_rounding(Network& network, Layer& layer, const RequantConfig& hardware);

/// Rounds its integer multipliers to so many bits; says by how much, or nothing.
std::string narrow_multipliers(Layer& layer, std::uint32_t bits);

}  // namespace systole
