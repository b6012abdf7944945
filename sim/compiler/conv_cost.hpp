#pragma once

#include <cstdint>
#include <tuple>

#include "sim/compiler/conv_tiling.hpp"

namespace systole {

/// Of all output channels, for one chunk of pixels: all of a tile's, or as many as the array takes
/// (output and input stationary).
struct FoldCounts {
  std::int64_t folds = 0;
  std::int64_t streamed = 0;  ///< operands, of these folds; weight stationary: none
};
/// By the tiling's channels and taps alone.
FoldCounts count_folds_of_chunk(const ConvLayer& layer, const WeightImage& image,
                                const MachineLimits& machine, const ConvTiling& tiling);

/// How often a tiling does what.
struct ConvCounts {
  std::int64_t pixel_tiles = 0, oc_tiles = 0, ic_steps = 0;
  std::int64_t reduction_steps = 0;  ///< of a tile
  std::int64_t folds_per_chunk = 0;
  std::int64_t streamed_per_chunk = 0;
  std::int64_t chunks = 0;       ///< of all pixels
  std::int64_t ifmap_loads = 0;  ///< steps that load their ifmap; the others find it resident
  std::int64_t weight_loads = 0;
};
ConvCounts count_work(const ConvLayer& layer, const WeightImage& image,
                      const MachineLimits& machine, const ConvTiling& tiling);

/// Estimated cost.
struct ConvCost {
  std::int64_t lone_folds = 0, cycles = 0, bytes = 0, steps = 0;

  /// Compared in this order: cycles of the array where each fold shows its fill and drain (overlap
  /// `none`, as SCALE-Sim counts), cycles, bytes read, steps; bytes before all cycles if that is
  /// the objective.
  bool better_than(const ConvCost& o, Objective objective) const {
    if (objective == Objective::Traffic && bytes != o.bytes) {
      return bytes < o.bytes;
    }
    return std::tie(lone_folds, cycles, bytes, steps) <
           std::tie(o.lone_folds, o.cycles, o.bytes, o.steps);
  }
};

/// Estimates tilings of one size of tile, in any order and with any copies of the buffers.
class ConvCostModel {
 public:
  /// Cycles, unless it says bytes.
  struct Parts {
    std::int64_t lone_folds = 0;
    std::int64_t execute = 0;                 ///< of the layer
    std::int64_t ifmap = 0, ifmap_bytes = 0;  ///< of one step's load
    std::int64_t weights = 0;                 ///< of one step's load
    std::int64_t bias = 0, store = 0;         ///< of a tile
    std::int64_t bias_bytes = 0;              ///< of a tile
  };

  ConvCostModel(const ConvLayer& layer, const WeightImage& image, const MachineLimits& machine,
                const ConvTiling& tiling, const FoldCounts& folds);

  ConvCost cost(const ConvTiling& tiling) const;

 private:
  const ConvLayer& layer_;
  const MachineLimits& machine_;
  const ConvCounts counts_;  // without the loads
  const Parts parts_;
};

}  // namespace systole
