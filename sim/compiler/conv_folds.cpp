#include "sim/compiler/conv_folds.hpp"

#include <algorithm>

#include "sim/program/hazards.hpp"

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

std::int64_t blocks_per_weight_load(const ConvLayer& layer, const MachineLimits& machine) {
  return layer.groups > 1
             ? 1
             : machine.blocks_per_transfer(weight_memory(machine.config), machine.array_cols,
                                           layer.weight_format.bits);
}

std::vector<std::vector<FoldSpan>> accumulation_order(const ConvLayer& layer,
                                                      const WeightImage& image,
                                                      const MachineLimits& machine,
                                                      const ConvTiling& tiling) {
  std::vector<std::vector<FoldSpan>> order(image.blocks.size());
  const std::int64_t at_once = blocks_per_weight_load(layer, machine);
  const auto all = to_i64(image.blocks.size());
  for (std::int64_t first = 0; first < all; first += tiling.blocks) {
    const std::int64_t blocks = std::min(tiling.blocks, all - first);
    for (std::int64_t ic_step = 0; ic_step < ic_steps(image, tiling); ++ic_step) {
      const StepSlices slices = step_slices(layer, image, machine, tiling, first, blocks, ic_step);
      for (std::int64_t b = 0; b < blocks; ++b) {
        const std::int64_t leader = b / at_once * at_once;
        for (const FoldGroup& group :
             fold_groups(layer, slices, slices.of_block[to_u64(leader)],
                         image.blocks[to_u64(first + leader)].window, machine.max_rows)) {
          for (const FoldSlice& fold : group.folds) {
            order[to_u64(first + b)].push_back({fold.tap, slices.slices[fold.slice].first, fold.k});
          }
        }
      }
    }
  }
  return order;
}

}  // namespace systole
