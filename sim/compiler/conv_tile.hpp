#pragma once

#include <cstdint>

namespace systole {

/// One output tile: pixels [oh, oh + rows) x [ow, ow + cols) of an image, and some blocks of
/// channels.
struct ConvTile {
  std::int64_t image = 0, oh = 0, ow = 0, rows = 0, cols = 0;
  std::int64_t pixel_index = 0;  ///< of the pixel tile, over all images
  std::int64_t oc_index = 0, first_block = 0, blocks = 0;

  std::int64_t pixels() const { return rows * cols; }
};

}  // namespace systole
