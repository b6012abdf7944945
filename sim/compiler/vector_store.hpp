#pragma once

#include <cstdint>

#include "sim/compiler/command_streams.hpp"
#include "sim/compiler/machine_limits.hpp"
#include "sim/network/network.hpp"

namespace systole {

/// Output pixels [oh, oh + rows) x [ow, ow + cols) of an image, and some blocks of array.rows
/// channels.
struct VectorTile {
  std::int64_t image, oh, ow, rows, cols, first_block, blocks;
};

/// The window and the tile's output pixels, in a command that slides the one over the other.
template <typename C>
void set_window(C& command, const Window& window, const VectorTile& tile) {
  command.kernel_h = to_u32(window.kernel_h);
  command.kernel_w = to_u32(window.kernel_w);
  command.stride_h = to_u32(window.stride_h);
  command.stride_w = to_u32(window.stride_w);
  command.out_h = to_u32(tile.rows);
  command.out_w = to_u32(tile.cols);
}

/// Where a tile lies in the scratchpad: its first row, and the steps from row to row of pixels and
/// from block to block of channels.
struct TileRows {
  std::int64_t first = 0, pitch = 0, block_pitch = 0;
};

/// An ofmap of the vector unit in DRAM.
struct VectorOfmap {
  std::int64_t height = 0, width = 0, channels = 0;
  std::uint32_t bits = 8;
  std::uint64_t address = 0;
  std::uint64_t pixel_pitch = 0;  ///< bytes
};

/// Adds, as a block, the stores of a tile whose blocks of channels the last commands of class
/// Execute computed, one each.
void store_vector_tile(CommandStreams& streams, const MachineLimits& machine,
                       const VectorOfmap& ofmap, const VectorTile& tile, const TileRows& rows);

}  // namespace systole
