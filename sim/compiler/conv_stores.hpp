#pragma once

#include <cstdint>

#include "sim/compiler/command_streams.hpp"
#include "sim/compiler/conv_layer.hpp"
#include "sim/compiler/conv_tile.hpp"
#include "sim/compiler/machine_limits.hpp"
#include "sim/compiler/weight_image.hpp"

namespace systole {

/// Adds the stores of a tile, whose sums lie in accumulator rows from `acc_row` on and whose
/// requantization constants, if each channel has its own, in table rows from `table_row` on. They
/// wait for the marks of the streams' last block of class Execute; DRAM addresses count from the
/// tile's first element.
void add_stores(CommandStreams& streams, const ConvLayer& layer, const WeightImage& image,
                const MachineLimits& machine, const ConvTile& tile, std::int64_t acc_row,
                std::int64_t table_row);

}  // namespace systole
