#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "sim/compiler/compiler.hpp"
#include "sim/compiler/conv_layer.hpp"
#include "sim/compiler/machine_limits.hpp"
#include "sim/compiler/memory_fit.hpp"
#include "sim/compiler/weight_image.hpp"

namespace systole {

/// How a convolution is cut. A tile is an output tile: `tile_oh` x `tile_ow` pixels x `blocks`
/// blocks of array.cols channels. Its reduction runs in steps of `tile_ic` input channels and
/// `tile_taps` taps, taps innermost, so that partial sums never leave the accumulators. A step's
/// taps are all of them unless so many weights do not fit twice.
struct ConvTiling {
  std::int64_t tile_oh = 1, tile_ow = 1, blocks = 1, tile_ic = 1, tile_taps = 1;
  bool oc_outermost = true;  ///< else pixels: the loop whose operand stays longest
  /// Copies of each buffer: with two, the next content loads while the last one is used.
  std::int64_t ifmap_slots = 1, weight_slots = 1, acc_slots = 1, table_slots = 1;
  /// Rows of one copy.
  std::int64_t ifmap_rows = 0, weight_rows = 0, acc_rows = 0;
  bool whole_table = false;  ///< the constants of all channels stay in the table
};

/// The ifmap vectors of one step: slices of at most array.rows channels, and which of
/// them each block of output channels multiplies. Blocks share them without groups.
struct StepSlices {
  struct OfBlock {
    std::size_t first = 0;
    std::size_t count = 0;

    bool operator==(const OfBlock& o) const { return first == o.first && count == o.count; }
  };
  std::vector<ChannelRange> slices;
  std::vector<OfBlock> of_block;
};
StepSlices step_slices(const ConvLayer& layer, const WeightImage& image,
                       const MachineLimits& machine, const ConvTiling& tiling,
                       std::int64_t first_block, std::int64_t blocks, std::int64_t ic_step);

/// Reduction steps of every tile: those that bring other input channels, and all.
std::int64_t ic_steps(const WeightImage& image, const ConvTiling& tiling);
std::int64_t reduction_steps(const ConvLayer& layer, const WeightImage& image,
                             const ConvTiling& tiling);

/// Consecutive taps.
struct TapRange {
  std::int64_t first = 0;
  std::int64_t count = 0;
};

/// What a reduction step adds up.
struct ReductionStep {
  std::int64_t ic_step = 0;
  TapRange taps;
};
ReductionStep reduction_step(const ConvLayer& layer, const ConvTiling& tiling, std::int64_t step);

/// Whether a tile's pixels follow one another at a constant step, rows of pixels included.
bool pixels_are_linear(const ConvLayer& layer, std::int64_t tile_ow);

/// The tilings of compiler.candidates sizes of tiles with the lowest estimated costs, best first.
/// Throws MappingError when none fits, or the pinned one does not.
std::vector<ConvTiling> choose_tilings(const ConvLayer& layer, const WeightImage& image,
                                       const MachineLimits& machine, const PinnedMapping& pinned);

LayerMapping describe_mapping(const ConvLayer& layer, const WeightImage& image,
                              const MachineLimits& machine, const ConvTiling& tiling);

}  // namespace systole
