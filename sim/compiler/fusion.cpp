#include "sim/compiler/fusion.hpp"

#include <algorithm>

#include "sim/compiler/conv_layer.hpp"
#include "sim/compiler/pool_lowering.hpp"
#include "sim/compiler/weight_image.hpp"

namespace systole {
namespace {

/// How a layer reads a tensor.
struct Reading {
  bool from_scratchpad = false;  ///< it can; else it takes it from DRAM
  bool needs_dense = false;      ///< and then without a border
  Border border;                 ///< as far as it sees padding
};

/// Images of rows of pixels of channels; anything but four dimensions is one row of pixels.
KeptTensor shaped(const Tensor& tensor) {
  KeptTensor kept;
  kept.channels = tensor.shape.empty() ? 1 : tensor.shape.back();
  if (tensor.shape.size() == 4) {
    kept.images = tensor.shape[0];
    kept.height = tensor.shape[1];
    kept.width = tensor.shape[2];
  } else {
    kept.width = tensor.elements() / std::max<std::int64_t>(1, kept.channels);
  }
  return kept;
}

bool same_shape(const KeptTensor& a, const KeptTensor& b) {
  return a.images == b.images && a.height == b.height && a.width == b.width &&
         a.channels == b.channels;
}

/// Slices of channels begin where those of the array's rows do.
bool slices_are_aligned(const ConvLayer& conv, const AcceleratorConfig& config) {
  const WeightImage image = weight_image(conv, MachineLimits{config});
  return std::all_of(image.blocks.begin(), image.blocks.end(), [&](const WeightBlock& block) {
    return block.window.first % config.array.rows == 0;
  });
}

Reading reading_of(const TensorUse& use, const Layer& layer, std::size_t input,
                   const KeptTensor& kept) {
  const KeptTensor seen = shaped(use.network.tensor(layer.inputs[input]));
  if (const std::optional<ConvLayer> conv = as_conv(use.network, layer, use.run_time, {}, &kept)) {
    const bool is_image = std::holds_alternative<Conv2d>(layer.op);
    const bool fits = is_image ? same_shape(seen, kept)
                               : seen.channels == kept.channels && seen.channels == conv->in_c;
    // PEs that multiply several narrow products take rows of that many blocks.
    const bool one_block_a_row =
        conv->weight_is_activation ||
        products_per_pe(use.config.array, conv->ifmap_format.bits, conv->weight_format.bits) == 1;
    const bool by_slices =
        !runs_in_vector_unit(*conv, use.config) && !runs_by_groups(*conv, use.config);
    if (input != 0 || !fits || !one_block_a_row || !by_slices ||
        !slices_are_aligned(*conv, use.config)) {
      return {};
    }
    return {true, !is_image, conv->padding()};
  }
  if (as_pool(use.network, layer)) {
    return {same_shape(seen, kept), false, {}};
  }
  return {std::holds_alternative<Add>(layer.op) && seen.channels == kept.channels, false, {}};
}

bool leaves_a_tensor(const TensorUse& use, const Layer& layer) {
  if (runs_on_host(use.network, layer)) {
    return false;
  }
  if (const std::optional<ConvLayer> conv = as_conv(use.network, layer, use.run_time)) {
    return !runs_in_vector_unit(*conv, use.config) && !runs_by_groups(*conv, use.config);
  }
  return as_pool(use.network, layer) || std::holds_alternative<Add>(layer.op);
}

}  // namespace

std::optional<KeptTensor> keepable(const TensorUse& use, std::size_t layer) {
  const Network& network = use.network;
  if (use.config.array.rows != use.config.array.cols ||
      !leaves_a_tensor(use, network.layers[layer])) {
    return std::nullopt;
  }
  const TensorId tensor = network.layers[layer].output;
  KeptTensor kept = shaped(network.tensor(tensor));
  kept.tensor = tensor;
  kept.slices = ceil_div(kept.channels, use.config.array.rows);
  kept.producer = layer;
  kept.in_dram = std::any_of(network.outputs.begin(), network.outputs.end(),
                             [&](TensorId output) { return use.origin[output] == tensor; });
  bool needs_dense = false;
  for (std::size_t reader = layer + 1; reader < network.layers.size(); ++reader) {
    const Layer& other = network.layers[reader];
    for (std::size_t input = 0; input < other.inputs.size(); ++input) {
      if (use.origin[other.inputs[input]] != tensor) {
        continue;
      }
      const bool renames = use.origin[other.output] == tensor;
      const Reading reading =
          renames || runs_on_host(network, other) ? Reading{} : reading_of(use, other, input, kept);
      kept.in_dram = kept.in_dram || !(renames || reading.from_scratchpad);
      kept.last_reader = renames || reading.from_scratchpad ? reader : kept.last_reader;
      if (reading.from_scratchpad && !kept.is_read_by(reader)) {
        kept.readers.push_back(reader);
      }
      needs_dense = needs_dense || reading.needs_dense;
      kept.border.top = std::max(kept.border.top, reading.border.top);
      kept.border.bottom = std::max(kept.border.bottom, reading.border.bottom);
      kept.border.left = std::max(kept.border.left, reading.border.left);
      kept.border.right = std::max(kept.border.right, reading.border.right);
    }
  }
  if (kept.readers.empty() || (needs_dense && !kept.border.none())) {
    return std::nullopt;
  }
  return kept;
}

FreeRows free_rows(const std::vector<KeptTensor>& kept, std::size_t layer, std::int64_t capacity) {
  std::vector<FreeRows> taken;
  for (const KeptTensor& tensor : kept) {
    if (tensor.lives_at(layer)) {
      taken.push_back({tensor.first_row, tensor.rows()});
    }
  }
  taken.push_back({capacity, 0});
  std::sort(taken.begin(), taken.end(),
            [](const FreeRows& a, const FreeRows& b) { return a.first < b.first; });
  FreeRows largest;
  std::int64_t from = 0;
  for (const FreeRows& part : taken) {
    if (part.first - from > largest.rows) {
      largest = {from, part.first - from};
    }
    from = std::max(from, part.first + part.rows);
  }
  return largest;
}

std::optional<std::int64_t> place_beside(const KeptTensor& tensor,
                                         const std::vector<KeptTensor>& kept,
                                         std::int64_t capacity) {
  std::vector<std::int64_t> starts{0, capacity - tensor.rows()};
  for (const KeptTensor& other : kept) {
    starts.push_back(other.first_row + other.rows());
    starts.push_back(other.first_row - tensor.rows());
  }
  std::optional<std::int64_t> best;
  std::int64_t most_room = -1;
  std::vector<KeptTensor> with = kept;
  with.push_back(tensor);
  for (const std::int64_t start : starts) {
    with.back().first_row = start;
    const bool fits = start >= 0 && start + tensor.rows() <= capacity &&
                      std::none_of(kept.begin(), kept.end(), [&](const KeptTensor& other) {
                        return other.overlaps(with.back());
                      });
    std::int64_t room = capacity;
    for (std::size_t layer = tensor.producer; fits && layer <= tensor.last_reader; ++layer) {
      room = std::min(room, free_rows(with, layer, capacity).rows);
    }
    if (fits && room > most_room) {
      best = start;
      most_room = room;
    }
  }
  return best;
}

}  // namespace systole
