#include "sim/compiler/conv_tiling.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <optional>
#include <utility>

#include "sim/compiler/best_tilings.hpp"
#include "sim/compiler/conv_cost.hpp"

namespace systole {
namespace {

std::optional<Shortage> shortage(const ConvTiling& t, const MachineLimits& machine) {
  const AcceleratorConfig& config = machine.config;
  const std::int64_t ifmap = t.ifmap_slots * t.ifmap_rows;
  const std::int64_t weights = t.weight_slots * t.weight_rows;
  const std::int64_t scratchpad = ifmap + (machine.unified ? weights : 0);
  if (scratchpad > machine.scratchpad_rows) {
    return Shortage{"scratchpad", scratchpad, machine.scratchpad_rows,
                    activation_row_bytes(config)};
  }
  if (!machine.unified && weights > machine.weight_rows) {
    return Shortage{"weight scratchpad", weights, machine.weight_rows, weight_row_bytes(config)};
  }
  if (t.acc_slots * t.acc_rows > machine.accumulator_rows) {
    return Shortage{"accumulators", t.acc_slots * t.acc_rows, machine.accumulator_rows,
                    accumulator_row_bytes(config)};
  }
  return std::nullopt;
}

/// Searches the tilings: candidates of each dimension, then orders and copies of the buffers.
class Search {
 public:
  Search(const ConvLayer& layer, const WeightImage& image, const MachineLimits& machine,
         const PinnedMapping& pinned)
      : layer_{layer},
        image_{image},
        machine_{machine},
        pinned_{pinned},
        copies_{copies_to_try(machine)},
        ifmap_copies_{layer.kept_ifmap ? std::vector<std::int64_t>{1} : copies_},
        best_{machine.config.compiler} {}

  std::vector<ConvTiling> run() {
    const std::int64_t channels = image_.widest_window;
    const auto blocks = to_i64(image_.blocks.size());
    check_pins(channels);
    const std::int64_t pinned_blocks = layer_.one_group_a_block && pinned_.tile_oc != 0
                                           ? blocks
                                           : ceil_div(pinned_.tile_oc, machine_.array_cols);
    find_pixel_tiles();
    for (const std::int64_t tile_blocks : tile_candidates(blocks, 1, pinned_blocks)) {
      for (const std::int64_t tile_ic :
           tile_candidates(channels, machine_.array_rows, pinned_.tile_ic)) {
        for (const std::int64_t taps : tap_candidates()) {
          try_channels(tile_blocks, tile_ic, taps);
        }
      }
    }
    if (best_.empty()) {
      throw no_tile_fits(shortage_, pinned_);
    }
    return best_.take();
  }

 private:
  void check_pins(std::int64_t channels) const {
    PinChecks pins;
    pins.size("tile_oh", pinned_.tile_oh, layer_.out_h, 1, "1");
    pins.size("tile_ow", pinned_.tile_ow, layer_.out_w, 1, "1");
    if (!layer_.one_group_a_block) {
      pins.size("tile_oc", pinned_.tile_oc, layer_.out_c, machine_.array_cols, "array.cols");
    } else if (pinned_.tile_oc != 0 && pinned_.tile_oc != layer_.out_c) {
      pins.refuse("mapping.tile_oc",
                  fmt::format("{} is not all {}, as depthwise: column asks for when it is pinned",
                              pinned_.tile_oc, layer_.out_c));
    }
    pins.size("tile_ic", pinned_.tile_ic, channels, machine_.array_rows, "array.rows");
    if (pinned_.depthwise == DepthwiseMapping::Vector) {
      pins.refuse(
          "mapping.depthwise",
          fmt::format("vector runs layers of two or more channels, each a group with one output "
                      "channel; this one has {} input and {} output channels, groups: {}",
                      layer_.in_c, layer_.out_c, layer_.groups));
    } else if (pinned_.depthwise && layer_.groups == 1) {
      pins.refuse("mapping.depthwise",
                  "of convolutions of two or more groups, this layer has one; expected no such "
                  "key");
    }
    pins.settle();
  }

  /// All taps in a step where the weights of the smallest such step fit twice; else fewer as well.
  std::vector<std::int64_t> tap_candidates() const {
    const std::int64_t channels = std::min(
        pinned_.tile_ic != 0 ? pinned_.tile_ic : machine_.array_rows, image_.widest_window);
    const std::int64_t rows = machine_.weight_rows_of(channels);
    const std::int64_t memory = machine_.unified ? machine_.scratchpad_rows : machine_.weight_rows;
    return 2 * layer_.taps() * rows <= memory ? std::vector<std::int64_t>{layer_.taps()}
                                              : tile_candidates(layer_.taps(), 1, 0);
  }

  void find_pixel_tiles() {
    for (const std::int64_t tile_oh : tile_candidates(layer_.out_h, 1, pinned_.tile_oh)) {
      for (const std::int64_t tile_ow : columns(tile_oh)) {
        pixel_tiles_.push_back(pixel_tiles(layer_, machine_, tile_oh, tile_ow));
      }
    }
  }

  void try_channels(std::int64_t blocks, std::int64_t tile_ic, std::int64_t tile_taps) {
    ConvTiling tiling;
    tiling.blocks = blocks;
    tiling.tile_ic = tile_ic;
    tiling.tile_taps = tile_taps;
    if (!fit_table(tiling)) {
      return;
    }
    const ChannelTiles channels =
        channel_tiles(layer_, image_, machine_, blocks, tile_ic, tile_taps);
    tiling.weight_rows = channels.weight_rows;
    for (const PixelTiles& pixels : pixel_tiles_) {
      tiling.tile_oh = pixels.tile_oh;
      tiling.tile_ow = pixels.tile_ow;
      tiling.ifmap_rows = pixels.ifmap_pixels * channels.slices;
      tiling.acc_rows = pixels.pixels() * blocks;
      try_copies(tiling, pixels, channels);
    }
  }

  /// Whole commands' worth of columns when rows of pixels are cut; the plain parts as well.
  std::vector<std::int64_t> columns(std::int64_t tile_oh) const {
    if (pinned_.tile_ow != 0 || (tile_oh > 1 && layer_.out_w <= machine_.max_compute_rows)) {
      return {pinned_.tile_ow != 0 ? pinned_.tile_ow : layer_.out_w};
    }
    const std::int64_t unit = std::min(layer_.out_w, machine_.max_compute_rows);
    std::vector<std::int64_t> all = tile_candidates(layer_.out_w, unit, 0);
    if (layer_.out_w <= 4 * unit) {
      const std::vector<std::int64_t> parts = tile_candidates(layer_.out_w, 1, 0);
      all.insert(all.end(), parts.begin(), parts.end());
    }
    all.push_back(1);
    std::sort(all.begin(), all.end(), std::greater<>{});
    all.erase(std::unique(all.begin(), all.end()), all.end());
    return all;
  }

  bool fit_table(ConvTiling& tiling) {
    const auto blocks = to_i64(image_.blocks.size());
    tiling.whole_table = blocks <= machine_.table_rows;
    if (!layer_.per_channel_requant() || tiling.whole_table) {
      return true;
    }
    if (tiling.blocks > machine_.table_rows) {
      note(Shortage{"requantization table", tiling.blocks, machine_.table_rows,
                    to_i64(local_row_bytes(machine_.config, LocalMemory::RequantTable))});
      return false;
    }
    tiling.table_slots = 2 * tiling.blocks <= machine_.table_rows ? 2 : 1;
    return true;
  }

  /// What costs more even at its best is not looked at closely.
  void try_copies(ConvTiling tiling, const PixelTiles& pixels, const ChannelTiles& channels) {
    if (const std::optional<Shortage> missing = shortage(tiling, machine_)) {
      note(*missing);
      return;
    }
    ConvCostModel model{layer_, image_, machine_, pixels, channels};
    if (!best_.would_take(model.least()) || !best_.would_take(model.least_with_transfers())) {
      return;
    }
    std::optional<std::pair<ConvTiling, ConvCost>> best;
    for (const bool oc_outermost : {true, false}) {
      tiling.oc_outermost = oc_outermost;
      for_copies_that_fit(tiling, [&] {
        const ConvCost cost = model.cost(tiling);
        if (!best || cost.better_than(best->second, machine_.config.compiler.objective)) {
          best.emplace(tiling, cost);
        }
      });
    }
    if (best) {
      best_.add(best->first, best->second);
    }
  }

  /// Most first. Where the most of all buffers fit, these alone: fewer never cost less.
  template <typename Body>
  void for_copies_that_fit(ConvTiling& tiling, Body body) const {
    tiling.ifmap_slots = ifmap_copies_.front();
    tiling.weight_slots = tiling.acc_slots = copies_.front();
    if (!shortage(tiling, machine_)) {
      body();
      return;
    }
    for (const std::int64_t ifmap_slots : ifmap_copies_) {
      for (const std::int64_t weight_slots : copies_) {
        for (const std::int64_t acc_slots : copies_) {
          tiling.ifmap_slots = ifmap_slots;
          tiling.weight_slots = weight_slots;
          tiling.acc_slots = acc_slots;
          if (!shortage(tiling, machine_)) {
            body();
          }
        }
      }
    }
  }

  /// The smallest tile comes last, so its shortage is the one that is told.
  void note(const Shortage& missing) { shortage_ = missing; }

  const ConvLayer& layer_;
  const WeightImage& image_;
  const MachineLimits& machine_;
  const PinnedMapping& pinned_;
  const std::vector<std::int64_t> copies_;  // of a buffer, most first
  const std::vector<std::int64_t> ifmap_copies_;
  std::vector<PixelTiles> pixel_tiles_;  // worth trying
  BestTilings<ConvTiling, ConvCost> best_;
  Shortage shortage_;
};

}  // namespace

StepSlices step_slices(const ConvLayer& layer, const WeightImage& image,
                       const MachineLimits& machine, const ConvTiling& tiling,
                       std::int64_t first_block, std::int64_t blocks, std::int64_t ic_step) {
  StepSlices step;
  for (std::int64_t b = first_block; b < first_block + blocks; ++b) {
    const ChannelRange& window = image.blocks[to_u64(b)].window;
    const bool shared = b > first_block && window == image.blocks[to_u64(b - 1)].window;
    if (shared || (layer.groups == 1 && b > first_block)) {
      step.of_block.push_back(step.of_block.back());
      continue;
    }
    StepSlices::OfBlock of_block{step.slices.size(), 0};
    const std::int64_t end = window.first + std::min(window.count, (ic_step + 1) * tiling.tile_ic);
    for (std::int64_t c = window.first + ic_step * tiling.tile_ic; c < end;
         c += machine.array_rows) {
      step.slices.push_back({c, std::min(machine.array_rows, end - c)});
      ++of_block.count;
    }
    step.of_block.push_back(of_block);
  }
  return step;
}

std::int64_t ic_steps(const WeightImage& image, const ConvTiling& tiling) {
  return ceil_div(image.widest_window, tiling.tile_ic);
}

std::int64_t reduction_steps(const ConvLayer& layer, const WeightImage& image,
                             const ConvTiling& tiling) {
  return ic_steps(image, tiling) * ceil_div(layer.taps(), tiling.tile_taps);
}

ReductionStep reduction_step(const ConvLayer& layer, const ConvTiling& tiling, std::int64_t step) {
  const std::int64_t tap_steps = ceil_div(layer.taps(), tiling.tile_taps);
  const std::int64_t first = step % tap_steps * tiling.tile_taps;
  return {step / tap_steps, {first, std::min(tiling.tile_taps, layer.taps() - first)}};
}

bool pixels_are_linear(const ConvLayer& layer, std::int64_t tile_ow) {
  return layer.window.stride_h * layer.ifmap_pitch(tile_ow) == layer.window.stride_w * tile_ow;
}

std::vector<ConvTiling> choose_tilings(const ConvLayer& layer, const WeightImage& image,
                                       const MachineLimits& machine, const PinnedMapping& pinned) {
  return Search{layer, image, machine, pinned}.run();
}

LayerMapping describe_mapping(const ConvLayer& layer, const WeightImage& image,
                              const MachineLimits& machine, const ConvTiling& tiling) {
  const ConvCounts counts = count_work(layer, image, machine, tiling);
  LayerMapping mapping;
  mapping.tile_oh = tiling.tile_oh;
  mapping.tile_ow = tiling.tile_ow;
  mapping.tile_oc = std::min(layer.out_c, tiling.blocks * image.blocks.front().columns);
  mapping.tile_ic = tiling.tile_ic;
  mapping.tile_taps = tiling.tile_taps;
  mapping.tiles = counts.tiles;
  mapping.folds = counts.folds;
  const std::string pixels = layer.batch > 1 ? "n, oh, ow" : "oh, ow";
  mapping.loop_order = tiling.oc_outermost ? "oc, " + pixels + ", ic" : pixels + ", oc, ic";
  mapping.loop_order += tiling.tile_taps < layer.taps() ? ", taps" : "";
  mapping.double_buffered_ifmap = tiling.ifmap_slots > 1;
  mapping.double_buffered_weights = tiling.weight_slots > 1;
  mapping.double_buffered_accumulators = tiling.acc_slots > 1;
  mapping.activation_bits = layer.ifmap_format.bits;
  mapping.weight_bits = layer.weight_format.bits;
  mapping.products_per_pe = machine.products_per_pe;
  mapping.scratchpad_rows = to_u64(tiling.ifmap_slots * tiling.ifmap_rows);
  mapping.weight_rows = to_u64(tiling.weight_slots * tiling.weight_rows);
  mapping.accumulator_rows = to_u64(tiling.acc_slots * tiling.acc_rows);
  const std::uint64_t blocks = image.blocks.size();
  if (layer.per_channel_requant()) {
    mapping.table_rows = tiling.whole_table ? blocks : to_u64(tiling.table_slots * tiling.blocks);
    mapping.compulsory(Operand::Requant) =
        blocks * local_row_bytes(machine.config, LocalMemory::RequantTable);
  }
  mapping.compulsory(Operand::Ifmap) = layer.needed_ifmap_bytes;
  mapping.one_group_a_block = layer.one_group_a_block;
  mapping.packed_taps = layer.packed ? layer.packed->taps : 1;
  mapping.compulsory(Operand::Weight) = packed_bytes(
      to_u64(layer.taps() * layer.in_c / layer.groups * layer.out_c), layer.weight_format.bits);
  mapping.compulsory(Operand::Bias) =
      layer.needs_bias() ? packed_bytes(to_u64(layer.out_c), bias_bits(machine.config)) : 0;
  mapping.compulsory(Operand::Ofmap) = to_u64(layer.batch * layer.out_h * layer.out_w) *
                                       packed_bytes(to_u64(layer.out_c), layer.ofmap_format.bits);
  return mapping;
}

}  // namespace systole
