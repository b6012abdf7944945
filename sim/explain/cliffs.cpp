#include "sim/explain/cliffs.hpp"

#include <algorithm>
#include <variant>

#include "sim/compiler/conv_folds.hpp"
#include "sim/explain/timed.hpp"
#include "sim/network/ceil_div.hpp"

namespace systole {
namespace {

const std::string kInput = "input channels";
const std::string kOutput = "output channels";

/// Groups that are one channel each change with the channels.
bool is_depthwise(const Network& network, const Layer& layer) {
  const auto* conv = std::get_if<Conv2d>(&layer.op);
  return conv != nullptr && conv->groups > 1 &&
         conv->groups == network.tensor(layer.inputs.at(0)).shape.back();
}

/// Whether the number of these channels can change by itself.
bool can_change(const Network& network, const Layer& layer, const std::string& dimension) {
  if (const auto* conv = std::get_if<Conv2d>(&layer.op)) {
    return conv->groups == 1 || (dimension == kOutput && is_depthwise(network, layer) &&
                                 network.tensor(layer.output).shape.back() == conv->groups);
  }
  return std::holds_alternative<FullyConnected>(layer.op) ||
         std::holds_alternative<MatMul>(layer.op);
}

/// Of a layer whose channels can change: its weights are [K, N] of a product, else they begin with
/// the output channels and end with the input channels. (An ifmap may end with others: a fully
/// connected layer takes it as rows.)
std::int64_t channels_of(const Network& network, const Layer& layer, const std::string& dimension) {
  const Shape& weights = network.tensor(layer.inputs.at(1)).shape;
  const bool first = std::holds_alternative<MatMul>(layer.op) == (dimension == kInput);
  return first ? weights.front() : weights.back();
}

/// A matrix that ends with the channels; a convolution's ifmap likewise.
std::int64_t& channels_of(Network& network, TensorId tensor) {
  return network.tensors.at(tensor).shape.back();
}

void keep_first(Requantizer& requant, std::size_t channels) {
  const auto cut = [&](auto& values) {
    if (values.size() > 1) {
      values.resize(std::min(values.size(), channels));
    }
  };
  cut(requant.multiplier);
  cut(requant.exponent);
  cut(requant.scale);
}

/// Takes channels away from the one layer of a network.
struct Shrink {
  Network& network;
  bool inputs;  // else outputs
  std::int64_t surplus;

  Layer& layer() const { return network.layers.front(); }
  std::int64_t& axis(std::size_t input, std::size_t at) const {
    return network.tensors.at(layer().inputs.at(input)).shape.at(at);
  }

  void operator()(Conv2d& conv) const {
    if (conv.groups > 1) {  // depthwise: all channels are the groups
      conv.groups -= surplus;
      channels_of(network, layer().inputs.at(0)) -= surplus;
    }
    if (inputs) {
      channels_of(network, layer().inputs.at(0)) -= surplus;
      axis(1, 3) -= surplus;
      return;
    }
    axis(1, 0) -= surplus;
    shrink_outputs(conv.has_bias, conv.requant);
  }
  void operator()(FullyConnected& fc) const {
    if (inputs) {
      Shape& ifmap = network.tensors.at(layer().inputs.at(0)).shape;
      const std::int64_t rows = element_count(ifmap) / axis(1, 1);
      axis(1, 1) -= surplus;
      ifmap = {rows, axis(1, 1)};
      return;
    }
    axis(1, 0) -= surplus;
    shrink_outputs(fc.has_bias, fc.requant);
  }
  void operator()(MatMul& matmul) const {
    if (inputs) {
      channels_of(network, layer().inputs.at(0)) -= surplus;
      axis(1, 0) -= surplus;
      return;
    }
    axis(1, 1) -= surplus;
    shrink_outputs(false, matmul.requant);
  }
  template <typename Other>
  void operator()(Other&) const {}

  void shrink_outputs(bool has_bias, Requantizer& requant) const {
    if (has_bias) {
      axis(2, 0) -= surplus;
    }
    std::int64_t& channels = channels_of(network, layer().output);
    channels -= surplus;
    keep_first(requant, static_cast<std::size_t>(channels));
  }
};

/// The layer and its tensors; what a constant was stays one.
Network alone(const Network& network, std::size_t index) {
  const std::vector<bool> run_time = run_time_tensors(network);
  Network one;
  one.name = network.name;
  Layer layer = network.layers.at(index);
  const auto take = [&](TensorId id) {
    one.tensors.push_back(network.tensor(id));
    one.tensors.back().data.reset();
    return one.tensors.size() - 1;
  };
  for (TensorId& input : layer.inputs) {
    const bool given = run_time[input];
    input = take(input);
    if (given) {
      one.inputs.push_back(input);
    }
  }
  layer.output = take(layer.output);
  layer.mapping = {};  // tiles were pinned for the layer as it is
  layer.mapping.depthwise = network.layers[index].mapping.depthwise;
  layer.mapping.pack_taps = network.layers[index].mapping.pack_taps;
  one.outputs = {layer.output};
  one.layers.push_back(std::move(layer));
  return one;
}

std::uint64_t cycles_of(const AcceleratorConfig& config, const Network& network) {
  return timed(config, network).layers.front().cycles;
}

}  // namespace

Network with_fewer_channels(const Network& network, std::size_t layer, const std::string& dimension,
                            std::int64_t surplus) {
  Network one = alone(network, layer);
  if (surplus == 0) {
    return one;
  }
  std::visit(Shrink{one, dimension == kInput, surplus}, one.layers.front().op);
  return one;
}

std::vector<Cliff> find_cliffs(const AcceleratorConfig& config, const Network& network,
                               std::size_t index, const LayerMapping& mapping) {
  const Layer& layer = network.layers[index];
  std::vector<Cliff> cliffs;
  if (place_of(network, layer) != Place::Array) {
    return cliffs;
  }
  // `products` of each channel are spread over the folds, which hold `lanes` of them.
  const auto look = [&](const std::string& dimension, const char* key, std::int64_t products,
                        std::int64_t lanes, const auto& folds_of) {
    if (!can_change(network, layer, dimension)) {
      return;
    }
    const std::int64_t channels = channels_of(network, layer, dimension);
    const std::int64_t most = std::max<std::int64_t>(1, lanes / kCliffPart);
    std::int64_t surplus = 1;
    std::int64_t saved = 0;
    for (; surplus <= std::min(most, channels - 1); ++surplus) {
      saved = folds_of(channels) - folds_of(channels - surplus);
      if (saved > 0) {
        break;
      }
    }
    if (saved > 0 && surplus * products <= saved * most) {
      cliffs.push_back({index, layer.name, dimension, key, channels, surplus, 0, 0});
    }
  };
  const auto blocks_of = [](std::int64_t lanes) {
    return [lanes](std::int64_t channels) { return ceil_div(channels, lanes); };
  };
  const MachineLimits machine{config, mapping.products_per_pe};
  const Dataflow dataflow = config.array.dataflow;
  if (mapping.vector_unit) {  // a scratchpad row of channels at a time
    look(kOutput, "array.rows", 1, config.array.rows, blocks_of(config.array.rows));
    return cliffs;
  }
  if (dataflow != Dataflow::OutputStationary) {
    const auto* conv = std::get_if<Conv2d>(&layer.op);
    const std::int64_t taps = conv == nullptr ? 1 : conv->window.kernel_h * conv->window.kernel_w;
    look(kInput, "array.rows", taps, machine.array_rows, [&](std::int64_t channels) {
      return count_folds(taps / mapping.packed_taps, channels * mapping.packed_taps, machine);
    });
  }
  if (dataflow != Dataflow::InputStationary && !mapping.one_group_a_block) {
    look(kOutput, "array.cols", 1, machine.array_cols, blocks_of(machine.array_cols));
  }
  return cliffs;
}

void measure(Cliff& cliff, const AcceleratorConfig& config, const Network& network) {
  cliff.cycles = cycles_of(config, with_fewer_channels(network, cliff.layer, cliff.dimension, 0));
  cliff.cycles_without =
      cycles_of(config, with_fewer_channels(network, cliff.layer, cliff.dimension, cliff.surplus));
}

}  // namespace systole
