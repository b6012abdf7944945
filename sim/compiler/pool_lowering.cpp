#include "sim/compiler/pool_lowering.hpp"

#include <algorithm>

#include "sim/compiler/buffer_slots.hpp"
#include "sim/compiler/command_streams.hpp"
#include "sim/compiler/ifmap_loads.hpp"
#include "sim/compiler/memory_fit.hpp"
#include "sim/compiler/vector_store.hpp"
#include "sim/compiler/vector_tiling.hpp"

namespace systole {
namespace {

/// Part of one dimension of the image that a tile's windows reach, edges cut off.
struct Extent {
  std::int64_t begin = 0;
  std::int64_t end = 0;
  std::int64_t origin = 0;  ///< of the first window, from `begin`

  std::int64_t count() const { return end - begin; }
};

Extent reach(std::int64_t first, std::int64_t count, std::int64_t kernel, std::int64_t stride,
             std::int64_t pad, std::int64_t in) {
  const std::int64_t begin = first * stride - pad;
  Extent extent;
  extent.begin = std::max<std::int64_t>(begin, 0);
  extent.end = std::min(begin + (count - 1) * stride + kernel, in);
  extent.origin = begin - extent.begin;
  return extent;
}

Extent rows_of(const PoolLayer& layer, std::int64_t first, std::int64_t count) {
  return reach(first, count, layer.window.kernel_h, layer.window.stride_h, layer.window.pad_top,
               layer.in_h);
}
Extent cols_of(const PoolLayer& layer, std::int64_t first, std::int64_t count) {
  return reach(first, count, layer.window.kernel_w, layer.window.stride_w, layer.window.pad_left,
               layer.in_w);
}

/// Different rows (columns) of the image that some window reaches.
std::int64_t reached(Extent (*extent_of)(const PoolLayer&, std::int64_t, std::int64_t),
                     const PoolLayer& layer, std::int64_t out) {
  std::int64_t count = 0;
  std::int64_t last = 0;
  for (std::int64_t o = 0; o < out; ++o) {
    const Extent extent = extent_of(layer, o, 1);
    count += std::max<std::int64_t>(0, extent.end - std::max(extent.begin, last));
    last = std::max(last, extent.end);
  }
  return count;
}

/// Most input rows under `count` output rows.
std::int64_t most_input(std::int64_t count, std::int64_t kernel, std::int64_t stride,
                        std::int64_t in) {
  return std::min(in, (count - 1) * stride + kernel);
}

std::int64_t channel_blocks(const PoolLayer& layer, const MachineLimits& machine) {
  return ceil_div(layer.channels, machine.array_rows);
}

std::int64_t pool_cycles(const PoolLayer& layer, const MachineLimits& machine,
                         std::int64_t pixels) {
  const std::int64_t taps = layer.window.kernel_h * layer.window.kernel_w;
  return vector_cycles(machine, pixels * taps, machine.config.vector.lanes);
}

/// A window with no pixel of the image in it has no maximum and no average.
bool has_empty_window(std::int64_t out, std::int64_t kernel, std::int64_t stride, std::int64_t pad,
                      std::int64_t in) {
  return pad >= kernel || (out - 1) * stride - pad >= in;
}

/// Cycles of moving rows x cols pixels of an image in commands of at most `most` pixels, each of
/// which follow one another in DRAM: parts of a row, unless rows are `image_cols` wide.
template <typename Cost>
std::int64_t in_lines(std::int64_t rows, std::int64_t cols, std::int64_t image_cols,
                      std::int64_t most, Cost cost) {
  const std::int64_t lines = cols == image_cols ? 1 : rows;
  const std::int64_t length = rows * cols / lines;
  const std::int64_t rest = length % most;
  return lines * (length / most * cost(most) + (rest > 0 ? cost(rest) : 0));
}

std::int64_t estimate_cycles(const PoolLayer& layer, const MachineLimits& machine,
                             const PoolTiling& t) {
  const std::int64_t bpt =
      machine.blocks_per_transfer(LocalMemory::Scratchpad, machine.array_rows, layer.format.bits);
  const std::int64_t transfers = ceil_div(t.blocks, bpt);
  const auto row_bytes = to_i64(
      packed_bytes(to_u64(std::min(layer.channels, std::min(t.blocks, bpt) * machine.array_rows)),
                   layer.format.bits));
  const Window& w = layer.window;
  const std::int64_t load = (layer.kept_ifmap ? 0 : transfers) *
                            in_lines(most_input(t.tile_oh, w.kernel_h, w.stride_h, layer.in_h),
                                     most_input(t.tile_ow, w.kernel_w, w.stride_w, layer.in_w),
                                     layer.in_w, machine.max_rows, [&](std::int64_t pixels) {
                                       return load_cycles(machine, pixels, row_bytes);
                                     });
  const std::int64_t store =
      (layer.stores_ofmap() ? transfers : 0) *
      in_lines(t.tile_oh, t.tile_ow, layer.out_w, machine.max_rows,
               [&](std::int64_t pixels) { return store_cycles(machine, pixels, 1, row_bytes); });
  const std::int64_t pool = t.blocks * pool_cycles(layer, machine, t.tile_oh * t.tile_ow);
  const std::int64_t tiles = layer.batch * ceil_div(layer.out_h, t.tile_oh) *
                             ceil_div(layer.out_w, t.tile_ow) *
                             ceil_div(channel_blocks(layer, machine), t.blocks);
  const std::int64_t steady = t.slots > 1 ? std::max({load, pool, store}) : load + pool + store;
  return tiles * steady + load + pool + store;
}

/// Pixels that the tiles of one block of channels load.
std::int64_t loaded_pixels(const PoolLayer& layer, const PoolTiling& t) {
  const Window& w = layer.window;
  return (layer.kept_ifmap ? 0 : layer.batch) * ceil_div(layer.out_h, t.tile_oh) *
         most_input(t.tile_oh, w.kernel_h, w.stride_h, layer.in_h) *
         ceil_div(layer.out_w, t.tile_ow) *
         most_input(t.tile_ow, w.kernel_w, w.stride_w, layer.in_w);
}

class PoolLowering {
 public:
  PoolLowering(const PoolLayer& layer, const MachineLimits& machine, const PoolTiling& tiling,
               std::uint64_t ifmap_address, std::uint64_t ofmap_address, std::uint64_t alignment)
      : layer_{layer},
        machine_{machine},
        tiling_{tiling},
        ifmap_address_{ifmap_address},
        ofmap_address_{ofmap_address},
        streams_{alignment},
        tiles_{tile_bases(machine, tiling.slots, tiling.tile_rows())} {}

  PackedCommands run() {
    const std::int64_t blocks = channel_blocks(layer_, machine_);
    for (std::int64_t block = 0; block < blocks; block += tiling_.blocks) {
      for (std::int64_t image = 0; image < layer_.batch; ++image) {
        for (std::int64_t oh = 0; oh < layer_.out_h; oh += tiling_.tile_oh) {
          for (std::int64_t ow = 0; ow < layer_.out_w; ow += tiling_.tile_ow) {
            tile({image, oh, ow, std::min(tiling_.tile_oh, layer_.out_h - oh),
                  std::min(tiling_.tile_ow, layer_.out_w - ow), block,
                  std::min(tiling_.blocks, blocks - block)});
          }
        }
      }
    }
    return std::move(streams_).merge({machine_.config.dram.latency_cycles, 0, 0});
  }

 private:
  /// Channels of a block of the tile.
  std::int64_t channels(std::int64_t block) const {
    return std::min(machine_.array_rows, layer_.channels - block * machine_.array_rows);
  }

  void tile(const VectorTile& t) {
    bool is_new = false;
    BufferSlots::Slot& slot = tiles_.find_or_replace(next_key_++, is_new);
    const Extent rows = rows_of(layer_, t.oh, t.rows);
    const Extent cols = cols_of(layer_, t.ow, t.cols);
    const std::size_t loaded = layer_.kept_ifmap ? 0 : load(t, rows, cols, slot);
    const TileRows input = input_of(t, rows, cols, slot);
    const TileRows output = output_of(t, slot);
    streams_.block(
        CommandClass::Execute,
        {rows.count(), cols.count(), rows.origin, cols.origin, t.rows, t.cols, t.blocks,
         channels(t.first_block + t.blocks - 1)},
        {{loaded, 0, slot.last_store}, {}, 0, {to_u32(input.first), 0, to_u32(output.first)}},
        [&] { add_pools(t, rows, cols, input, output); });
    slot.last_execute = streams_.count(CommandClass::Execute);
    if (layer_.stores_ofmap()) {
      store_vector_tile(streams_, machine_,
                        {layer_.out_h, layer_.out_w, layer_.channels, layer_.format.bits,
                         ofmap_address_, layer_.out_pitch},
                        t, output);
    }
    slot.last_store = streams_.count(CommandClass::Store);
  }

  void add_pools(const VectorTile& t, const Extent& rows, const Extent& cols, const TileRows& input,
                 const TileRows& output) {
    PoolCommand pool;
    pool.average = layer_.average;
    pool.tile_h = to_u32(rows.count());
    pool.tile_w = to_u32(cols.count());
    pool.origin_h = static_cast<std::int32_t>(rows.origin);
    pool.origin_w = static_cast<std::int32_t>(cols.origin);
    set_window(pool, layer_.window, t);
    pool.input_pitch = to_u32(input.pitch);
    pool.output_pitch = to_u32(output.pitch);
    for (std::int64_t b = 0; b < t.blocks; ++b) {
      pool.input_row = to_u32(input.first + b * input.block_pitch);
      pool.output_row = to_u32(output.first + b * output.block_pitch);
      pool.elements = to_u32(channels(t.first_block + b));
      streams_.add(Command{pool}, pool_cycles(layer_, machine_, t.rows * t.cols), {});
    }
  }

  static TileRows part_of(const KeptTensor& kept, const VectorTile& t, std::int64_t h,
                          std::int64_t w) {
    return {kept.row_of(t.image, h, w) + t.first_block * kept.slice_pitch(), kept.row_pitch(),
            kept.slice_pitch()};
  }
  TileRows input_of(const VectorTile& t, const Extent& rows, const Extent& cols,
                    const BufferSlots::Slot& slot) const {
    return layer_.kept_ifmap ? part_of(*layer_.kept_ifmap, t, rows.begin, cols.begin)
                             : TileRows{slot.base, cols.count(), rows.count() * cols.count()};
  }
  TileRows output_of(const VectorTile& t, const BufferSlots::Slot& slot) const {
    return layer_.kept_ofmap ? part_of(*layer_.kept_ofmap, t, t.oh, t.ow)
                             : TileRows{slot.base + tiling_.input_rows, t.cols, t.rows * t.cols};
  }

  std::size_t load(const VectorTile& t, const Extent& rows, const Extent& cols,
                   const BufferSlots::Slot& slot) {
    std::vector<ChannelRange> slices;
    for (std::int64_t b = t.first_block; b < t.first_block + t.blocks; ++b) {
      slices.push_back({b * machine_.array_rows, channels(b)});
    }
    IfmapTile ifmap;
    ifmap.pixel_pitch = layer_.in_pitch;
    ifmap.row_pitch = to_u64(layer_.in_w) * ifmap.pixel_pitch;
    ifmap.in_h = layer_.in_h;
    ifmap.group.in_w = layer_.in_w;
    ifmap.group_bytes = layer_.pixel_bytes();
    ifmap.h = rows.begin;
    ifmap.w = cols.begin;
    ifmap.rows = rows.count();
    ifmap.cols = cols.count();
    ifmap.format = layer_.format;
    // From the tile's first pixel and channel.
    const std::int64_t first_channel = slices.front().first;
    const std::uint64_t corner = to_u64(ifmap.h) * ifmap.row_pitch +
                                 to_u64(ifmap.w) * ifmap.pixel_pitch +
                                 packed_bytes(to_u64(first_channel), layer_.format.bits);
    ifmap.image_address = 0 - corner;
    const std::uint64_t image = ifmap_address_ + to_u64(t.image * layer_.in_h) * ifmap.row_pitch;
    streams_.block(CommandClass::Load,
                   {ifmap.rows, ifmap.cols, t.blocks, slices.back().count,
                    first_channel * layer_.format.bits % 8},
                   {{0, slot.last_execute, 0}, {}, image + corner, {to_u32(slot.base)}},
                   [&] { load_ifmap_tile(streams_, machine_, ifmap, slices, slot.base, {}); });
    return streams_.count(CommandClass::Load);
  }

  const PoolLayer& layer_;
  const MachineLimits& machine_;
  const PoolTiling& tiling_;
  const std::uint64_t ifmap_address_, ofmap_address_;
  CommandStreams streams_;
  BufferSlots tiles_;
  std::int64_t next_key_ = 0;
};

}  // namespace

std::uint64_t PoolLayer::pixel_bytes() const { return packed_bytes(to_u64(channels), format.bits); }

std::optional<PoolLayer> as_pool(const Network& network, const Layer& layer,
                                 const DramPitches& pitches) {
  PoolLayer pool;
  if (const auto* max = std::get_if<MaxPool>(&layer.op)) {
    pool.window = max->window;
    pool.clamp_min = max->clamp_min;
    pool.clamp_max = max->clamp_max;
  } else if (const auto* average = std::get_if<AveragePool>(&layer.op)) {
    pool.average = true;
    pool.window = average->window;
    pool.clamp_min = average->clamp_min;
    pool.clamp_max = average->clamp_max;
  } else {
    return std::nullopt;
  }
  pool.ifmap = layer.inputs.at(0);
  pool.ofmap = layer.output;
  pool.format = network.tensor(pool.ifmap).format;
  const Shape& in = network.tensor(pool.ifmap).shape;
  const Shape& out = network.tensor(pool.ofmap).shape;
  pool.batch = in.at(0);
  pool.in_h = in.at(1);
  pool.in_w = in.at(2);
  pool.channels = in.at(3);
  pool.out_h = out.at(1);
  pool.out_w = out.at(2);
  pool.in_pitch = pitches.ifmap != 0 ? pitches.ifmap : pool.pixel_bytes();
  pool.out_pitch = pitches.ofmap != 0 ? pitches.ofmap : pool.pixel_bytes();
  return pool;
}

std::vector<PoolTiling> choose_pool_tilings(const PoolLayer& layer, const MachineLimits& machine,
                                            const PinnedMapping& pinned) {
  const Window& w = layer.window;
  if (has_empty_window(layer.out_h, w.kernel_h, w.stride_h, w.pad_top, layer.in_h) ||
      has_empty_window(layer.out_w, w.kernel_w, w.stride_w, w.pad_left, layer.in_w)) {
    throw MappingError{"a pooling window lies wholly in the padding"};
  }
  const VectorOutput output{layer.out_h, layer.out_w, layer.channels};
  check_pinned_tiles(pinned, output, machine, "pooling");
  const VectorInput input{layer.channels, layer.format.bits, layer.in_pitch};
  VectorSearch<PoolTiling> search{machine};
  for_each_tile(
      output, machine, pinned,
      [&](std::int64_t tile_oh, std::int64_t tile_ow, std::int64_t blocks) {
        PoolTiling t;
        t.tile_oh = tile_oh;
        t.tile_ow = tile_ow;
        t.blocks = blocks;
        t.input_rows = layer.kept_ifmap
                           ? 0
                           : most_input(tile_oh, w.kernel_h, w.stride_h, layer.in_h) *
                                 most_input(tile_ow, w.kernel_w, w.stride_w, layer.in_w) * blocks;
        t.output_rows = layer.kept_ofmap ? 0 : tile_oh * tile_ow * blocks;
        for (const std::int64_t slots : copies_to_try(machine)) {
          t.slots = slots;
          search.consider(t, slots * (t.input_rows + t.output_rows), [&] {
            return VectorCost{estimate_cycles(layer, machine, t),
                              moved_bytes(machine, input, blocks, loaded_pixels(layer, t))};
          });
        }
      });
  return search.take(pinned);
}

LayerMapping describe_mapping(const PoolLayer& layer, const MachineLimits& machine,
                              const PoolTiling& tiling) {
  LayerMapping mapping;
  mapping.tile_oh = tiling.tile_oh;
  mapping.tile_ow = tiling.tile_ow;
  mapping.tile_oc = mapping.tile_ic = std::min(layer.channels, tiling.blocks * machine.array_rows);
  mapping.tiles = layer.batch * ceil_div(layer.out_h, tiling.tile_oh) *
                  ceil_div(layer.out_w, tiling.tile_ow) *
                  ceil_div(channel_blocks(layer, machine), tiling.blocks);
  mapping.loop_order = layer.batch > 1 ? "oc, n, oh, ow" : "oc, oh, ow";
  mapping.double_buffered_ifmap = tiling.slots > 1 && !layer.kept_ifmap;
  mapping.scratchpad_rows = to_u64(tiling.slots * tiling.tile_rows());
  const std::int64_t rows = reached(rows_of, layer, layer.out_h);
  const std::int64_t cols = reached(cols_of, layer, layer.out_w);
  mapping.compulsory(Operand::Ifmap) = to_u64(layer.batch * rows * cols) * layer.pixel_bytes();
  mapping.compulsory(Operand::Ofmap) =
      to_u64(layer.batch * layer.out_h * layer.out_w) * layer.pixel_bytes();
  return mapping;
}

PackedCommands lower_pool(const PoolLayer& layer, const MachineLimits& machine,
                          const PoolTiling& tiling, std::uint64_t ifmap_address,
                          std::uint64_t ofmap_address, std::uint64_t alignment) {
  return PoolLowering{layer, machine, tiling, ifmap_address, ofmap_address, alignment}.run();
}

}  // namespace systole
