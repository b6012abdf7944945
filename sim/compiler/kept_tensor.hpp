#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <vector>

#include "sim/compiler/arithmetic.hpp"
#include "sim/network/network.hpp"

namespace systole {

/// Pixels around each image that readers see as padding, and fill.
struct Border {
  std::int64_t top = 0, bottom = 0, left = 0, right = 0;

  bool none() const { return top + bottom + left + right == 0; }
};

/// A tensor that stays in the scratchpad for layers to come. It lies there in slices of array.rows
/// channels, one behind the other; in each slice the images, in each image row after row of pixels,
/// a scratchpad row each, with the border around.
struct KeptTensor {
  TensorId tensor = 0;
  std::int64_t images = 1, height = 1, width = 1, channels = 1;
  std::int64_t slices = 1;
  Border border;
  std::int64_t first_row = 0;        ///< of the scratchpad
  bool in_dram = false;              ///< somebody needs it there too: it is stored as well
  std::size_t producer = 0;          ///< layer that leaves it
  std::size_t last_reader = 0;       ///< layer after which its rows are free
  std::vector<std::size_t> readers;  ///< layers that read it here

  std::int64_t row_pitch() const { return border.left + width + border.right; }
  std::int64_t image_pitch() const { return (border.top + height + border.bottom) * row_pitch(); }
  std::int64_t slice_pitch() const { return images * image_pitch(); }
  std::int64_t rows() const { return slices * slice_pitch(); }
  std::int64_t pixels() const { return images * height * width; }

  /// Scratchpad row of a pixel of the first slice; (h, w) may lie in the border.
  std::int64_t row_of(std::int64_t image, std::int64_t h, std::int64_t w) const {
    return first_row + image * image_pitch() + (border.top + h) * row_pitch() + border.left + w;
  }
  /// The same for pixels counted through, row after row and image after image.
  std::int64_t row_of(std::int64_t pixel) const {
    return row_of(pixel / (height * width), pixel / width % height, pixel % width);
  }
  /// Pixels from this one on whose scratchpad rows follow one another.
  std::int64_t run_from(std::int64_t pixel) const {
    return border.none() ? pixels() - pixel : width - pixel % width;
  }

  bool is_read_by(std::size_t layer) const {
    return std::find(readers.begin(), readers.end(), layer) != readers.end();
  }
  bool lives_at(std::size_t layer) const { return producer <= layer && layer <= last_reader; }
  bool overlaps(const KeptTensor& o) const {
    return first_row < o.first_row + o.rows() && o.first_row < first_row + rows() &&
           producer <= o.last_reader && o.producer <= last_reader;
  }
};

}  // namespace systole
