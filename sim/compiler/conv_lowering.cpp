#include "sim/compiler/conv_lowering.hpp"

#include <algorithm>
#include <utility>

#include "sim/compiler/buffer_slots.hpp"
#include "sim/compiler/command_streams.hpp"
#include "sim/compiler/conv_bases.hpp"
#include "sim/compiler/conv_folds.hpp"
#include "sim/compiler/conv_loads.hpp"
#include "sim/compiler/conv_steps.hpp"
#include "sim/compiler/ifmap_loads.hpp"
#include "sim/program/ifmap_parts.hpp"

namespace systole {
namespace {

using Slot = BufferSlots::Slot;

/// One output tile: pixels [oh, oh + rows) x [ow, ow + cols) of an image, and some blocks of
/// channels.
struct Tile {
  std::int64_t image = 0, oh = 0, ow = 0, rows = 0, cols = 0;
  std::int64_t pixel_index = 0;  ///< of the pixel tile, over all images
  std::int64_t oc_index = 0, first_block = 0, blocks = 0;

  std::int64_t pixels() const { return rows * cols; }
};

/// What a block of commands is; begins the key that it is known by.
enum BlockKind : std::int64_t { kIfmap, kBias, kWeights, kExecute, kTable, kStore };

class ConvLowering {
 public:
  ConvLowering(const ConvLayer& layer, const WeightImage& image, const MachineLimits& machine,
               const ConvTiling& tiling, const ConvAddresses& addresses, std::uint64_t alignment);

  PackedCommands run();

 private:
  void tile(const Tile& tile);
  void step(const Tile& tile, Slot& acc, std::int64_t index);
  void load_ifmap(const Tile& tile, const ConvStep& step);
  void load_bias(const Tile& tile, Slot& acc);
  void load_weights(const ConvStep& step, Slot& weights);
  void load_table(const Tile& tile);
  /// What a run of blocks multiplies.
  struct Operands {
    std::int64_t block = 0, blocks = 1;  ///< of the tile
    std::int64_t row = 0;                ///< first weight row
    std::size_t part = 0;                ///< first group, of all of the step's weight loads
    bool accumulate = false;
  };
  /// Channels of a step, and the first of their slices in the scratchpad.
  struct StepChannels {
    std::size_t first_slice = 0;
    std::int64_t count = 0;
  };
  void execute(const Tile& tile, const ConvStep& step, const Slot& acc);
  void add_folds(const Tile& tile, const ConvStep& step, const Slot& acc, bool accumulate);
  std::int64_t blocks_at_once(const Tile& tile, const StepSlices& slices, std::int64_t block) const;
  void execute_blocks(const Tile& tile, const ConvStep& step, const Slot& acc, Operands& operands);
  void fold(const FoldSlice& slice, const StepChannels& channels, const Tile& tile,
            PreloadCommand preload, After after);
  std::int64_t first_ifmap_row(const Tile& tile) const;
  void store(const Tile& tile, std::int64_t shape, Slot& acc);
  void store_blocks(const Tile& tile, const Slot& acc, std::int64_t first, std::int64_t blocks);
  void keep_rows(std::int64_t pixel, std::int64_t block, StoreCommand& store) const;

  template <typename Body>
  void for_each_oc_tile(Tile& tile, Body body) const;
  template <typename Body>
  void for_each_pixel_tile(Tile& tile, Body body) const;

  const ConvLayer& layer_;
  const WeightImage& image_;
  const MachineLimits& machine_;
  const ConvTiling& tiling_;
  const ConvAddresses& addresses_;
  const std::int64_t all_steps_;      ///< of the reduction
  const std::int64_t weight_blocks_;  ///< per weight load
  CommandStreams streams_;
  BufferSlots ifmaps_, weights_, accs_, tables_;
  Slot kept_ifmap_;        // in place of ifmaps_ when it is in the scratchpad already
  Slot* ifmap_ = nullptr;  ///< of the current step
  Slot* weight_ = nullptr;
  Slot* table_ = nullptr;
  std::size_t bias_ready_ = 0;      ///< loads that bring the tile's bias
  std::vector<PixelChunk> chunks_;  ///< of the tile whose folds are added
  ConvSteps steps_;
};

ConvLowering::ConvLowering(const ConvLayer& layer, const WeightImage& image,
                           const MachineLimits& machine, const ConvTiling& tiling,
                           const ConvAddresses& addresses, std::uint64_t alignment)
    : layer_{layer},
      image_{image},
      machine_{machine},
      tiling_{tiling},
      addresses_{addresses},
      all_steps_{reduction_steps(layer, image, tiling)},
      weight_blocks_{blocks_per_weight_load(layer, machine)},
      streams_{alignment},
      ifmaps_{ifmap_bases(machine, tiling)},
      weights_{weight_bases(layer, machine, tiling)},
      accs_{slot_bases(tiling.acc_slots, tiling.acc_rows, machine.accumulator_rows, 0,
                       std::max<std::int64_t>(2, tiling.acc_slots))},
      tables_{slot_bases(tiling.whole_table ? ceil_div(to_i64(image.blocks.size()), tiling.blocks)
                                            : tiling.table_slots,
                         tiling.blocks, 0)},
      steps_{layer, image, machine, tiling} {}

PackedCommands ConvLowering::run() {
  Tile t;
  if (layer_.kept_ifmap) {
    kept_ifmap_.ready = {fill_border(streams_, machine_, *layer_.kept_ifmap, layer_.padding(),
                                     layer_.ifmap_zero_point)};
  }
  if (tiling_.oc_outermost) {
    for_each_oc_tile(t, [&] { for_each_pixel_tile(t, [&] { tile(t); }); });
  } else {
    for_each_pixel_tile(t, [&] { for_each_oc_tile(t, [&] { tile(t); }); });
  }
  return std::move(streams_).merge(
      {machine_.config.dram.latency_cycles,
       std::int64_t{machine_.config.array.rows} + machine_.config.array.cols, 0});
}

template <typename Body>
void ConvLowering::for_each_oc_tile(Tile& tile, Body body) const {
  const auto blocks = to_i64(image_.blocks.size());
  tile.oc_index = 0;
  for (tile.first_block = 0; tile.first_block < blocks; tile.first_block += tiling_.blocks) {
    tile.blocks = std::min(tiling_.blocks, blocks - tile.first_block);
    body();
    ++tile.oc_index;
  }
}

template <typename Body>
void ConvLowering::for_each_pixel_tile(Tile& tile, Body body) const {
  tile.pixel_index = 0;
  for (tile.image = 0; tile.image < layer_.batch; ++tile.image) {
    for (tile.oh = 0; tile.oh < layer_.out_h; tile.oh += tiling_.tile_oh) {
      tile.rows = std::min(tiling_.tile_oh, layer_.out_h - tile.oh);
      for (tile.ow = 0; tile.ow < layer_.out_w; tile.ow += tiling_.tile_ow) {
        tile.cols = std::min(tiling_.tile_ow, layer_.out_w - tile.ow);
        body();
        ++tile.pixel_index;
      }
    }
  }
}

void ConvLowering::tile(const Tile& tile) {
  bool is_new = false;
  Slot& acc = accs_.find_or_replace(
      tile.pixel_index * to_i64(image_.blocks.size()) + tile.first_block, is_new);
  for (std::int64_t index = 0; index < all_steps_; ++index) {
    step(tile, acc, index);
  }
  store(tile, steps_.at(tile.first_block, tile.blocks, all_steps_ - 1).shape, acc);
}

void ConvLowering::step(const Tile& tile, Slot& acc, std::int64_t index) {
  const ConvStep& step = steps_.at(tile.first_block, tile.blocks, index);
  load_ifmap(tile, step);
  // A bias that waits for a store must not hold up the weights behind it.
  const bool has_bias = index == 0 && layer_.needs_bias();
  const bool bias_first = acc.last_store == 0;
  if (has_bias && bias_first) {
    load_bias(tile, acc);
  }
  bool is_new = false;
  weight_ = &weights_.find_or_replace(tile.oc_index * all_steps_ + index, is_new);
  if (is_new) {
    load_weights(step, *weight_);
  }
  if (has_bias && !bias_first) {
    load_bias(tile, acc);
  }
  execute(tile, step, acc);
  ifmap_->last_execute = weight_->last_execute = streams_.count(CommandClass::Execute);
}

void ConvLowering::load_ifmap(const Tile& tile, const ConvStep& step) {
  if (layer_.kept_ifmap) {
    ifmap_ = &kept_ifmap_;
    return;
  }
  // With groups each tile of output channels has channels of its own.
  const std::int64_t content =
      layer_.groups == 1 ? tile.pixel_index
                         : tile.pixel_index * to_i64(image_.blocks.size()) + tile.first_block;
  bool is_new = false;
  ifmap_ = &ifmaps_.find_or_replace(content * all_steps_ + step.reduction.ic_step, is_new);
  if (!is_new) {
    return;
  }
  IfmapTile ifmap = ifmap_under(layer_, tile.oh, tile.ow, tile.rows, tile.cols);
  const std::vector<ChannelRange>& slices = step.slices.slices;
  // From the tile's corner, which may lie before the image, and the step's first channel.
  const std::int64_t pixel = ifmap.w * ifmap.group.stride - ifmap.group.pad;
  const std::uint64_t corner =
      static_cast<std::uint64_t>(ifmap.h) * ifmap.row_pitch +
      static_cast<std::uint64_t>(pixel) * ifmap.pixel_pitch +
      packed_bytes(slices.empty() ? 0 : to_u64(slices.front().first), layer_.ifmap_format.bits);
  ifmap.image_address = 0 - corner;
  const std::uint64_t image = addresses_.ifmap + to_u64(tile.image) * layer_.image_pitch;
  // Rows and pixels up to the image's end, of those that the tile reaches.
  const std::int64_t bottom = std::min(ifmap.in_h - ifmap.h, ifmap.rows);
  const std::int64_t pixels = (ifmap.cols - 1) * ifmap.group.stride + ifmap.group.taps;
  streams_.block(
      CommandClass::Load,
      {kIfmap, step.shape, ifmap.rows, ifmap.cols, std::max<std::int64_t>(-ifmap.h, 0),
       std::max<std::int64_t>(-pixel, 0), bottom, std::min(ifmap.group.in_w - pixel, pixels)},
      {{0, ifmap_->last_execute, 0}, {}, image + corner, {to_u32(ifmap_->base)}},
      [&] { load_ifmap_tile(streams_, machine_, ifmap, slices, ifmap_->base, {}); });
  ifmap_->ready = {streams_.count(CommandClass::Load)};
}

void ConvLowering::load_bias(const Tile& tile, Slot& acc) {
  const std::uint64_t row_bytes = bias_row_bytes(machine_.config);
  const WeightBlock& last = image_.blocks[to_u64(tile.first_block + tile.blocks - 1)];
  // Blocks of one group each have columns of their own.
  const std::int64_t shape =
      layer_.one_group_a_block ? steps_.at(tile.first_block, tile.blocks, 0).shape : -1;
  streams_.block(CommandClass::Load, {kBias, tile.pixels(), tile.blocks, last.columns, shape},
                 {{0, 0, acc.last_store},
                  {},
                  addresses_.bias + to_u64(tile.first_block) * row_bytes,
                  {0, 0, to_u32(acc.base)}},
                 [&] {
                   add_bias_loads(streams_, image_, machine_,
                                  {tile.first_block, tile.blocks, tile.pixels(), acc.base});
                 });
  bias_ready_ = streams_.count(CommandClass::Load);
}

void ConvLowering::load_weights(const ConvStep& step, Slot& weights) {
  weights.first_load = streams_.count(CommandClass::Load);
  streams_.block(CommandClass::Load, {kWeights, step.shape},
                 {{0, weights.last_execute, 0},
                  {},
                  addresses_.weights + step.weights,
                  {0, to_u32(weights.base)}},
                 [&] { add_weight_loads(streams_, layer_, machine_, step, weights.base); });
  for (const std::size_t loads : streams_.marks(CommandClass::Load)) {
    weights.ready.push_back(weights.first_load + loads);
  }
}

void ConvLowering::execute(const Tile& tile, const ConvStep& step, const Slot& acc) {
  const bool accumulate =
      layer_.needs_bias() || step.reduction.ic_step > 0 || step.reduction.taps.first > 0;
  CommandStreams::Place place;
  place.after = {std::max(ifmap_->ready.front(), bias_ready_), 0, acc.last_store};
  place.from.load = weight_->first_load;
  place.rows = {to_u32(first_ifmap_row(tile)), to_u32(weight_->base), to_u32(acc.base)};
  streams_.block(CommandClass::Execute,
                 {kExecute, step.shape, tile.rows, tile.cols, accumulate ? 1 : 0}, place,
                 [&] { add_folds(tile, step, acc, accumulate); });
}

/// Marks the end of each block.
void ConvLowering::add_folds(const Tile& tile, const ConvStep& step, const Slot& acc,
                             bool accumulate) {
  chunks_ = pixel_chunks(layer_, tile.rows, tile.cols, machine_);
  streams_.reserve_folds(step.folds() * chunks_.size());
  Operands operands;
  operands.accumulate = accumulate;
  operands.row = weight_->base;
  for (std::int64_t b = 0; b < tile.blocks; b += operands.blocks) {
    operands.block = b;
    operands.blocks = blocks_at_once(tile, step.slices, b);
    execute_blocks(tile, step, acc, operands);
    for (std::int64_t i = 0; i < operands.blocks; ++i) {
      streams_.mark();
    }
  }
}

/// Blocks whose folds are executed side by side: those that are loaded side by side; input
/// stationary, those that multiply the same channels.
std::int64_t ConvLowering::blocks_at_once(const Tile& tile, const StepSlices& slices,
                                          std::int64_t block) const {
  if (machine_.config.array.dataflow != Dataflow::InputStationary) {
    return std::min(weight_blocks_, tile.blocks - block);
  }
  std::int64_t blocks = 1;
  while (block + blocks < tile.blocks &&
         slices.of_block[to_u64(block + blocks)] == slices.of_block[to_u64(block)]) {
    ++blocks;
  }
  return blocks;
}

void ConvLowering::execute_blocks(const Tile& tile, const ConvStep& step, const Slot& acc,
                                  Operands& operands) {
  const StepSlices& slices = step.slices;
  const bool stationary_ifmap = machine_.config.array.dataflow == Dataflow::InputStationary;
  const StepSlices::OfBlock& of_block = slices.of_block[to_u64(operands.block)];
  const std::int64_t channels = step_channels(slices, of_block);
  const TapRange& taps = step.reduction.taps;
  const std::int64_t step_rows = taps.count * machine_.weight_rows_of(channels);
  const std::int64_t last = operands.block + operands.blocks - 1;
  std::int64_t columns = 0;
  for (std::int64_t b = operands.block; b <= last; ++b) {
    columns += image_.blocks[to_u64(tile.first_block + b)].columns;
  }
  const std::size_t first_slice =
      layer_.kept_ifmap ? to_u64(slices.slices[of_block.first].first / machine_.array_rows)
                        : of_block.first;
  const std::vector<FoldGroup>& groups = step.groups_of(operands.block);
  if (stationary_ifmap) {  // what each of the blocks waits for, block by block
    operands.part += groups.size() * to_u64(operands.blocks - 1);
  }
  for (const FoldGroup& group : groups) {
    const After after{weight_->ready[operands.part++] - weight_->first_load, 0, 0};
    for (const FoldSlice& slice : group.folds) {
      const std::int64_t blocks = stationary_ifmap ? 1 : operands.blocks;
      for (std::int64_t i = 0; i < blocks; ++i) {
        PreloadCommand preload;
        preload.weights = {weight_memory(machine_.config),
                           to_u32(operands.row + i * group.rows + slice.row)};
        preload.k = to_u32(slice.k);
        preload.products_per_pe = machine_.products_per_pe;
        const WeightBlock& block = image_.blocks[to_u64(tile.first_block + operands.block + i)];
        preload.n = to_u32(stationary_ifmap ? columns : block.columns);
        preload.acc_row = to_u32(acc.base + (operands.block + i) * tile.pixels());
        preload.accumulate = operands.accumulate || slice.first > taps.first * channels;
        if (stationary_ifmap) {
          preload.weights_pitch = to_u32(step_rows);
          preload.acc_pitch = to_u32(tile.pixels());
        }
        fold(slice, {first_slice, channels}, tile, preload, after);
      }
    }
    operands.row += group.rows * (stationary_ifmap ? 1 : operands.blocks);
  }
  if (stationary_ifmap) {
    operands.row += step_rows * (operands.blocks - 1);
  }
}

void ConvLowering::fold(const FoldSlice& slice, const StepChannels& channels, const Tile& tile,
                        PreloadCommand preload, After after) {
  const Window& w = layer_.window;
  const std::int64_t pitch = layer_.ifmap_pitch(tile.cols);
  const std::int64_t slice_rows =
      layer_.kept_ifmap ? layer_.kept_ifmap->slice_pitch() : layer_.input_rows(tile.rows) * pitch;
  ComputeCommand compute;
  compute.k = to_u32(slice.k);
  compute.products_per_pe = machine_.products_per_pe;
  compute.pitch_h = to_u32(w.stride_h * pitch);
  compute.pitch_w = to_u32(w.stride_w);
  compute.products = {to_u32(slice.first),          to_u32(channels.count), to_u32(w.kernel_w),
                      to_u32(w.dilation_h * pitch), to_u32(w.dilation_w),   to_u32(slice_rows)};
  std::int64_t first_row = first_ifmap_row(tile) + to_i64(channels.first_slice) * slice_rows;
  const IfmapParts parts = ifmap_parts(compute, machine_.config.array.rows);
  preload.weight_rows_of_parts = parts.size() > 1 ? pe_rows(parts, machine_.products_per_pe) : 0;
  if (parts.size() == 1 && parts.front().lane == 0) {  // needs no map
    first_row += parts.front().row;
    compute.products = {};
  }
  const std::uint32_t first_acc_row = preload.acc_row;
  const bool weights_stay = machine_.config.array.dataflow == Dataflow::WeightStationary;
  for (const PixelChunk& chunk : chunks_) {
    compute.ifmap_row = to_u32(first_row + chunk.ifmap_row);
    compute.count_h = to_u32(chunk.count_h);
    compute.count_w = to_u32(chunk.count_w);
    compute.skip = to_u32(chunk.skip);
    compute.drop = to_u32(chunk.drop);
    preload.acc_row = first_acc_row + to_u32(chunk.pixel);
    preload.acc_rows = compute.rows();
    streams_.add(preload, compute, fold_cycles(machine_, preload, compute), after);
    preload.new_weights = !weights_stay;
  }
}

/// Scratchpad row of the pixel that the tile's first window begins with.
std::int64_t ConvLowering::first_ifmap_row(const Tile& tile) const {
  const Window& w = layer_.window;
  return layer_.kept_ifmap ? layer_.kept_ifmap->row_of(tile.image, tile.oh * w.stride_h - w.pad_top,
                                                       tile.ow * w.stride_w - w.pad_left)
                           : ifmap_->base;
}

void ConvLowering::load_table(const Tile& tile) {
  bool is_new = false;
  table_ = &tables_.find_or_replace(tile.oc_index, is_new);
  if (!is_new) {
    return;
  }
  const std::uint32_t row_bytes = local_row_bytes(machine_.config, LocalMemory::RequantTable);
  streams_.block(CommandClass::Load, {kTable, tile.blocks},
                 {{0, 0, table_->last_store},
                  {},
                  addresses_.table + to_u64(tile.first_block) * row_bytes,
                  {0, 0, 0, to_u32(table_->base)}},
                 [&] { add_table_loads(streams_, machine_, tile.blocks, table_->base); });
  table_->ready = {streams_.count(CommandClass::Load)};
}

/// `shape`: of the tile's last step.
void ConvLowering::store(const Tile& tile, std::int64_t shape, Slot& acc) {
  if (layer_.per_channel_requant()) {
    load_table(tile);
  }
  const std::int64_t first_channel = image_.blocks[to_u64(tile.first_block)].first_channel;
  const WeightBlock& last = image_.blocks[to_u64(tile.first_block + tile.blocks - 1)];
  const std::uint32_t bits = layer_.ofmap_format.bits;
  const std::int64_t first_pixel = (tile.image * layer_.out_h + tile.oh) * layer_.out_w + tile.ow;
  CommandStreams::Key key{kStore,
                          shape,
                          tile.rows,
                          tile.cols,
                          last.first_channel + last.columns - first_channel,
                          first_channel * bits % 8};
  if (layer_.kept_ofmap) {  // goes elsewhere from each tile
    key.insert(key.end(), {first_pixel, tile.first_block});
  }
  CommandStreams::Place place;
  place.after.load = table_ == nullptr ? 0 : table_->ready.front();
  place.after.execute = place.from.execute = streams_.first(CommandClass::Execute);
  place.dram = addresses_.ofmap + to_u64(first_pixel) * layer_.ofmap_pitch +
               packed_bytes(to_u64(first_channel), bits);
  place.rows = {0, 0, to_u32(acc.base), table_ == nullptr ? 0 : to_u32(table_->base)};
  streams_.block(CommandClass::Store, std::move(key), place, [&] {
    const std::int64_t most = layer_.one_group_a_block ? 1 : machine_.config.dma.max_blocks;
    for (std::int64_t b = 0; b < tile.blocks; b += most) {
      store_blocks(tile, acc, b, std::min(most, tile.blocks - b));
    }
  });
  acc.last_store = streams_.count(CommandClass::Store);
  if (table_ != nullptr) {
    table_->last_store = acc.last_store;
  }
}

void ConvLowering::store_blocks(const Tile& tile, const Slot& acc, std::int64_t first,
                                std::int64_t blocks) {
  const std::int64_t tile_channel = image_.blocks[to_u64(tile.first_block)].first_channel;
  const std::int64_t first_channel = image_.blocks[to_u64(tile.first_block + first)].first_channel;
  const WeightBlock& last = image_.blocks[to_u64(tile.first_block + first + blocks - 1)];
  const std::uint32_t bits = layer_.ofmap_format.bits;
  StoreCommand store;
  store.elements = to_u32(last.first_channel + last.columns - first_channel);
  store.block_pitch = to_u32(tile.pixels());
  store.table_row = table_ == nullptr ? 0 : to_u32(table_->base + first);
  store.dram_pitch = layer_.ofmap_pitch;
  const After after{0, streams_.marks(CommandClass::Execute)[to_u64(first + blocks - 1)], 0};
  // Rows of pixels that span the image follow one another in DRAM too.
  const bool whole_rows = tile.cols == layer_.out_w;
  const std::int64_t lines = whole_rows ? 1 : tile.rows;
  const std::int64_t length = whole_rows ? tile.pixels() : tile.cols;
  for (std::int64_t line = 0; line < lines; ++line) {
    for (std::int64_t at = 0; at < length; at += store.rows) {
      store.rows = to_u32(std::min(machine_.max_rows, length - at));
      if (layer_.kept_ofmap) {
        const std::int64_t image_row = tile.image * layer_.out_h + tile.oh + line;
        keep_rows(image_row * layer_.out_w + tile.ow + at, tile.first_block + first, store);
      }
      store.source = {LocalMemory::Accumulators,
                      to_u32(acc.base + first * tile.pixels() + line * length + at)};
      store.dram_address = to_u64(line * layer_.out_w + at) * layer_.ofmap_pitch +
                           packed_bytes(to_u64(first_channel), bits) -
                           packed_bytes(to_u64(tile_channel), bits);
      streams_.add(Command{store},
                   store_cycles(machine_, store.rows, store.elements,
                                to_i64(packed_bytes(store.elements, bits))),
                   after);
    }
  }
}

/// As many pixels of the store, from `pixel` of the ofmap on, as follow one another where it stays.
void ConvLowering::keep_rows(std::int64_t pixel, std::int64_t block, StoreCommand& store) const {
  const KeptTensor& ofmap = *layer_.kept_ofmap;
  store.rows = to_u32(std::min<std::int64_t>(store.rows, ofmap.run_from(pixel)));
  store.keep = true;
  store.to_dram = ofmap.in_dram;
  store.kept_row = to_u32(ofmap.row_of(pixel) + block * ofmap.slice_pitch());
  store.kept_pitch = to_u32(ofmap.slice_pitch());
}

}  // namespace

PackedCommands lower_conv(const ConvLayer& layer, const WeightImage& image,
                          const MachineLimits& machine, const ConvTiling& tiling,
                          const ConvAddresses& addresses, std::uint64_t alignment) {
  return ConvLowering{layer, image, machine, tiling, addresses, alignment}.run();
}

}  // namespace systole
