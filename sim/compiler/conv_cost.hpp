#pragma once

#include <cstdint>
#include <tuple>

#include "sim/compiler/conv_tiling.hpp"

namespace systole {

/// How often a tiling does what.
struct ConvCounts {
  std::int64_t pixel_tiles = 0, oc_tiles = 0, ic_steps = 0;
  /// Over all output channels, for one chunk of pixels: all of a tile's, or as many as the array
  /// takes (output and input stationary).
  std::int64_t folds_per_chunk = 0;
  std::int64_t streamed_per_chunk = 0;  ///< operands, of these folds; weight stationary: none
  std::int64_t chunks = 0;              ///< of all pixels
  std::int64_t ifmap_loads = 0;  ///< steps that load their ifmap; the others find it resident
  std::int64_t weight_loads = 0;
};
ConvCounts count_work(const ConvLayer& layer, const WeightImage& image,
                      const MachineLimits& machine, const ConvTiling& tiling);

/// Estimated cost, compared in this order: cycles of the array where each fold shows its fill and
/// drain (overlap `none`, as SCALE-Sim counts), cycles, bytes read, steps.
struct ConvCost {
  std::int64_t lone_folds = 0, cycles = 0, bytes = 0, steps = 0;

  bool operator<(const ConvCost& o) const {
    return std::tie(lone_folds, cycles, bytes, steps) <
           std::tie(o.lone_folds, o.cycles, o.bytes, o.steps);
  }
};
ConvCost estimate_cost(const ConvLayer& layer, const WeightImage& image,
                       const MachineLimits& machine, const ConvTiling& tiling);

}  // namespace systole
