#pragma once

#include "sim/compiler/conv_layer.hpp"
#include "sim/compiler/machine_limits.hpp"
#include "sim/compiler/pool_lowering.hpp"
#include "sim/network/network.hpp"

namespace systole {

/// What the machine cannot do with a layer, whatever its size: each throws MappingError saying so.
void check_supported(const ConvLayer& layer, const Network& network, const MachineLimits& machine);
void check_supported_depthwise(const ConvLayer& layer, const Network& network,
                               const MachineLimits& machine);
/// Of a layer that pins pack_taps; `neighbours`: they can be packed at all.
void check_supported_packing(bool neighbours);
void check_supported(const PoolLayer& layer, const PinnedMapping& pinned, const Network& network,
                     const MachineLimits& machine);
void check_supported_add(const Layer& layer, const Network& network, const MachineLimits& machine);
void check_supported_on_host(const Layer& layer);
void check_supported_reshape(const Layer& layer, const Network& network);

}  // namespace systole
