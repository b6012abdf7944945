#pragma once

#include <cstdint>
#include <optional>

namespace systole {

/// How a grouped convolution, depthwise ones first of all, gets onto the machine.
enum class DepthwiseMapping {
  Diagonal,  ///< array.cols output channels side by side; weights of other groups are zeros
  Column,    ///< one group after another: of a depthwise layer one channel in one column
  Vector,    ///< depthwise layers in the vector unit, grouped ones as Diagonal
};

/// What the user pinned of a layer's mapping (`mapping:`); 0 and nothing leave the choice to the
/// compiler.
struct PinnedMapping {
  std::int64_t tile_oh = 0;  ///< output rows of a tile
  std::int64_t tile_ow = 0;  ///< output columns of a tile
  std::int64_t tile_oc = 0;  ///< output channels of a tile
  std::int64_t tile_ic = 0;  ///< input channels of a tile
  std::optional<DepthwiseMapping> depthwise;
  std::optional<bool> pack_taps;
};

}  // namespace systole
