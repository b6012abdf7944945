#pragma once

#include <string>
#include <vector>

#include "sim/network/network.hpp"

namespace systole {

/// Gives the multipliers and clamps of an operator of the host the scales around it: `growth` by
/// tensor, new over old. What its integers stand for stays, to a multiplier's last bit and a
/// clamp's nearest step. Says what changed, if anything did.
void follow_scales(const Network& network, Layer& layer, const std::vector<double>& growth,
                   std::vector<std::string>& what);

}  // namespace systole
