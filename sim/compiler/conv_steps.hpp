#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <vector>

#include "sim/compiler/conv_folds.hpp"
#include "sim/compiler/conv_layer.hpp"
#include "sim/compiler/conv_tiling.hpp"
#include "sim/compiler/machine_limits.hpp"
#include "sim/compiler/weight_image.hpp"

namespace systole {

/// Weights that one load brings, for some blocks of output channels side by side.
struct WeightLoads {
  std::int64_t blocks = 0;
  std::int64_t columns = 0;
  std::uint64_t row_pitch = 0;
  std::uint64_t first =
      0;  ///< where their matrix begins, from the step's first weight (modulo 2^64)
  std::shared_ptr<const std::vector<WeightGroup>> groups;  ///< steps and blocks share them

  /// Of a segment, from the step's first weight.
  std::uint64_t offset(const WeightSegment& segment) const {
    return first + to_u64(segment.image_row) * row_pitch;
  }
};

/// What the blocks of a tile multiply in a step.
struct ConvStep {
  ReductionStep reduction;
  StepSlices slices;
  std::vector<WeightLoads> loads;  ///< in the order of the blocks
  std::uint64_t weights = 0;       ///< first weight, from the image's start
  /// The number of steps that differ in nothing but where in DRAM their operands are.
  std::int64_t shape = 0;

  /// Of all blocks, for one chunk of pixels; input stationary, at most.
  std::size_t folds() const {
    std::size_t folds = 0;
    for (const WeightLoads& blocks : loads) {
      for (const WeightGroup& group : *blocks.groups) {
        folds += group.folds.size() * to_u64(blocks.blocks);
      }
    }
    return folds;
  }

  /// The folds of a block, the first of those that are loaded together.
  const std::vector<WeightGroup>& groups_of(std::int64_t block) const {
    std::size_t at = 0;
    for (; block > 0; ++at) {
      block -= loads[at].blocks;
    }
    return *loads[at].groups;
  }
};

/// The steps of a convolution, each made once.
class ConvSteps {
 public:
  ConvSteps(const ConvLayer& layer, const WeightImage& image, const MachineLimits& machine,
            const ConvTiling& tiling)
      : layer_{layer},
        image_{image},
        machine_{machine},
        tiling_{tiling},
        of_tile_{to_u64(reduction_steps(layer, image, tiling))},
        steps_(of_tile_ * to_u64(ceil_div(to_i64(image.blocks.size()), tiling.blocks))),
        groups_(of_tile_) {}

  /// The `index`th of the tile of channels that begins with `first_block` and has `blocks`.
  const ConvStep& at(std::int64_t first_block, std::int64_t blocks, std::int64_t index);

 private:
  ConvStep make(std::int64_t first_block, std::int64_t blocks, std::int64_t index);
  std::shared_ptr<const std::vector<WeightGroup>> groups_of(const ConvStep& step,
                                                            std::int64_t block,
                                                            const WeightBlock& leader,
                                                            std::size_t index);
  std::vector<std::int64_t> numbers_of(const ConvStep& step, std::int64_t first_block) const;

  const ConvLayer& layer_;
  const WeightImage& image_;
  const MachineLimits& machine_;
  const ConvTiling& tiling_;
  const std::size_t of_tile_;                   // steps
  std::vector<std::optional<ConvStep>> steps_;  // tile after tile
  /// Without groups all blocks have the same folds in a step.
  std::vector<std::shared_ptr<const std::vector<WeightGroup>>> groups_;  // by index
  std::map<std::vector<std::int64_t>, std::int64_t> shapes_;  // by all that commands show
};

}  // namespace systole
