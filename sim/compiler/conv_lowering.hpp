#pragma once

#include <cstdint>
#include <vector>

#include "sim/compiler/conv_layer.hpp"
#include "sim/compiler/conv_tiling.hpp"
#include "sim/compiler/machine_limits.hpp"
#include "sim/compiler/weight_image.hpp"
#include "sim/program/packed_commands.hpp"

namespace systole {

/// Where a layer's operands lie in DRAM.
struct ConvAddresses {
  std::uint64_t ifmap = 0, weights = 0, bias = 0, table = 0, ofmap = 0;
};

/// Tiles that repeat each other a multiple of `alignment` bytes further on in DRAM share their
/// commands; 0: none do.
PackedCommands lower_conv(const ConvLayer& layer, const WeightImage& image,
                          const MachineLimits& machine, const ConvTiling& tiling,
                          const ConvAddresses& addresses, std::uint64_t alignment);

}  // namespace systole
