#pragma once

#include <cstdint>
#include <vector>

#include "sim/compiler/conv_layer.hpp"
#include "sim/compiler/conv_tiling.hpp"

namespace systole {

/// The products of one fold, of those of the step: tap-major, then the step's channels.
struct FoldSlice {
  std::int64_t first = 0;
  std::int64_t k = 0;
  std::int64_t row = 0;  ///< its first weight row within the group's rows
};

/// Rows of a block's weight matrix that are neighbours in DRAM.
struct WeightSegment {
  std::int64_t image_row = 0;
  std::int64_t rows = 0;
};

/// Folds whose weight rows come together, with one load where they are one segment.
struct WeightGroup {
  std::vector<FoldSlice> folds;
  std::vector<WeightSegment> segments;
  std::int64_t rows = 0;
};

/// Part of a tile's pixels that one compute command streams.
struct PixelChunk {
  std::int64_t ifmap_row = 0, count_h = 0, count_w = 0;
  std::int64_t pixel = 0;  ///< first accumulator row, of the block's
  std::int64_t skip = 0, drop = 0;
};

/// Products of one fold at most, from product `first` on, of a step with `channels` channels and
/// the taps before `end_tap`: array.rows of them, in at most array.gather_rows scratchpad rows.
/// Output stationary: all.
std::int64_t fold_products(std::int64_t end_tap, std::int64_t channels, std::int64_t first,
                           const MachineLimits& machine);

/// Folds that a step's products are cut into.
std::int64_t count_folds(std::int64_t taps, std::int64_t channels, const MachineLimits& machine);

/// The folds of one block in one step, in the order of their products. A group has at most
/// dma.max_rows weight rows, or is a single fold.
std::vector<WeightGroup> fold_groups(const StepSlices& slices, const StepSlices::OfBlock& of_block,
                                     const ChannelRange& window, const MachineLimits& machine,
                                     const TapRange& taps);

/// Channels of the slices that a block multiplies in a step.
std::int64_t step_channels(const StepSlices& slices, const StepSlices::OfBlock& of_block);

/// A tile of rows x cols output pixels in compute commands. Weight stationary: at most
/// max_compute_rows, whole rows of pixels or parts of one, anything where all pixels follow one
/// another. Else as many consecutive pixels as the array has rows (output stationary) or columns.
std::vector<PixelChunk> pixel_chunks(const ConvLayer& layer, std::int64_t rows, std::int64_t cols,
                                     const MachineLimits& machine);

/// Blocks of output channels whose weights come with one load.
std::int64_t blocks_per_weight_load(const ConvLayer& layer, const MachineLimits& machine);

/// In which order the commands of lower_conv add up the products of each block of channels.
std::vector<std::vector<FoldSpan>> accumulation_order(const ConvLayer& layer,
                                                      const WeightImage& image,
                                                      const MachineLimits& machine,
                                                      const ConvTiling& tiling);

}  // namespace systole
