#include "sim/compiler/conv_cost.hpp"

#include <algorithm>
#include <array>

#include "sim/compiler/conv_folds.hpp"
#include "sim/program/fold_timing.hpp"

namespace systole {
namespace {

/// Loads that hide behind the array still cost energy and bandwidth: this part of their cycles
/// counts even then, so that of two tilings that are about as fast the one with less traffic wins.
constexpr std::int64_t kTrafficShare = 16;

/// A dimension cut into tiles: so many of one size, and perhaps one smaller.
struct Cut {
  std::int64_t size = 0;
  std::int64_t count = 0;
};
std::array<Cut, 2> cut(std::int64_t extent, std::int64_t tile) {
  return {Cut{tile, extent / tile}, Cut{extent % tile, extent % tile != 0 ? 1 : 0}};
}

/// Cycles of `extent` rows cut into commands of at most `most` rows; `cost(rows)` each.
template <typename Cost>
std::int64_t in_commands(std::int64_t extent, std::int64_t most, Cost cost) {
  const std::int64_t rest = extent % most;
  return extent / most * cost(most) + (rest > 0 ? cost(rest) : 0);
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

class Estimate {
 public:
  Estimate(const ConvLayer& layer, const WeightImage& image, const MachineLimits& machine,
           const ConvTiling& tiling, const ConvCounts& counts)
      : layer_{layer},
        image_{image},
        machine_{machine},
        tiling_{tiling},
        counts_{counts},
        oh_tiles_{ceil_div(layer.out_h, tiling.tile_oh)},
        ow_tiles_{ceil_div(layer.out_w, tiling.tile_ow)} {}

  ConvCostModel::Parts parts() const {
    ConvCostModel::Parts parts;
    parts.lone_folds = lone_folds();
    parts.execute = execute_cycles();
    parts.ifmap = ifmap_load();
    parts.ifmap_bytes = ifmap_step_bytes();
    parts.weights = weight_load();
    parts.bias = layer_.needs_bias() ? bias_load() : 0;
    parts.bias_bytes = layer_.needs_bias() ? bias_bytes() : 0;
    parts.store = store_of_tile();
    return parts;
  }

 private:
  bool weight_stationary() const {
    return machine_.config.array.dataflow == Dataflow::WeightStationary;
  }
  std::int64_t folds() const { return counts_.chunks * counts_.folds_per_chunk; }
  std::int64_t streamed() const {
    return weight_stationary()
               ? layer_.batch * layer_.out_h * layer_.out_w * counts_.folds_per_chunk
               : counts_.chunks * counts_.streamed_per_chunk;
  }
  std::int64_t lone_folds() const {
    const ArrayConfig& array = machine_.config.array;
    return array.overlap == Overlap::None
               ? streamed() + folds() * to_i64(lone_fold_cycles(array, 0))
               : 0;
  }

  std::int64_t execute_cycles() const {
    const std::int64_t overhead = folds() * lone_fold_overhead(machine_);
    if (!weight_stationary()) {
      const ArrayConfig& array = machine_.config.array;
      const std::int64_t shortest =
          array.dataflow == Dataflow::OutputStationary ? array.rows : array.rows + array.cols;
      return std::max(streamed(), folds() * shortest) + overhead;
    }
    std::int64_t over_tiles = 0;
    for (const Cut& h : cut(layer_.out_h, tiling_.tile_oh)) {
      for (const Cut& w : cut(layer_.out_w, tiling_.tile_ow)) {
        if (h.count * w.count > 0) {
          over_tiles += h.count * w.count * fold_over(layer_, machine_, h.size, w.size);
        }
      }
    }
    return layer_.batch * over_tiles * counts_.folds_per_chunk + overhead;
  }

  /// Pixels of a tile that are loaded, on average over the tiles, by rows and columns.
  std::int64_t loaded_rows() const {
    const Window& w = layer_.window;
    return ceil_div(loaded(layer_.in_h, layer_.out_h, tiling_.tile_oh, w.stride_h,
                           layer_.input_rows(1), w.pad_top),
                    oh_tiles_);
  }
  std::int64_t loaded_cols() const {
    const Window& w = layer_.window;
    return ceil_div(loaded(layer_.in_w, layer_.out_w, tiling_.tile_ow, w.stride_w,
                           layer_.input_cols(1), w.pad_left),
                    ow_tiles_);
  }
  std::int64_t slices() const {
    return tiling_.ifmap_rows /
           (layer_.input_rows(tiling_.tile_oh) * layer_.input_cols(tiling_.tile_ow));
  }
  std::int64_t slice_bytes() const {
    const std::int64_t channels = std::min(machine_.array_rows, tiling_.tile_ic);
    return to_i64(packed_bytes(to_u64(channels), layer_.ifmap_format.bits));
  }
  std::int64_t ifmap_step_bytes() const {
    return loaded_rows() * loaded_cols() * slices() * slice_bytes();
  }

  /// With packed taps: windows of an image row that reach past its ends, each a load of its own; on
  /// average over the tiles.
  std::int64_t edge_loads() const {
    if (!layer_.packed) {
      return 0;
    }
    const PixelGroup& group = *layer_.packed;
    const std::int64_t left = ceil_div(group.pad, group.stride);
    const std::int64_t inside = group.in_w - group.taps + group.pad;
    const std::int64_t right =
        layer_.out_w - (inside < 0 ? 0 : std::min(layer_.out_w, inside / group.stride + 1));
    return ceil_div(left + right, ow_tiles_);
  }

  std::int64_t ifmap_load() const {
    const std::int64_t bpt = machine_.blocks_per_transfer(
        LocalMemory::Scratchpad, machine_.array_rows, layer_.ifmap_format.bits);
    const std::int64_t rows = loaded_rows();
    const std::int64_t cols = loaded_cols();
    const std::int64_t edges = std::min(edge_loads(), cols);
    const bool contiguous =
        !layer_.packed && cols == layer_.in_w && layer_.input_cols(tiling_.tile_ow) == cols;
    const std::int64_t pixels =
        layer_.input_rows(tiling_.tile_oh) * layer_.input_cols(tiling_.tile_ow);
    const std::int64_t fills = pixels > rows * cols ? (pixels - rows * cols) * slices() : 0;
    return fills + in_commands(slices(), bpt, [&](std::int64_t blocks) {
             const auto load = [&](std::int64_t n) {
               return load_cycles(machine_, n, blocks * slice_bytes());
             };
             return contiguous ? in_commands(rows * cols, machine_.max_rows, load)
                               : rows * (in_commands(cols - edges, machine_.max_rows, load) +
                                         edges * load(1));
           });
  }

  std::int64_t weight_load() const {
    const std::int64_t bpt = layer_.groups > 1 ? 1
                                               : machine_.blocks_per_transfer(
                                                     weight_memory(machine_.config),
                                                     machine_.array_cols * machine_.products_per_pe,
                                                     layer_.weight_format.bits);
    const std::int64_t blocks = std::min(tiling_.blocks, to_i64(image_.blocks.size()));
    const std::int64_t rows = tiling_.weight_rows / blocks;
    const std::int64_t columns = image_.blocks.front().columns;
    return in_commands(blocks, bpt, [&](std::int64_t n) {
      const auto bytes = to_i64(
          packed_bytes(to_u64(std::min(layer_.out_c, n * columns) * machine_.products_per_pe),
                       layer_.weight_format.bits));
      return in_commands(rows, std::min(machine_.max_rows, rows),
                         [&](std::int64_t k) { return load_cycles(machine_, k, bytes); });
    });
  }

  /// A bias row is read once and written for every pixel.
  std::int64_t bias_load() const {
    return in_commands(tiling_.blocks, machine_.config.dma.max_blocks, [&](std::int64_t blocks) {
      return in_commands(tiling_.tile_oh * tiling_.tile_ow, machine_.max_rows, [&](std::int64_t n) {
        return std::max(n * blocks,
                        load_cycles(machine_, 1, blocks * bias_row_bytes(machine_.config)));
      });
    });
  }

  std::int64_t bias_bytes() const {
    return ceil_div(tiling_.tile_oh * tiling_.tile_ow, machine_.max_rows) * tiling_.blocks *
           bias_row_bytes(machine_.config);
  }

  std::int64_t store_of_tile() const {
    if (layer_.one_group_a_block) {
      return tiling_.blocks * store_of_channels(image_.blocks.front().columns);
    }
    const std::int64_t channels = std::min(layer_.out_c, tiling_.blocks * machine_.array_cols);
    const std::int64_t most = machine_.config.dma.max_blocks * machine_.array_cols;
    return in_commands(channels, most,
                       [&](std::int64_t elements) { return store_of_channels(elements); });
  }

  /// All pixels of a tile, so many channels of each side by side.
  std::int64_t store_of_channels(std::int64_t elements) const {
    const bool whole_rows = tiling_.tile_ow == layer_.out_w;
    const auto bytes = layer_.stores_ofmap()
                           ? to_i64(packed_bytes(to_u64(elements), layer_.ofmap_format.bits))
                           : 0;
    const auto store = [&](std::int64_t n) { return store_cycles(machine_, n, elements, bytes); };
    return whole_rows ? in_commands(tiling_.tile_oh * tiling_.tile_ow, machine_.max_rows, store)
                      : tiling_.tile_oh * in_commands(tiling_.tile_ow, machine_.max_rows, store);
  }

  const ConvLayer& layer_;
  const WeightImage& image_;
  const MachineLimits& machine_;
  const ConvTiling& tiling_;
  const ConvCounts& counts_;
  const std::int64_t oh_tiles_, ow_tiles_;
};

/// Chunks of pixels of a tile, each with folds of its own.
std::int64_t chunks_of_tile(const MachineLimits& machine, std::int64_t pixels) {
  return machine.blocks_interleave() ? 1 : ceil_div(pixels, machine.pixels_at_once());
}

/// All but the loads, which depend on the order and the copies of the buffers.
ConvCounts count_tiles(const ConvLayer& layer, const WeightImage& image,
                       const MachineLimits& machine, const ConvTiling& tiling,
                       const FoldCounts& folds) {
  ConvCounts counts;
  const std::int64_t per_image =
      ceil_div(layer.out_h, tiling.tile_oh) * ceil_div(layer.out_w, tiling.tile_ow);
  counts.pixel_tiles = layer.batch * per_image;
  counts.oc_tiles = ceil_div(to_i64(image.blocks.size()), tiling.blocks);
  counts.ic_steps = ic_steps(image, tiling);
  counts.reduction_steps = reduction_steps(layer, image, tiling);
  counts.folds_per_chunk = folds.folds;
  counts.streamed_per_chunk = folds.streamed;
  for (const Cut& h : cut(layer.out_h, tiling.tile_oh)) {
    for (const Cut& w : cut(layer.out_w, tiling.tile_ow)) {
      counts.chunks += layer.batch * h.count * w.count * chunks_of_tile(machine, h.size * w.size);
    }
  }
  return counts;
}

void count_loads(const ConvLayer& layer, const ConvTiling& tiling, ConvCounts& counts) {
  const std::int64_t steps = counts.pixel_tiles * counts.oc_tiles * counts.ic_steps;
  // Buffers are replaced in turn: what is used in a cycle longer than the copies never stays.
  const std::int64_t pixel_steps = counts.pixel_tiles * counts.ic_steps;
  const std::int64_t ifmap_cycle = tiling.oc_outermost ? pixel_steps : counts.ic_steps;
  const bool ifmap_stays = layer.groups == 1 && ifmap_cycle <= tiling.ifmap_slots;
  counts.ifmap_loads = ifmap_stays ? pixel_steps : steps;
  const std::int64_t weight_steps = counts.oc_tiles * counts.reduction_steps;
  const std::int64_t weight_cycle = tiling.oc_outermost ? counts.reduction_steps : weight_steps;
  counts.weight_loads =
      weight_cycle <= tiling.weight_slots ? weight_steps : counts.pixel_tiles * weight_steps;
}

}  // namespace

FoldCounts count_folds_of_chunk(const ConvLayer& layer, const WeightImage& image,
                                const MachineLimits& machine, const ConvTiling& tiling) {
  FoldCounts counts;
  const bool shares_ifmap = machine.config.array.dataflow == Dataflow::InputStationary;
  for (std::size_t b = 0; b < image.blocks.size(); ++b) {
    const WeightBlock& block = image.blocks[b];
    const bool same_fold = shares_ifmap && to_i64(b) % tiling.blocks != 0 &&
                           (layer.groups == 1 || block.window == image.blocks[b - 1].window);
    for (const Cut& step : cut(block.window.count, tiling.tile_ic)) {
      std::int64_t folds = 0;
      for (const Cut& taps : cut(layer.taps(), tiling.tile_taps)) {
        folds += step.count * taps.count * count_folds(taps.size, step.size, machine);
      }
      counts.folds += same_fold ? 0 : folds;
      counts.streamed += shares_ifmap
                             ? folds * block.columns
                             : step.count * layer.taps() * machine.weight_rows_of(step.size);
    }
  }
  return counts;
}

ConvCostModel::ConvCostModel(const ConvLayer& layer, const WeightImage& image,
                             const MachineLimits& machine, const ConvTiling& tiling,
                             const FoldCounts& folds)
    : layer_{layer},
      machine_{machine},
      counts_{count_tiles(layer, image, machine, tiling, folds)},
      parts_{Estimate{layer, image, machine, tiling, counts_}.parts()} {}

ConvCost ConvCostModel::cost(const ConvTiling& tiling) const {
  ConvCounts counts = counts_;
  count_loads(layer_, tiling, counts);
  const std::int64_t tiles = counts.pixel_tiles * counts.oc_tiles;
  const std::int64_t loads = counts.ifmap_loads * parts_.ifmap +
                             counts.weight_loads * parts_.weights + tiles * parts_.bias;
  // What has one copy and changes cannot change while it is used.
  std::int64_t serial = parts_.execute;
  if (tiling.ifmap_slots == 1 && counts.ifmap_loads > 1) {
    serial += counts.ifmap_loads * parts_.ifmap;
  }
  if (tiling.weight_slots == 1 && counts.weight_loads > 1) {
    serial += counts.weight_loads * parts_.weights;
  }
  if (tiling.acc_slots == 1 && tiles > 1) {
    serial += tiles * (parts_.bias + parts_.store);
  }
  const std::int64_t steady = std::max({serial, loads, tiles * parts_.store});
  // The first step's ifmap and the last blocks' store have nothing to hide behind.
  const std::int64_t last_store =
      parts_.store /
      std::max<std::int64_t>(1, ceil_div(tiling.blocks, machine_.config.dma.max_blocks));
  const std::int64_t cycles = steady + loads / kTrafficShare + machine_.config.dram.latency_cycles +
                              parts_.ifmap + last_store;
  const std::int64_t bytes =
      counts.ifmap_loads * parts_.ifmap_bytes +
      counts.weight_loads * tiling.weight_rows * machine_.products_per_pe * machine_.array_cols +
      tiles * parts_.bias_bytes;
  return {parts_.lone_folds, cycles, bytes, tiles * counts.reduction_steps};
}

ConvCounts count_work(const ConvLayer& layer, const WeightImage& image,
                      const MachineLimits& machine, const ConvTiling& tiling) {
  ConvCounts counts = count_tiles(layer, image, machine, tiling,
                                  count_folds_of_chunk(layer, image, machine, tiling));
  count_loads(layer, tiling, counts);
  return counts;
}

}  // namespace systole
