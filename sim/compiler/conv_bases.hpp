#pragma once

#include <cstdint>
#include <vector>

#include "sim/compiler/conv_layer.hpp"
#include "sim/compiler/conv_tiling.hpp"
#include "sim/compiler/machine_limits.hpp"

namespace systole {

/// First scratchpad rows of the copies of a convolution's ifmap, and of its weights.
std::vector<std::int64_t> ifmap_bases(const MachineLimits& machine, const ConvTiling& tiling);
std::vector<std::int64_t> weight_bases(const ConvLayer& layer, const MachineLimits& machine,
                                       const ConvTiling& tiling);

}  // namespace systole
