#pragma once

#include <cstdint>
#include <vector>

#include "sim/compiler/command_streams.hpp"
#include "sim/compiler/conv_layer.hpp"
#include "sim/compiler/machine_limits.hpp"

namespace systole {

/// A rectangle of an NHWC image, perhaps reaching past its edges: `rows` x `cols` pixels from (h,
/// w), or of groups of neighbouring pixels.
struct IfmapTile {
  std::uint64_t image_address = 0, row_pitch = 0, pixel_pitch = 0;
  std::int64_t in_h = 0;  ///< of the image
  PixelGroup group;       ///< of which a column of the tile is one
  std::uint64_t group_bytes = 0;
  std::int64_t h = 0, w = 0, rows = 0, cols = 0;
  ElementFormat format;
  std::int32_t padding = 0;  ///< value of pixels past the edges
};

/// What the windows of rows x cols output pixels from (oh, ow) on reach; without the image's
/// address.
IfmapTile ifmap_under(const ConvLayer& layer, std::int64_t oh, std::int64_t ow, std::int64_t rows,
                      std::int64_t cols);

/// Slices from `first` on that one DRAM row can span, `most` at most: neighbours, all but the last
/// of them full.
std::size_t slices_at_once(const std::vector<ChannelRange>& slices, std::size_t first,
                           std::int64_t most, std::int64_t array_rows);

/// Adds the loads and fills that bring the tile's slices of channels to the scratchpad: slice s,
/// pixel (i, j) of the tile goes to row base + s * rows * cols + i * cols + j. Returns the loads
/// counted so far.
std::size_t load_ifmap_tile(CommandStreams& streams, const MachineLimits& machine,
                            const IfmapTile& tile, const std::vector<ChannelRange>& slices,
                            std::int64_t base, After after);

/// Adds the fills of the pixels around a tensor that is in the scratchpad, as far as `reach`.
/// Returns the loads counted so far.
std::size_t fill_border(CommandStreams& streams, const MachineLimits& machine,
                        const KeptTensor& ifmap, const Border& reach, std::int32_t padding);

}  // namespace systole
