#include "sim/compiler/conv_lowering.hpp"

#include <algorithm>
#include <utility>

#include "sim/compiler/buffer_slots.hpp"
#include "sim/compiler/command_streams.hpp"
#include "sim/compiler/conv_bases.hpp"
#include "sim/compiler/conv_computes.hpp"
#include "sim/compiler/conv_loads.hpp"
#include "sim/compiler/conv_steps.hpp"
#include "sim/compiler/conv_stores.hpp"
#include "sim/compiler/conv_tile.hpp"
#include "sim/compiler/ifmap_loads.hpp"

namespace systole {
namespace {

using Slot = BufferSlots::Slot;

/// What a block of commands is; begins the key that it is known by.
enum BlockKind : std::int64_t { kIfmap, kBias, kWeights, kExecute, kTable, kStore };

class ConvLowering {
 public:
  ConvLowering(const ConvLayer& layer, const WeightImage& image, const MachineLimits& machine,
               const ConvTiling& tiling, const ConvAddresses& addresses, std::uint64_t alignment);

  PackedCommands run();

 private:
  void tile(const ConvTile& tile);
  void step(const ConvTile& tile, Slot& acc, std::int64_t index);
  void load_ifmap(const ConvTile& tile, const ConvStep& step);
  void load_bias(const ConvTile& tile, Slot& acc);
  void load_weights(const ConvStep& step, Slot& weights);
  void load_table(const ConvTile& tile);
  void execute(const ConvTile& tile, const ConvStep& step, const Slot& acc);
  std::int64_t first_ifmap_row(const ConvTile& tile) const;
  void store(const ConvTile& tile, std::int64_t shape, Slot& acc);

  template <typename Body>
  void for_each_oc_tile(ConvTile& tile, Body body) const;
  template <typename Body>
  void for_each_pixel_tile(ConvTile& tile, Body body) const;

  const ConvLayer& layer_;
  const WeightImage& image_;
  const MachineLimits& machine_;
  const ConvTiling& tiling_;
  const ConvAddresses& addresses_;
  const std::int64_t all_steps_;  ///< of the reduction
  CommandStreams streams_;
  BufferSlots ifmaps_, weights_, accs_, tables_;
  Slot kept_ifmap_;        // in place of ifmaps_ when it is in the scratchpad already
  Slot* ifmap_ = nullptr;  ///< of the current step
  Slot* weight_ = nullptr;
  Slot* table_ = nullptr;
  std::size_t bias_ready_ = 0;  ///< loads that bring the tile's bias
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
  ConvTile t;
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
void ConvLowering::for_each_oc_tile(ConvTile& tile, Body body) const {
  const auto blocks = to_i64(image_.blocks.size());
  tile.oc_index = 0;
  for (tile.first_block = 0; tile.first_block < blocks; tile.first_block += tiling_.blocks) {
    tile.blocks = std::min(tiling_.blocks, blocks - tile.first_block);
    body();
    ++tile.oc_index;
  }
}

template <typename Body>
void ConvLowering::for_each_pixel_tile(ConvTile& tile, Body body) const {
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

void ConvLowering::tile(const ConvTile& tile) {
  bool is_new = false;
  Slot& acc = accs_.find_or_replace(
      tile.pixel_index * to_i64(image_.blocks.size()) + tile.first_block, is_new);
  for (std::int64_t index = 0; index < all_steps_; ++index) {
    step(tile, acc, index);
  }
  store(tile, steps_.at(tile.first_block, tile.blocks, all_steps_ - 1).shape, acc);
}

void ConvLowering::step(const ConvTile& tile, Slot& acc, std::int64_t index) {
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

void ConvLowering::load_ifmap(const ConvTile& tile, const ConvStep& step) {
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

void ConvLowering::load_bias(const ConvTile& tile, Slot& acc) {
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

void ConvLowering::execute(const ConvTile& tile, const ConvStep& step, const Slot& acc) {
  const bool accumulate =
      layer_.needs_bias() || step.reduction.ic_step > 0 || step.reduction.taps.first > 0;
  CommandStreams::Place place;
  place.after = {std::max(ifmap_->ready.front(), bias_ready_), 0, acc.last_store};
  place.from.load = weight_->first_load;
  place.rows = {to_u32(first_ifmap_row(tile)), to_u32(weight_->base), to_u32(acc.base)};
  streams_.block(CommandClass::Execute,
                 {kExecute, step.shape, tile.rows, tile.cols, accumulate ? 1 : 0}, place, [&] {
                   add_folds(streams_, layer_, image_, machine_, tile, step,
                             {first_ifmap_row(tile), *weight_, acc.base, accumulate});
                 });
}

/// Scratchpad row of the pixel that the tile's first window begins with.
std::int64_t ConvLowering::first_ifmap_row(const ConvTile& tile) const {
  const Window& w = layer_.window;
  return layer_.kept_ifmap ? layer_.kept_ifmap->row_of(tile.image, tile.oh * w.stride_h - w.pad_top,
                                                       tile.ow * w.stride_w - w.pad_left)
                           : ifmap_->base;
}

void ConvLowering::load_table(const ConvTile& tile) {
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
void ConvLowering::store(const ConvTile& tile, std::int64_t shape, Slot& acc) {
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
    add_stores(streams_, layer_, image_, machine_, tile, acc.base,
               table_ == nullptr ? 0 : table_->base);
  });
  acc.last_store = streams_.count(CommandClass::Store);
  if (table_ != nullptr) {
    table_->last_store = acc.last_store;
  }
}

}  // namespace

PackedCommands lower_conv(const ConvLayer& layer, const WeightImage& image,
                          const MachineLimits& machine, const ConvTiling& tiling,
                          const ConvAddresses& addresses, std::uint64_t alignment) {
  return ConvLowering{layer, image, machine, tiling, addresses, alignment}.run();
}

}  // namespace systole
