#include "sim/compiler/conv_folds.hpp"

#include <algorithm>

namespace systole {

std::vector<FoldGroup> fold_groups(const ConvLayer& layer, const StepSlices& slices,
                                   const StepSlices::OfBlock& of_block, const ChannelRange& window,
                                   std::int64_t max_rows) {
  std::vector<FoldGroup> groups;
  for (std::int64_t tap = 0; tap < layer.taps(); ++tap) {
    for (std::size_t s = of_block.first; s < of_block.first + of_block.count; ++s) {
      const ChannelRange& slice = slices.slices[s];
      const std::int64_t image_row = tap * window.count + slice.first - window.first;
      const bool joins = !groups.empty() &&
                         groups.back().image_row + groups.back().rows == image_row &&
                         groups.back().rows + slice.count <= max_rows;
      if (!joins) {
        groups.push_back({{}, image_row, 0});
      }
      groups.back().folds.push_back({tap, s, slice.count, groups.back().rows});
      groups.back().rows += slice.count;
    }
  }
  return groups;
}

std::vector<PixelChunk> pixel_chunks(const ConvLayer& layer, std::int64_t rows, std::int64_t cols,
                                     std::int64_t max_compute_rows) {
  const std::int64_t pitch_h = layer.window.stride_h * layer.input_cols(cols);
  const std::int64_t pitch_w = layer.window.stride_w;
  const bool linear = pixels_are_linear(layer, cols);
  std::vector<PixelChunk> chunks;
  if (!linear && cols <= max_compute_rows) {
    const std::int64_t rows_at_once = max_compute_rows / cols;
    for (std::int64_t row = 0; row < rows; row += rows_at_once) {
      chunks.push_back({row * pitch_h, std::min(rows_at_once, rows - row), cols, row * cols});
    }
    return chunks;
  }
  const std::int64_t lines = linear ? 1 : rows;
  const std::int64_t length = linear ? rows * cols : cols;
  for (std::int64_t line = 0; line < lines; ++line) {
    for (std::int64_t at = 0; at < length; at += max_compute_rows) {
      chunks.push_back({line * pitch_h + at * pitch_w, 1, std::min(max_compute_rows, length - at),
                        line * length + at});
    }
  }
  return chunks;
}

}  // namespace systole
