#pragma once

#include <cstdint>

#include "sim/compiler/conv_layer.hpp"
#include "sim/compiler/conv_tiling.hpp"
#include "sim/compiler/machine_limits.hpp"
#include "sim/compiler/weight_image.hpp"

namespace systole {

/// What of a tiling's work depends on the pixels of its tiles alone.
struct PixelTiles {
  std::int64_t tile_oh = 1, tile_ow = 1;
  std::int64_t tiles = 0;  ///< of all images
  /// Of all pixels: what is done with one fold, all of a tile's or as many as the array takes
  /// (output and input stationary).
  std::int64_t chunks = 0;
  std::int64_t fold_cycles = 0;  ///< weight stationary: of a fold of every chunk
  /// Pixels of an ifmap tile that are loaded, on average over the tiles, by rows and columns.
  std::int64_t loaded_rows = 0, loaded_cols = 0;
  /// With packed taps: windows of an image row that reach past its ends, each a load of its own; on
  /// average over the tiles.
  std::int64_t edge_loads = 0;
  std::int64_t ifmap_pixels = 0;   ///< of a whole tile, its padding included
  std::int64_t loaded_pixels = 0;  ///< of all tiles together

  std::int64_t pixels() const { return tile_oh * tile_ow; }
};
PixelTiles pixel_tiles(const ConvLayer& layer, const MachineLimits& machine, std::int64_t tile_oh,
                       std::int64_t tile_ow);

/// Of all output channels, for one chunk of pixels.
struct FoldCounts {
  std::int64_t folds = 0;
  std::int64_t streamed = 0;  ///< operands, of these folds; weight stationary: none
};

/// Bytes of DRAM that its loads move, what bursts fetch beside what is wanted included, if they are
/// the objective; else 0.
struct MovedBytes {
  /// Of dma.max_burst_bytes pixels, which lie in every way in which pixels can lie in a burst, in
  /// all steps; with groups, of all tiles of output channels.
  std::int64_t ifmap = 0;
  std::int64_t weights = 0, table = 0;  ///< once
  std::int64_t biases = 0;              ///< once, for all tiles of output channels
};

/// What depends on the channels and taps of its tiles alone.
struct ChannelTiles {
  std::int64_t blocks = 1, tile_ic = 1, tile_taps = 1;
  std::int64_t oc_tiles = 0, ic_steps = 0;
  std::int64_t reduction_steps = 0;  ///< of a tile
  FoldCounts folds;
  /// Of any step: most slices of the ifmap, and most weight rows.
  std::int64_t slices = 0, weight_rows = 0;
  std::int64_t slice_bytes = 0;    ///< of a pixel
  std::int64_t weight_cycles = 0;  ///< of one step's load
  MovedBytes moved;
};
ChannelTiles channel_tiles(const ConvLayer& layer, const WeightImage& image,
                           const MachineLimits& machine, std::int64_t blocks, std::int64_t tile_ic,
                           std::int64_t tile_taps);

/// Cycles of `extent` rows cut into commands of at most `most` rows; `cost(rows)` each.
template <typename Cost>
std::int64_t in_commands(std::int64_t extent, std::int64_t most, Cost cost) {
  const std::int64_t rest = extent % most;
  return (extent >= most ? extent / most * cost(most) : 0) + (rest > 0 ? cost(rest) : 0);
}

}  // namespace systole
