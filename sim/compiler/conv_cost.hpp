#pragma once

#include <cstdint>
#include <tuple>

#include "sim/compiler/conv_tiling.hpp"
#include "sim/compiler/tile_work.hpp"

namespace systole {

/// How often a tiling does what.
struct ConvCounts {
  std::int64_t tiles = 0;  ///< of pixels and output channels
  std::int64_t folds = 0;
};
ConvCounts count_work(const ConvLayer& layer, const WeightImage& image,
                      const MachineLimits& machine, const ConvTiling& tiling);

/// Estimated cost.
struct ConvCost {
  std::int64_t lone_folds = 0, cycles = 0, bytes = 0, steps = 0;
  std::int64_t moved = 0;  ///< bytes of DRAM, of whole bursts, if they are the objective

  /// Compared in this order: cycles of the array where each fold shows its fill and drain (overlap
  /// `none`, as SCALE-Sim counts), cycles, bytes that are wanted, steps; before all of them what
  /// DRAM moves if that is the objective.
  bool better_than(const ConvCost& o, Objective objective) const {
    if (objective == Objective::Traffic && moved != o.moved) {
      return moved < o.moved;
    }
    return std::tie(lone_folds, cycles, bytes, steps) <
           std::tie(o.lone_folds, o.cycles, o.bytes, o.steps);
  }
};

/// Estimates tilings of one size of tile, in any order and with any copies of the buffers.
class ConvCostModel {
 public:
  ConvCostModel(const ConvLayer& layer, const WeightImage& image, const MachineLimits& machine,
                const PixelTiles& pixels, const ChannelTiles& channels);

  /// No tiling costs less, in no respect; of the array's work alone, and so at once.
  ConvCost least() const;
  /// The same with the loads and stores, which have to be estimated first.
  ConvCost least_with_transfers();
  ConvCost cost(const ConvTiling& tiling);

 private:
  /// Cycles, unless it says bytes.
  struct Transfers {
    std::int64_t ifmap = 0, ifmap_bytes = 0;  ///< of one step's load
    std::int64_t bias = 0, store = 0;         ///< of a tile
    std::int64_t bias_bytes = 0;              ///< of a tile
  };
  /// How many loads: of a step's ifmap, of a step's weights, and of the whole table.
  struct Loads {
    std::int64_t ifmap = 0, weights = 0, tables = 0;
  };
  Loads count_loads(const ConvTiling& tiling) const;
  const Transfers& transfers();
  ConvCost with_loads(const Loads& loads, std::int64_t serial);
  std::int64_t moved_bytes(const Loads& loads) const;

  const ConvLayer& layer_;
  const WeightImage& image_;
  const MachineLimits& machine_;
  const PixelTiles& pixels_;
  const ChannelTiles& channels_;
  const std::int64_t lone_folds_;
  const std::int64_t execute_;  ///< cycles of the array, of the layer
  Transfers transfers_;
  bool has_transfers_ = false;
};

}  // namespace systole
