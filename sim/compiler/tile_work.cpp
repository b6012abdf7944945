#include "sim/compiler/tile_work.hpp"

#include <algorithm>
#include <array>

#include "sim/compiler/conv_folds.hpp"
#include "sim/compiler/ifmap_loads.hpp"
#include "sim/program/burst.hpp"

namespace systole {
namespace {

/// A dimension cut into tiles: so many of one size, and perhaps one smaller.
struct Cut {
  std::int64_t size = 0;
  std::int64_t count = 0;
};
std::array<Cut, 2> cut(std::int64_t extent, std::int64_t tile) {
  return {Cut{tile, extent / tile}, Cut{extent % tile, extent % tile != 0 ? 1 : 0}};
}

/// Input rows inside the image, summed over the tiles of one dimension.
std::int64_t loaded(std::int64_t in, std::int64_t out, std::int64_t tile, std::int64_t stride,
                    std::int64_t extent_of_kernel, std::int64_t pad) {
  std::int64_t sum = 0;
  for (std::int64_t first = 0; first < out; first += tile) {
    const std::int64_t count = std::min(tile, out - first);
    const std::int64_t begin = first * stride - pad;
    const std::int64_t end = begin + (count - 1) * stride + extent_of_kernel;
    sum += std::max<std::int64_t>(0, std::min(end, in) - std::max<std::int64_t>(begin, 0));
  }
  return sum;
}

/// Rows of the last of the commands that `extent` rows are cut into.
std::int64_t last_command(std::int64_t extent, std::int64_t most) {
  return extent % most > 0 ? extent % most : most;
}

/// Cycles of one block's fold over a tile of pixels. The next fold's weights go in beside its last
/// command.
std::int64_t fold_over(const ConvLayer& layer, const MachineLimits& machine, std::int64_t tile_oh,
                       std::int64_t tile_ow) {
  const std::int64_t most = machine.max_compute_rows;
  const auto fold = [&](std::int64_t rows) { return fold_cycles(machine, rows, false); };
  std::int64_t last = 0;
  std::int64_t cycles = 0;
  if (pixels_are_linear(layer, tile_ow)) {
    last = last_command(tile_oh * tile_ow, most);
    cycles = in_commands(tile_oh * tile_ow, most, fold);
  } else if (tile_ow <= most) {
    const std::int64_t rows = most / tile_ow;
    last = last_command(tile_oh, rows) * tile_ow;
    cycles = in_commands(tile_oh, rows, [&](std::int64_t n) { return fold(n * tile_ow); });
  } else {
    last = last_command(tile_ow, most);
    cycles = tile_oh * in_commands(tile_ow, most, fold);
  }
  return cycles - fold(last) + fold_cycles(machine, last, true);
}

/// Chunks of pixels of a tile, each with folds of its own.
std::int64_t chunks_of_tile(const MachineLimits& machine, std::int64_t pixels) {
  return machine.blocks_interleave() ? 1 : ceil_div(pixels, machine.pixels_at_once());
}

std::int64_t edge_loads(const ConvLayer& layer, std::int64_t ow_tiles) {
  if (!layer.packed) {
    return 0;
  }
  const PixelGroup& group = *layer.packed;
  const std::int64_t left = ceil_div(group.pad, group.stride);
  const std::int64_t inside = group.in_w - group.taps + group.pad;
  const std::int64_t right =
      layer.out_w - (inside < 0 ? 0 : std::min(layer.out_w, inside / group.stride + 1));
  return ceil_div(left + right, ow_tiles);
}

FoldCounts count_folds_of_chunk(const ConvLayer& layer, const WeightImage& image,
                                const MachineLimits& machine, const ChannelTiles& tiles) {
  FoldCounts counts;
  const bool shares_ifmap = machine.config.array.dataflow == Dataflow::InputStationary;
  FoldCounts of_block;  // folds, and rows of weights that stream
  std::int64_t channels = -1;
  for (std::size_t b = 0; b < image.blocks.size(); ++b) {
    const WeightBlock& block = image.blocks[b];
    const bool same_fold = shares_ifmap && to_i64(b) % tiles.blocks != 0 &&
                           (layer.groups == 1 || block.window == image.blocks[b - 1].window);
    if (block.window.count != channels) {
      channels = block.window.count;
      of_block = {};
      for (const Cut& step : cut(channels, tiles.tile_ic)) {
        for (const Cut& taps : cut(layer.taps(), tiles.tile_taps)) {
          if (step.count * taps.count > 0) {
            of_block.folds += step.count * taps.count * count_folds(taps.size, step.size, machine);
          }
        }
        of_block.streamed += step.count * layer.taps() * machine.weight_rows_of(step.size);
      }
    }
    counts.folds += same_fold ? 0 : of_block.folds;
    counts.streamed += shares_ifmap ? of_block.folds * block.columns : of_block.streamed;
  }
  return counts;
}

/// Most slices, and most weight rows, of any step: of the first one of some tile.
void add_largest_step(const ConvLayer& layer, const WeightImage& image,
                      const MachineLimits& machine, ChannelTiles& tiles) {
  if (layer.groups == 1) {  // the first tile is the largest
    const std::int64_t channels = std::min(tiles.tile_ic, image.blocks.front().window.count);
    tiles.slices = ceil_div(channels, machine.array_rows);
    tiles.weight_rows = tiles.tile_taps * tiles.blocks * machine.weight_rows_of(channels);
    return;
  }
  ConvTiling tiling;
  tiling.blocks = tiles.blocks;
  tiling.tile_ic = tiles.tile_ic;
  const auto total = to_i64(image.blocks.size());
  for (std::int64_t first = 0; first < total; first += tiles.blocks) {
    const std::int64_t blocks = std::min(tiles.blocks, total - first);
    const StepSlices step = step_slices(layer, image, machine, tiling, first, blocks, 0);
    std::int64_t rows = 0;
    for (std::int64_t b = 0; b < blocks; ++b) {
      rows += machine.weight_rows_of(
          std::min(tiles.tile_ic, image.blocks[to_u64(first + b)].window.count));
    }
    tiles.slices = std::max(tiles.slices, to_i64(step.slices.size()));
    tiles.weight_rows = std::max(tiles.weight_rows, tiles.tile_taps * rows);
  }
}

std::int64_t weight_load(const ConvLayer& layer, const WeightImage& image,
                         const MachineLimits& machine, const ChannelTiles& tiles) {
  const std::int64_t bpt =
      layer.groups > 1 ? 1
                       : machine.blocks_per_transfer(weight_memory(machine.config),
                                                     machine.array_cols * machine.products_per_pe,
                                                     layer.weight_format.bits);
  const std::int64_t blocks = std::min(tiles.blocks, to_i64(image.blocks.size()));
  const std::int64_t rows = tiles.weight_rows / blocks;
  const std::int64_t columns = image.blocks.front().columns;
  return in_commands(blocks, bpt, [&](std::int64_t n) {
    const auto bytes =
        to_i64(packed_bytes(to_u64(std::min(layer.out_c, n * columns) * machine.products_per_pe),
                            layer.weight_format.bits));
    return in_commands(rows, std::min(machine.max_rows, rows),
                       [&](std::int64_t k) { return load_cycles(machine, k, bytes); });
  });
}

/// As load_ifmap_tile() and the loads of conv_loads.hpp cut it into commands.
MovedBytes moved_bytes(const ConvLayer& layer, const WeightImage& image,
                       const MachineLimits& machine, const ChannelTiles& tiles) {
  const DmaConfig& dma = machine.config.dma;
  const std::uint32_t bits = layer.ifmap_format.bits;
  const auto moved = [&](std::uint64_t address, std::int64_t rows, std::uint64_t pitch,
                         std::uint64_t row_bytes) {
    return to_i64(bursts_of({address, to_u64(rows), pitch, row_bytes}, dma).bytes);
  };
  const std::int64_t slices_at_most =
      machine.blocks_per_transfer(LocalMemory::Scratchpad, machine.array_rows, bits);
  const std::uint64_t pixel_pitch =
      layer.pixel_pitch * to_u64(layer.packed ? layer.packed->stride : 1);
  const std::int64_t weights_at_once = blocks_per_weight_load(layer, machine);
  const std::int64_t bias_row = bias_row_bytes(machine.config);
  const std::int64_t table_row = to_i64(local_row_bytes(machine.config, LocalMemory::RequantTable));
  ConvTiling tiling;
  tiling.blocks = tiles.blocks;
  tiling.tile_ic = tiles.tile_ic;
  MovedBytes sum;
  const auto all = to_i64(image.blocks.size());
  for (std::int64_t first = 0; first < all; first += tiles.blocks) {
    const std::int64_t blocks = std::min(tiles.blocks, all - first);
    const bool own_ifmap = first == 0 || layer.groups > 1;
    for (std::int64_t step = 0; own_ifmap && !layer.kept_ifmap && step < tiles.ic_steps; ++step) {
      const std::vector<ChannelRange> slices =
          step_slices(layer, image, machine, tiling, first, blocks, step).slices;
      for (std::size_t s = 0; s < slices.size();) {
        const std::size_t count = slices_at_once(slices, s, slices_at_most, machine.array_rows);
        const ChannelRange& last = slices[s + count - 1];
        const std::int64_t channels = last.first + last.count - slices[s].first;
        sum.ifmap += moved(packed_bytes(to_u64(slices[s].first), bits), dma.max_burst_bytes,
                           pixel_pitch, packed_bytes(to_u64(channels), bits));
        s += count;
      }
    }
    for (std::int64_t b = 0; b < blocks; b += weights_at_once) {
      const WeightBlock& block = image.blocks[to_u64(first + b)];
      std::int64_t columns = 0;
      for (std::int64_t i = b; i < std::min(blocks, b + weights_at_once); ++i) {
        columns += image.blocks[to_u64(first + i)].columns;
      }
      sum.weights += moved(
          block.offset, layer.taps() * machine.weight_rows_of(block.window.count), block.row_pitch,
          packed_bytes(to_u64(columns * machine.products_per_pe), layer.weight_format.bits));
    }
    const std::int64_t biases_at_once = machine.config.dma.max_blocks;
    for (std::int64_t b = 0; layer.needs_bias() && b < blocks; b += biases_at_once) {
      sum.biases += moved(to_u64((first + b) * bias_row), 1, 0,
                          to_u64(std::min(biases_at_once, blocks - b) * bias_row));
    }
    if (layer.per_channel_requant()) {
      sum.table += moved(to_u64(first * table_row), blocks, to_u64(table_row), to_u64(table_row));
    }
  }
  return sum;
}

}  // namespace

PixelTiles pixel_tiles(const ConvLayer& layer, const MachineLimits& machine, std::int64_t tile_oh,
                       std::int64_t tile_ow) {
  PixelTiles tiles;
  tiles.tile_oh = tile_oh;
  tiles.tile_ow = tile_ow;
  const std::int64_t oh_tiles = ceil_div(layer.out_h, tile_oh);
  const std::int64_t ow_tiles = ceil_div(layer.out_w, tile_ow);
  tiles.tiles = layer.batch * oh_tiles * ow_tiles;
  const bool weight_stationary = machine.config.array.dataflow == Dataflow::WeightStationary;
  for (const Cut& h : cut(layer.out_h, tile_oh)) {
    for (const Cut& w : cut(layer.out_w, tile_ow)) {
      const std::int64_t count = layer.batch * h.count * w.count;
      if (count > 0) {
        tiles.chunks += count * chunks_of_tile(machine, h.size * w.size);
        tiles.fold_cycles +=
            weight_stationary ? count * fold_over(layer, machine, h.size, w.size) : 0;
      }
    }
  }
  const Window& w = layer.window;
  const std::int64_t rows =
      loaded(layer.in_h, layer.out_h, tile_oh, w.stride_h, layer.input_rows(1), w.pad_top);
  const std::int64_t cols =
      loaded(layer.in_w, layer.out_w, tile_ow, w.stride_w, layer.input_cols(1), w.pad_left);
  tiles.loaded_rows = ceil_div(rows, oh_tiles);
  tiles.loaded_cols = ceil_div(cols, ow_tiles);
  tiles.loaded_pixels = layer.batch * rows * cols;
  tiles.edge_loads = edge_loads(layer, ow_tiles);
  tiles.ifmap_pixels = layer.input_rows(tile_oh) * layer.input_cols(tile_ow);
  return tiles;
}

ChannelTiles channel_tiles(const ConvLayer& layer, const WeightImage& image,
                           const MachineLimits& machine, std::int64_t blocks, std::int64_t tile_ic,
                           std::int64_t tile_taps) {
  ChannelTiles tiles;
  tiles.blocks = blocks;
  tiles.tile_ic = tile_ic;
  tiles.tile_taps = tile_taps;
  tiles.oc_tiles = ceil_div(to_i64(image.blocks.size()), blocks);
  tiles.ic_steps = ceil_div(image.widest_window, tile_ic);
  tiles.reduction_steps = tiles.ic_steps * ceil_div(layer.taps(), tile_taps);
  tiles.folds = count_folds_of_chunk(layer, image, machine, tiles);
  add_largest_step(layer, image, machine, tiles);
  tiles.slices = layer.kept_ifmap ? 0 : tiles.slices;
  tiles.slice_bytes =
      to_i64(packed_bytes(to_u64(std::min(machine.array_rows, tile_ic)), layer.ifmap_format.bits));
  tiles.weight_cycles = weight_load(layer, image, machine, tiles);
  if (machine.config.compiler.objective == Objective::Traffic) {
    tiles.moved = moved_bytes(layer, image, machine, tiles);
  }
  return tiles;
}

}  // namespace systole
