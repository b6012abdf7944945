#include "sim/compiler/conv_cost.hpp"

#include <algorithm>

#include "sim/program/fold_timing.hpp"

namespace systole {
namespace {

/// Loads that hide behind the array still cost energy and bandwidth: this part of their cycles
/// counts even then, so that of two tilings that are about as fast the one with less traffic wins.
constexpr std::int64_t kTrafficShare = 16;

std::int64_t count_folds(const PixelTiles& pixels, const ChannelTiles& channels) {
  return pixels.chunks * channels.folds.folds;
}

std::int64_t lone_folds(const ConvLayer& layer, const MachineLimits& machine,
                        const PixelTiles& pixels, const ChannelTiles& channels) {
  const ArrayConfig& array = machine.config.array;
  if (array.overlap != Overlap::None) {
    return 0;
  }
  const std::int64_t streamed = array.dataflow == Dataflow::WeightStationary
                                    ? layer.batch * layer.out_h * layer.out_w * channels.folds.folds
                                    : pixels.chunks * channels.folds.streamed;
  return streamed + count_folds(pixels, channels) * to_i64(lone_fold_cycles(array, 0));
}

std::int64_t execute_cycles(const MachineLimits& machine, const PixelTiles& pixels,
                            const ChannelTiles& channels) {
  const ArrayConfig& array = machine.config.array;
  const std::int64_t folds = count_folds(pixels, channels);
  const std::int64_t overhead = folds * lone_fold_overhead(machine);
  if (array.dataflow == Dataflow::WeightStationary) {
    return pixels.fold_cycles * channels.folds.folds + overhead;
  }
  const std::int64_t shortest =
      array.dataflow == Dataflow::OutputStationary ? array.rows : array.rows + array.cols;
  return std::max(pixels.chunks * channels.folds.streamed, folds * shortest) + overhead;
}

/// Cycles and bytes of the loads and stores of one tile or step.
class Estimate {
 public:
  Estimate(const ConvLayer& layer, const WeightImage& image, const MachineLimits& machine,
           const PixelTiles& pixels, const ChannelTiles& channels)
      : layer_{layer}, image_{image}, machine_{machine}, pixels_{pixels}, channels_{channels} {}

  std::int64_t ifmap_bytes() const {
    return pixels_.loaded_rows * pixels_.loaded_cols * channels_.slices * channels_.slice_bytes;
  }

  std::int64_t ifmap_load() const {
    const std::int64_t bpt = machine_.blocks_per_transfer(
        LocalMemory::Scratchpad, machine_.array_rows, layer_.ifmap_format.bits);
    const std::int64_t rows = pixels_.loaded_rows;
    const std::int64_t cols = pixels_.loaded_cols;
    const std::int64_t edges = std::min(pixels_.edge_loads, cols);
    const bool contiguous =
        !layer_.packed && cols == layer_.in_w && layer_.input_cols(pixels_.tile_ow) == cols;
    const std::int64_t fills =
        std::max<std::int64_t>(0, pixels_.ifmap_pixels - rows * cols) * channels_.slices;
    return fills + in_commands(channels_.slices, bpt, [&](std::int64_t blocks) {
             const auto load = [&](std::int64_t n) {
               return load_cycles(machine_, n, blocks * channels_.slice_bytes);
             };
             return contiguous ? in_commands(rows * cols, machine_.max_rows, load)
                               : rows * (in_commands(cols - edges, machine_.max_rows, load) +
                                         (edges > 0 ? edges * load(1) : 0));
           });
  }

  /// A bias row is read once and written for every pixel.
  std::int64_t bias_load() const {
    return in_commands(channels_.blocks, machine_.config.dma.max_blocks, [&](std::int64_t blocks) {
      const std::int64_t row = load_cycles(machine_, 1, blocks * bias_row_bytes(machine_.config));
      return in_commands(pixels_.pixels(), machine_.max_rows,
                         [&](std::int64_t n) { return std::max(n * blocks, row); });
    });
  }

  std::int64_t bias_bytes() const {
    return ceil_div(pixels_.pixels(), machine_.max_rows) * channels_.blocks *
           bias_row_bytes(machine_.config);
  }

  std::int64_t store_of_tile() const {
    if (layer_.one_group_a_block) {
      return channels_.blocks * store_of_channels(image_.blocks.front().columns);
    }
    const std::int64_t channels = std::min(layer_.out_c, channels_.blocks * machine_.array_cols);
    const std::int64_t most = machine_.config.dma.max_blocks * machine_.array_cols;
    return in_commands(channels, most,
                       [&](std::int64_t elements) { return store_of_channels(elements); });
  }

 private:
  /// All pixels of a tile, so many channels of each side by side.
  std::int64_t store_of_channels(std::int64_t elements) const {
    const bool whole_rows = pixels_.tile_ow == layer_.out_w;
    const auto bytes = layer_.stores_ofmap()
                           ? to_i64(packed_bytes(to_u64(elements), layer_.ofmap_format.bits))
                           : 0;
    const auto store = [&](std::int64_t n) { return store_cycles(machine_, n, elements, bytes); };
    return whole_rows ? in_commands(pixels_.pixels(), machine_.max_rows, store)
                      : pixels_.tile_oh * in_commands(pixels_.tile_ow, machine_.max_rows, store);
  }

  const ConvLayer& layer_;
  const WeightImage& image_;
  const MachineLimits& machine_;
  const PixelTiles& pixels_;
  const ChannelTiles& channels_;
};

}  // namespace

ConvCostModel::ConvCostModel(const ConvLayer& layer, const WeightImage& image,
                             const MachineLimits& machine, const PixelTiles& pixels,
                             const ChannelTiles& channels)
    : layer_{layer},
      image_{image},
      machine_{machine},
      pixels_{pixels},
      channels_{channels},
      lone_folds_{lone_folds(layer, machine, pixels, channels)},
      execute_{execute_cycles(machine, pixels, channels)} {}

/// Buffers are replaced in turn: what is used in a cycle longer than the copies never stays.
ConvCostModel::Loads ConvCostModel::count_loads(const ConvTiling& tiling) const {
  const std::int64_t pixel_steps = pixels_.tiles * channels_.ic_steps;
  const std::int64_t ifmap_cycle = tiling.oc_outermost ? pixel_steps : channels_.ic_steps;
  const bool ifmap_stays = layer_.groups == 1 && ifmap_cycle <= tiling.ifmap_slots;
  const std::int64_t weight_steps = channels_.oc_tiles * channels_.reduction_steps;
  const std::int64_t weight_cycle = tiling.oc_outermost ? channels_.reduction_steps : weight_steps;
  const bool table_stays =
      tiling.whole_table || tiling.oc_outermost || channels_.oc_tiles <= tiling.table_slots;
  return {ifmap_stays ? pixel_steps : pixel_steps * channels_.oc_tiles,
          weight_cycle <= tiling.weight_slots ? weight_steps : pixels_.tiles * weight_steps,
          table_stays ? 1 : pixels_.tiles};
}

const ConvCostModel::Transfers& ConvCostModel::transfers() {
  if (!has_transfers_) {
    const Estimate estimate{layer_, image_, machine_, pixels_, channels_};
    transfers_.ifmap = estimate.ifmap_load();
    transfers_.ifmap_bytes = estimate.ifmap_bytes();
    transfers_.bias = layer_.needs_bias() ? estimate.bias_load() : 0;
    transfers_.bias_bytes = layer_.needs_bias() ? estimate.bias_bytes() : 0;
    transfers_.store = estimate.store_of_tile();
    has_transfers_ = true;
  }
  return transfers_;
}

std::int64_t ConvCostModel::moved_bytes(const Loads& loads) const {
  const MovedBytes& moved = channels_.moved;
  const std::int64_t ifmap_steps =
      pixels_.tiles * channels_.ic_steps * (layer_.groups == 1 ? 1 : channels_.oc_tiles);
  const std::int64_t weight_steps = channels_.oc_tiles * channels_.reduction_steps;
  const std::int64_t biases =
      pixels_.tiles * ceil_div(pixels_.pixels(), machine_.max_rows) * moved.biases;
  return loads.ifmap / ifmap_steps * pixels_.loaded_pixels * moved.ifmap /
             std::int64_t{machine_.config.dma.max_burst_bytes} +
         loads.weights / weight_steps * moved.weights + biases + loads.tables * moved.table;
}

ConvCost ConvCostModel::with_loads(const Loads& count, std::int64_t serial) {
  const Transfers& each = transfers();
  const std::int64_t tiles = pixels_.tiles * channels_.oc_tiles;
  const std::int64_t loads =
      count.ifmap * each.ifmap + count.weights * channels_.weight_cycles + tiles * each.bias;
  const std::int64_t steady = std::max({serial, loads, tiles * each.store});
  // The first step's ifmap and the last blocks' store have nothing to hide behind.
  const std::int64_t last_store =
      each.store /
      std::max<std::int64_t>(1, ceil_div(channels_.blocks, machine_.config.dma.max_blocks));
  const std::int64_t cycles = steady + loads / kTrafficShare + machine_.config.dram.latency_cycles +
                              each.ifmap + last_store;
  const std::int64_t bytes =
      count.ifmap * each.ifmap_bytes +
      count.weights * channels_.weight_rows * machine_.products_per_pe * machine_.array_cols +
      tiles * each.bias_bytes;
  return {lone_folds_, cycles, bytes, tiles * channels_.reduction_steps, moved_bytes(count)};
}

ConvCost ConvCostModel::least() const {
  return {lone_folds_, execute_ + machine_.config.dram.latency_cycles};
}

ConvCost ConvCostModel::least_with_transfers() {
  const std::int64_t pixel_steps = pixels_.tiles * channels_.ic_steps;
  return with_loads({layer_.groups == 1 ? pixel_steps : pixel_steps * channels_.oc_tiles,
                     channels_.oc_tiles * channels_.reduction_steps, 1},
                    execute_);
}

ConvCost ConvCostModel::cost(const ConvTiling& tiling) {
  const Transfers& each = transfers();
  const Loads loads = count_loads(tiling);
  const std::int64_t tiles = pixels_.tiles * channels_.oc_tiles;
  // What has one copy and changes cannot change while it is used.
  std::int64_t serial = execute_;
  if (tiling.ifmap_slots == 1 && loads.ifmap > 1) {
    serial += loads.ifmap * each.ifmap;
  }
  if (tiling.weight_slots == 1 && loads.weights > 1) {
    serial += loads.weights * channels_.weight_cycles;
  }
  if (tiling.acc_slots == 1 && tiles > 1) {
    serial += tiles * (each.bias + each.store);
  }
  return with_loads(loads, serial);
}

ConvCounts count_work(const ConvLayer& layer, const WeightImage& image,
                      const MachineLimits& machine, const ConvTiling& tiling) {
  const PixelTiles pixels = pixel_tiles(layer, machine, tiling.tile_oh, tiling.tile_ow);
  const ChannelTiles channels =
      channel_tiles(layer, image, machine, tiling.blocks, tiling.tile_ic, tiling.tile_taps);
  return {pixels.tiles * channels.oc_tiles, count_folds(pixels, channels)};
}

}  // namespace systole
