#pragma once

#include <vector>

#include "sim/compiler/conv_layer.hpp"
#include "sim/compiler/layer_plan.hpp"
#include "sim/compiler/machine_limits.hpp"

namespace systole {

/// Cuts the better of the layer as it is and with packed taps, if it may have them; a layer that
/// pins pack_taps has no choice. Best first, and alike but for their tilings. Throws MappingError.
std::vector<ConvPlan> cut_conv(const ConvLayer& layer, const MachineLimits& machine);

/// How a layer like it was cut.
struct ConvChoice {
  bool packed = false;
  ConvTiling tiling;
};
ConvPlan cut_conv(const ConvLayer& layer, const MachineLimits& machine, const ConvChoice& choice);

}  // namespace systole
