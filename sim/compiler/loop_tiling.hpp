#pragma once

#include "sim/compiler/conv_loops.hpp"
#include "sim/compiler/matmul_loops.hpp"
#include "sim/config/accelerator_config.hpp"

namespace systole {

// Tilings for loop instructions by the rules of Gemmini's library (tiled_matmul_auto,
// tiled_conv_auto): what fits half of the scratchpad and half of the accumulators.

/// Square tiles of C as large as the accumulators allow and as much of K as the scratchpad does;
/// then one tile more of J, I and K in turn while all fits.
MatmulTile loop_tile(const LoopedMatmul& matmul, const AcceleratorConfig& config);

/// The whole layer, its longest dimension shortened again and again until it fits (channels to
/// whole blocks; columns not below a block while there are several rows); then columns, and then
/// everything in turn, lengthened while it fits.
ConvLoopTile loop_tile(const LoopedConv& conv, const AcceleratorConfig& config);

/// Rows of a loop's halves of the memories.
struct LoopRows {
  std::uint64_t scratchpad = 0;
  std::uint64_t accumulators = 0;

  bool operator<=(const LoopRows& room) const {
    return scratchpad <= room.scratchpad && accumulators <= room.accumulators;
  }
};
LoopRows room_of_a_loop(const AcceleratorConfig& config);
LoopRows rows_needed(const MatmulTile& tile, const AcceleratorConfig& config);
LoopRows rows_needed(const LoopedConv& conv, const ConvLoopTile& tile,
                     const AcceleratorConfig& config);

}  // namespace systole
