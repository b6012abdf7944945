#pragma once

#include <cstdint>

#include "sim/compiler/buffer_slots.hpp"
#include "sim/compiler/command_streams.hpp"
#include "sim/compiler/conv_layer.hpp"
#include "sim/compiler/conv_steps.hpp"
#include "sim/compiler/conv_tile.hpp"
#include "sim/compiler/machine_limits.hpp"
#include "sim/compiler/weight_image.hpp"

namespace systole {

/// Where a step of a tile finds its operands, and puts its sums.
struct StepOperands {
  std::int64_t ifmap_row = 0;        ///< of the pixel that the tile's first window begins with
  const BufferSlots::Slot& weights;  ///< with the loads that bring each group of folds
  std::int64_t acc_row = 0;
  bool accumulate = false;  ///< onto what the accumulators hold
};

/// Adds the preloads and computes of a step of a tile, fold by fold. Marks the end of each block of
/// output channels.
void add_folds(CommandStreams& streams, const ConvLayer& layer, const WeightImage& image,
               const MachineLimits& machine, const ConvTile& tile, const ConvStep& step,
               const StepOperands& operands);

}  // namespace systole
