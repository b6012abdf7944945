#include "sim/compiler/depthwise_lowering.hpp"

#include <algorithm>
#include <utility>

#include "sim/compiler/buffer_slots.hpp"
#include "sim/compiler/command_streams.hpp"
#include "sim/compiler/ifmap_loads.hpp"
#include "sim/compiler/memory_fit.hpp"
#include "sim/compiler/vector_store.hpp"
#include "sim/compiler/vector_tiling.hpp"
#include "sim/compiler/weight_image.hpp"

namespace systole {
namespace {

std::int64_t row_bytes(const MachineLimits& machine) {
  return activation_row_bytes(machine.config);
}

std::int64_t channel_blocks(const ConvLayer& layer, const MachineLimits& machine) {
  return ceil_div(layer.out_c, machine.array_rows);
}

std::int64_t channels_of(const ConvLayer& layer, const MachineLimits& machine, std::int64_t block) {
  return std::min(machine.array_rows, layer.out_c - block * machine.array_rows);
}

/// Bytes of the biases and of the requantization entries of so many channels.
std::int64_t bias_bytes_of(const MachineLimits& machine, std::int64_t channels) {
  return to_i64(packed_bytes(to_u64(channels), bias_bits(machine.config)));
}
std::int64_t table_bytes_of(const MachineLimits& machine, std::int64_t channels) {
  return channels * requant_entry_bytes(machine.config);
}

std::int64_t block_cycles(const ConvLayer& layer, const MachineLimits& machine,
                          std::int64_t pixels) {
  return vector_cycles(machine, pixels * layer.taps() + constant_rows(layer, machine).all(),
                       machine.config.vector.mac_lanes);
}

std::int64_t scratchpad_rows(const DepthwiseTiling& t) {
  return t.slots * t.tile_rows() + t.all_constant_rows();
}

std::int64_t estimate_cycles(const ConvLayer& layer, const MachineLimits& machine,
                             const DepthwiseTiling& t) {
  const std::int64_t bpt = machine.blocks_per_transfer(LocalMemory::Scratchpad, machine.array_rows,
                                                       layer.ifmap_format.bits);
  const std::int64_t transfers = ceil_div(t.blocks, bpt);
  const std::int64_t channels = std::min(layer.out_c, std::min(t.blocks, bpt) * machine.array_rows);
  const auto in_bytes = to_i64(packed_bytes(to_u64(channels), layer.ifmap_format.bits));
  const auto out_bytes = to_i64(packed_bytes(to_u64(channels), layer.ofmap_format.bits));
  const std::int64_t input = t.input_rows / t.blocks;
  const std::int64_t output = t.tile_oh * t.tile_ow;
  const std::int64_t load = transfers * ceil_div(input, machine.max_rows) *
                            load_cycles(machine, std::min(input, machine.max_rows), in_bytes);
  const std::int64_t store =
      transfers * ceil_div(output, machine.max_rows) *
      store_cycles(machine, std::min(output, machine.max_rows), 1, out_bytes);
  const std::int64_t execute = t.blocks * block_cycles(layer, machine, output);
  const std::int64_t groups = ceil_div(channel_blocks(layer, machine), t.blocks);
  const std::int64_t tiles =
      layer.batch * ceil_div(layer.out_h, t.tile_oh) * ceil_div(layer.out_w, t.tile_ow) * groups;
  const std::int64_t constants =
      t.blocks * load_cycles(machine, t.constant_rows, row_bytes(machine));
  const std::int64_t steady =
      t.slots > 1 ? std::max({load, execute, store}) : load + execute + store;
  return tiles * steady + load + execute + store +
         (t.constant_slots > 1 ? constants : groups * constants);
}

/// Pixels that the tiles of one block of channels load.
std::int64_t loaded_pixels(const ConvLayer& layer, const DepthwiseTiling& t) {
  return layer.batch * ceil_div(layer.out_h, t.tile_oh) *
         std::min(layer.in_h, layer.input_rows(t.tile_oh)) * ceil_div(layer.out_w, t.tile_ow) *
         std::min(layer.in_w, layer.input_cols(t.tile_ow));
}

class DepthwiseLowering {
 public:
  DepthwiseLowering(const ConvLayer& layer, const MachineLimits& machine,
                    const DepthwiseTiling& tiling, const DepthwiseAddresses& addresses,
                    std::uint64_t alignment)
      : layer_{layer},
        machine_{machine},
        tiling_{tiling},
        addresses_{addresses},
        rows_{constant_rows(layer, machine)},
        streams_{alignment},
        constants_{constant_bases(machine, tiling)},
        tiles_{tile_bases(machine, tiling.slots, tiling.tile_rows(), tiling.all_constant_rows())} {}

  PackedCommands run() {
    const std::int64_t blocks = channel_blocks(layer_, machine_);
    for (std::int64_t block = 0; block < blocks; block += tiling_.blocks) {
      const std::int64_t count = std::min(tiling_.blocks, blocks - block);
      bool is_new = false;
      constant_ = &constants_.find_or_replace(block, is_new);
      load_constants(block, count);
      for (std::int64_t image = 0; image < layer_.batch; ++image) {
        for (std::int64_t oh = 0; oh < layer_.out_h; oh += tiling_.tile_oh) {
          for (std::int64_t ow = 0; ow < layer_.out_w; ow += tiling_.tile_ow) {
            tile({image, oh, ow, std::min(tiling_.tile_oh, layer_.out_h - oh),
                  std::min(tiling_.tile_ow, layer_.out_w - ow), block, count});
          }
        }
      }
      constant_->last_execute = streams_.count(CommandClass::Execute);
    }
    return std::move(streams_).merge({machine_.config.dram.latency_cycles, 0, 0});
  }

 private:
  void load_constants(std::int64_t first_block, std::int64_t blocks) {
    for (std::int64_t b = 0; b < blocks; ++b) {
      const std::int64_t channels = channels_of(layer_, machine_, first_block + b);
      const std::int64_t at = (first_block + b) * tiling_.constant_rows;
      const std::int64_t to = constant_->base + b * tiling_.constant_rows;
      load(Operand::Weight, at, to, rows_.taps,
           to_i64(packed_bytes(to_u64(channels), layer_.weight_format.bits)));
      load_packed(Operand::Bias, at + rows_.taps, to + rows_.taps,
                  rows_.bias > 0 ? bias_bytes_of(machine_, channels) : 0);
      load_packed(Operand::Requant, at + rows_.taps + rows_.bias, to + rows_.taps + rows_.bias,
                  rows_.table > 0 ? table_bytes_of(machine_, channels) : 0);
    }
  }

  /// `bytes` of the image, whole rows and perhaps a part of one.
  void load_packed(Operand operand, std::int64_t row, std::int64_t to, std::int64_t bytes) {
    const std::int64_t width = row_bytes(machine_);
    const std::int64_t whole = bytes / width;
    load(operand, row, to, whole, width);
    load(operand, row + whole, to + whole, bytes % width != 0 ? 1 : 0, bytes % width);
  }

  void load(Operand operand, std::int64_t row, std::int64_t to, std::int64_t rows,
            std::int64_t bytes) {
    const std::int64_t width = row_bytes(machine_);
    for (std::int64_t done = 0; done < rows; done += machine_.max_rows) {
      LoadCommand command;
      command.rows = to_u32(std::min(machine_.max_rows, rows - done));
      command.row_bytes = to_u32(bytes);
      command.dram_address = addresses_.constants + to_u64((row + done) * width);
      command.dram_pitch = to_u64(width);
      command.destination = {LocalMemory::Scratchpad, to_u32(to + done)};
      command.block_pitch = 1;
      command.operand = operand;
      streams_.add(Command{command}, load_cycles(machine_, command.rows, bytes),
                   {0, constant_->last_execute, 0});
    }
  }

  void tile(const VectorTile& t) {
    bool is_new = false;
    BufferSlots::Slot& slot = tiles_.find_or_replace(next_key_++, is_new);
    const std::size_t loaded = load_ifmap(t, slot);
    const std::int64_t input = layer_.input_rows(t.rows) * layer_.input_cols(t.cols);
    const std::int64_t output_base = slot.base + tiling_.input_rows;
    DepthwiseCommand command;
    command.bias_rows = to_u32(rows_.bias);
    command.table_rows = to_u32(rows_.table);
    command.tile_h = to_u32(layer_.input_rows(t.rows));
    command.tile_w = to_u32(layer_.input_cols(t.cols));
    set_window(command, layer_.window, t);
    command.dilation_h = to_u32(layer_.window.dilation_h);
    command.dilation_w = to_u32(layer_.window.dilation_w);
    for (std::int64_t b = 0; b < t.blocks; ++b) {
      command.constants_row = to_u32(constant_->base + b * tiling_.constant_rows);
      command.input_row = to_u32(slot.base + b * input);
      command.output_row = to_u32(output_base + b * t.rows * t.cols);
      command.elements = to_u32(channels_of(layer_, machine_, t.first_block + b));
      streams_.add(Command{command}, block_cycles(layer_, machine_, t.rows * t.cols),
                   {loaded, 0, slot.last_store});
    }
    slot.last_execute = streams_.count(CommandClass::Execute);
    store_vector_tile(streams_, machine_,
                      {layer_.out_h, layer_.out_w, layer_.out_c, layer_.ofmap_format.bits,
                       addresses_.ofmap, layer_.ofmap_pitch},
                      t, {output_base, t.cols, t.rows * t.cols});
    slot.last_store = streams_.count(CommandClass::Store);
  }

  std::size_t load_ifmap(const VectorTile& t, const BufferSlots::Slot& slot) {
    std::vector<ChannelRange> slices;
    for (std::int64_t b = t.first_block; b < t.first_block + t.blocks; ++b) {
      slices.push_back({b * machine_.array_rows, channels_of(layer_, machine_, b)});
    }
    IfmapTile ifmap = ifmap_under(layer_, t.oh, t.ow, t.rows, t.cols);
    ifmap.image_address = addresses_.ifmap + to_u64(t.image) * layer_.image_pitch;
    return load_ifmap_tile(streams_, machine_, ifmap, slices, slot.base, {0, slot.last_execute, 0});
  }

  const ConvLayer& layer_;
  const MachineLimits& machine_;
  const DepthwiseTiling& tiling_;
  const DepthwiseAddresses& addresses_;
  const ConstantRows rows_;
  CommandStreams streams_;
  BufferSlots constants_, tiles_;
  BufferSlots::Slot* constant_ = nullptr;
  std::int64_t next_key_ = 0;
};

}  // namespace

ConstantRows constant_rows(const ConvLayer& layer, const MachineLimits& machine) {
  const std::int64_t channels = std::min(layer.out_c, machine.array_rows);
  const std::int64_t width = row_bytes(machine);
  ConstantRows rows;
  rows.taps = layer.taps();
  rows.bias = layer.needs_bias() ? ceil_div(bias_bytes_of(machine, channels), width) : 0;
  rows.table = layer.per_channel_requant() ? ceil_div(table_bytes_of(machine, channels), width) : 0;
  return rows;
}

std::vector<std::int64_t> constant_bases(const MachineLimits& machine,
                                         const DepthwiseTiling& tiling) {
  std::vector<std::int64_t> bases =
      slot_bases(tiling.constant_slots, tiling.blocks * tiling.constant_rows, 0);
  for (std::int64_t& base : bases) {
    base += machine.scratchpad_first;
  }
  return bases;
}

std::vector<DepthwiseTiling> choose_depthwise_tilings(const ConvLayer& layer,
                                                      const MachineLimits& machine,
                                                      const PinnedMapping& pinned) {
  const VectorOutput output{layer.out_h, layer.out_w, layer.out_c};
  check_pinned_tiles(pinned, output, machine, "a depthwise layer");
  std::vector<std::pair<std::int64_t, std::int64_t>> copies;  // of the tiles and of the constants
  for (const std::int64_t count : copies_to_try(machine)) {
    copies.emplace_back(count, std::min<std::int64_t>(count, 2));
    if (count > 1) {
      copies.emplace_back(count, 1);
    }
  }
  const VectorInput input{layer.out_c, layer.ifmap_format.bits, layer.pixel_pitch};
  VectorSearch<DepthwiseTiling> search{machine};
  for_each_tile(output, machine, pinned,
                [&](std::int64_t tile_oh, std::int64_t tile_ow, std::int64_t blocks) {
                  DepthwiseTiling t;
                  t.constant_rows = constant_rows(layer, machine).all();
                  t.tile_oh = tile_oh;
                  t.tile_ow = tile_ow;
                  t.blocks = blocks;
                  t.input_rows = layer.input_rows(tile_oh) * layer.input_cols(tile_ow) * blocks;
                  t.output_rows = tile_oh * tile_ow * blocks;
                  for (const auto& [slots, constant_slots] : copies) {
                    t.slots = slots;
                    t.constant_slots = constant_slots;
                    search.consider(t, scratchpad_rows(t), [&] {
                      return VectorCost{
                          estimate_cycles(layer, machine, t),
                          moved_bytes(machine, input, blocks, loaded_pixels(layer, t))};
                    });
                  }
                });
  return search.take(pinned);
}

std::vector<std::vector<FoldSpan>> accumulation_order(const ConvLayer& layer) {
  std::vector<std::vector<FoldSpan>> order(to_u64(layer.out_c));
  for (std::int64_t channel = 0; channel < layer.out_c; ++channel) {
    for (std::int64_t tap = 0; tap < layer.taps(); ++tap) {
      order[to_u64(channel)].push_back({tap, channel, 1, tap > 0});
    }
  }
  return order;
}

LayerMapping describe_mapping(const ConvLayer& layer, const MachineLimits& machine,
                              const DepthwiseTiling& tiling) {
  LayerMapping mapping;
  mapping.vector_unit = true;
  mapping.tile_oh = tiling.tile_oh;
  mapping.tile_ow = tiling.tile_ow;
  mapping.tile_oc = mapping.tile_ic = std::min(layer.out_c, tiling.blocks * machine.array_rows);
  mapping.tile_taps = layer.taps();
  mapping.tiles = layer.batch * ceil_div(layer.out_h, tiling.tile_oh) *
                  ceil_div(layer.out_w, tiling.tile_ow) *
                  ceil_div(channel_blocks(layer, machine), tiling.blocks);
  mapping.loop_order = layer.batch > 1 ? "oc, n, oh, ow" : "oc, oh, ow";
  mapping.double_buffered_ifmap = tiling.slots > 1;
  mapping.double_buffered_weights = tiling.constant_slots > 1;
  mapping.scratchpad_rows = to_u64(scratchpad_rows(tiling));
  const std::uint64_t channels = to_u64(layer.out_c);
  mapping.compulsory(Operand::Ifmap) = layer.needed_ifmap_bytes;
  mapping.compulsory(Operand::Weight) =
      packed_bytes(to_u64(layer.taps()) * channels, layer.weight_format.bits);
  mapping.compulsory(Operand::Bias) =
      layer.needs_bias() ? packed_bytes(channels, bias_bits(machine.config)) : 0;
  mapping.compulsory(Operand::Requant) =
      layer.per_channel_requant() ? channels * requant_entry_bytes(machine.config) : 0;
  mapping.compulsory(Operand::Ofmap) = to_u64(layer.batch * layer.out_h * layer.out_w) *
                                       packed_bytes(channels, layer.ofmap_format.bits);
  return mapping;
}

std::uint64_t constant_bytes(const ConvLayer& layer, const MachineLimits& machine) {
  return to_u64(channel_blocks(layer, machine) * constant_rows(layer, machine).all() *
                row_bytes(machine));
}

namespace {

std::vector<std::uint8_t> constant_image(const ConvLayer& layer, const MachineLimits& machine,
                                         const TensorData* bias, const TensorData& weights) {
  const ConstantRows rows = constant_rows(layer, machine);
  const auto width = to_u64(row_bytes(machine));
  std::vector<std::uint8_t> bytes(constant_bytes(layer, machine));
  // Blocks of array.rows channels, as an array of so many columns would have them.
  MachineLimits limits = machine;
  limits.array_cols = machine.array_rows;
  const WeightImage blocks = weight_image(layer, limits);
  AcceleratorConfig transposed = machine.config;
  transposed.array.cols = machine.config.array.rows;
  const std::vector<std::uint8_t> biases = bias_bytes(layer, blocks, transposed, bias, &weights);
  const std::vector<std::uint8_t> table =
      requant_table_bytes(layer, blocks, machine.array_rows, machine.config.requant);
  const std::uint64_t bias_row = bias_row_bytes(transposed);
  const std::uint64_t table_row = to_u64(table_bytes_of(machine, machine.array_rows));
  for (std::size_t b = 0; b < blocks.blocks.size(); ++b) {
    const std::int64_t channels = blocks.blocks[b].columns;
    std::uint8_t* const to = bytes.data() + b * to_u64(rows.all()) * width;
    for (std::int64_t tap = 0; tap < rows.taps; ++tap) {
      for (std::int64_t c = 0; c < channels; ++c) {
        const std::int64_t channel = blocks.blocks[b].first_channel + c;
        pack_element(to + to_u64(tap) * width, to_u64(c), layer.weight_format,
                     weights[to_u64(channel * rows.taps + tap)]);
      }
    }
    if (rows.bias > 0) {
      std::copy_n(biases.data() + b * bias_row, bias_bytes_of(machine, channels),
                  to + to_u64(rows.taps) * width);
    }
    if (rows.table > 0) {
      std::copy_n(table.data() + b * table_row, table_bytes_of(machine, channels),
                  to + to_u64(rows.taps + rows.bias) * width);
    }
  }
  return bytes;
}

}  // namespace

void append_image(const Network& network, const ConvLayer& layer, const MachineLimits& machine,
                  std::uint64_t at, std::vector<DramSegment>& image) {
  const TensorData* weights = data_of(network, layer.weight);
  const TensorData* bias = layer.bias ? data_of(network, *layer.bias) : nullptr;
  if (weights != nullptr && (!layer.bias || bias != nullptr)) {
    image.push_back({at, constant_image(layer, machine, bias, *weights)});
  }
}

PackedCommands lower_depthwise(const ConvLayer& layer, const MachineLimits& machine,
                               const DepthwiseTiling& tiling, const DepthwiseAddresses& addresses,
                               std::uint64_t alignment) {
  return DepthwiseLowering{layer, machine, tiling, addresses, alignment}.run();
}

}  // namespace systole
