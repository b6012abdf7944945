#pragma once

#include <cstdint>
#include <vector>

#include "sim/compiler/conv_layer.hpp"
#include "sim/compiler/conv_tiling.hpp"

namespace systole {

/// The products of one fold: a tap and a slice of channels.
struct FoldSlice {
  std::int64_t tap = 0;
  std::size_t slice = 0;
  std::int64_t k = 0;
  std::int64_t row = 0;  ///< its first weight row within the group's rows
};

/// Folds whose weight rows are neighbours in DRAM and come with one load.
struct FoldGroup {
  std::vector<FoldSlice> folds;
  std::int64_t image_row = 0;  ///< of the block's weight matrix
  std::int64_t rows = 0;
};

/// Part of a tile's pixels that one compute command streams.
struct PixelChunk {
  std::int64_t ifmap_row = 0, count_h = 0, count_w = 0;
  std::int64_t pixel = 0;  ///< first accumulator row, of the block's
};

/// The folds of one block in one step, tap-major. A group has at most `max_rows` weight rows, or
/// is a single fold.
std::vector<FoldGroup> fold_groups(const ConvLayer& layer, const StepSlices& slices,
                                   const StepSlices::OfBlock& of_block, const ChannelRange& window,
                                   std::int64_t max_rows);

/// A tile of rows x cols output pixels in compute commands of at most `max_compute_rows`: whole
/// rows of pixels, or parts of one; anything where all pixels follow one another.
std::vector<PixelChunk> pixel_chunks(const ConvLayer& layer, std::int64_t rows, std::int64_t cols,
                                     std::int64_t max_compute_rows);

/// Blocks of output channels whose weights come with one load.
std::int64_t blocks_per_weight_load(const ConvLayer& layer, const MachineLimits& machine);

/// In which order the commands of lower_conv add up the products of each block of channels.
std::vector<std::vector<FoldSpan>> accumulation_order(const ConvLayer& layer,
                                                      const WeightImage& image,
                                                      const MachineLimits& machine,
                                                      const ConvTiling& tiling);

}  // namespace systole
