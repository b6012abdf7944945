#pragma once

#include <cstdint>
#include <tuple>

#include "sim/compiler/conv_tiling.hpp"

namespace systole {

/// How often a tiling does what.
struct ConvCounts {
  std::int64_t pixel_tiles = 0, oc_tiles = 0, ic_steps = 0;
  std::int64_t folds_per_pixel_tile = 0;  ///< over all output channels
  std::int64_t ifmap_loads = 0;  ///< steps that load their ifmap; the others find it resident
  std::int64_t weight_loads = 0;
};
ConvCounts count_work(const ConvLayer& layer, const WeightImage& image,
                      const MachineLimits& machine, const ConvTiling& tiling);

/// Estimated cost, compared in this order: cycles, bytes read, steps.
struct ConvCost {
  std::int64_t cycles = 0, bytes = 0, steps = 0;

  bool operator<(const ConvCost& o) const {
    return std::tie(cycles, bytes, steps) < std::tie(o.cycles, o.bytes, o.steps);
  }
};
ConvCost estimate_cost(const ConvLayer& layer, const WeightImage& image,
                       const MachineLimits& machine, const ConvTiling& tiling);

}  // namespace systole
