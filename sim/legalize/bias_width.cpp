#include "sim/legalize/bias_width.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <cstdlib>
#include <limits>
#include <numeric>
#include <optional>
#include <string>
#include <utility>
#include <variant>
#include <vector>

#include "sim/legalize/folding.hpp"
#include "sim/legalize/requant_rule.hpp"
#include "sim/network/refusal.hpp"

namespace systole {
namespace {

/// A layer whose sums start at a bias, and which of its dimensions are output channels.
struct Products {
  const Tensor* weight = nullptr;
  std::size_t channels = 0;
  bool channel_is_column = false;
  bool* has_bias = nullptr;  ///< null: has none, and can have none
};

std::optional<Products> products_of(const Network& network, Layer& layer) {
  Products products;
  if (auto* conv = std::get_if<Conv2d>(&layer.op)) {
    products.has_bias = &conv->has_bias;
  } else if (auto* dense = std::get_if<FullyConnected>(&layer.op)) {
    products.has_bias = &dense->has_bias;
  } else if (std::holds_alternative<MatMul>(layer.op)) {
    products.channel_is_column = true;
  } else {
    return std::nullopt;
  }
  products.weight = &network.tensor(layer.inputs.at(1));
  products.channels =
      static_cast<std::size_t>(products.weight->shape.at(products.channel_is_column ? 1 : 0));
  return products;
}

std::int64_t weight_sum(const Products& products, std::size_t channel) {
  const TensorData& weights = *products.weight->data;
  const std::size_t count = weights.size() / products.channels;
  std::int64_t sum = 0;
  for (std::size_t i = 0; i < count; ++i) {
    sum +=
        weights[products.channel_is_column ? i * products.channels + channel : channel * count + i];
  }
  return sum;
}

/// What was clipped, for the note.
struct Clipped {
  std::size_t channels = 0;
  std::int64_t furthest = 0;
  double signal = 0, noise = 0;  ///< squares of starts times the channel's multiplier
};

/// The layer's biases such that `bits` hold them less `zero_point` times their weights.
std::vector<std::int64_t> clipped_biases(const Products& products, const TensorData* bias,
                                         std::int64_t zero_point, std::uint32_t bits,
                                         const std::vector<double>& multipliers, Clipped& clipped) {
  const std::int64_t most = largest_start(bits);
  std::vector<std::int64_t> result(products.channels);
  for (std::size_t channel = 0; channel < products.channels; ++channel) {
    const std::int64_t own = bias == nullptr ? 0 : bias->at(channel);
    const std::int64_t offset = zero_point == 0 ? 0 : zero_point * weight_sum(products, channel);
    const std::int64_t start = std::clamp(own - offset, -most - 1, most);
    const std::int64_t fitting = start + offset;
    if (fitting != own) {
      ++clipped.channels;
      clipped.furthest = std::max(clipped.furthest, std::abs(own - fitting));
    }
    const double multiplier =
        multipliers.empty() ? 1 : multipliers[multipliers.size() == 1 ? 0 : channel];
    clipped.signal += std::pow(multiplier * static_cast<double>(own - offset), 2);
    clipped.noise += std::pow(multiplier * static_cast<double>(own - fitting), 2);
    result[channel] = fitting;
  }
  return result;
}

TensorData int32s(const std::vector<std::int64_t>& values) {
  TensorData result;
  for (const std::int64_t value : values) {
    if (value < std::numeric_limits<std::int32_t>::min() ||
        value > std::numeric_limits<std::int32_t>::max()) {
      throw Refusal{"the zero point takes a bias beyond 32 bits"};
    }
    result.push_back(static_cast<std::int32_t>(value));
  }
  return result;
}

/// Gives the layer a bias of its own.
void set_bias(Network& network, Layer& layer, const Products& products, TensorData data) {
  Tensor bias = *products.has_bias ? network.tensor(layer.inputs.at(2)) : Tensor{};
  if (!*products.has_bias) {
    bias.name = layer.name + ".bias";
    bias.shape = {static_cast<std::int64_t>(products.channels)};
    bias.format = ElementFormat{32, true, false};
    *products.has_bias = true;
    layer.inputs.resize(3);
  }
  bias.data = std::move(data);
  layer.inputs[2] = network.tensors.size();
  network.tensors.push_back(std::move(bias));
}

void clip_layer(Network& network, Layer& layer, const Products& products,
                const AcceleratorConfig& config, std::vector<LegalizationNote>& notes) {
  const std::uint32_t bits = bias_bits(config);
  const bool as_wide = bits >= config.array.accumulator_bits;
  const bool saturates = config.array.overflow == Overflow::Saturate;
  const bool bias_alone = clips_bias_alone(config);
  const std::int64_t zero_point = bias_alone ? 0 : network.tensor(layer.inputs.at(0)).zero_point;
  const bool has_bias = products.has_bias != nullptr && *products.has_bias;
  const TensorData* bias = nullptr;
  if (has_bias) {
    const Tensor& tensor = network.tensor(layer.inputs.at(2));
    if (!tensor.data) {
      return;
    }
    bias = &*tensor.data;
  }
  if ((bias == nullptr && zero_point == 0) || (zero_point != 0 && !products.weight->data)) {
    return;
  }
  Clipped clipped;
  const std::vector<std::int64_t> fitting =
      clipped_biases(products, bias, zero_point, bits, real_multipliers(layer), clipped);
  if (clipped.channels == 0) {
    return;
  }
  if (!as_wide || !saturates) {  // accumulators that saturate clip their start themselves
    if (products.has_bias == nullptr) {
      throw Refusal{fmt::format(
          "its zero point times its weights does not fit accumulators.bias_bits ({})", bits)};
    }
    set_bias(network, layer, products, int32s(fitting));
  }
  notes.push_back(
      {layer.name,
       fmt::format("{} of {} biases{} clipped to {} bits, by {} at most", clipped.channels,
                   products.channels, bias_alone ? "" : ", zero point times weights taken off,",
                   bits, clipped.furthest),
       sqnr_db(clipped.signal, clipped.noise)});
}

}  // namespace

bool clips_bias_alone(const AcceleratorConfig& config) {
  return bias_bits(config) >= config.array.accumulator_bits &&
         config.array.overflow != Overflow::Saturate;
}

void clip_biases(Network& network, const AcceleratorConfig& config,
                 std::vector<LegalizationNote>& notes) {
  for (Layer& layer : network.layers) {
    const std::optional<Products> products = products_of(network, layer);
    if (!products) {
      continue;
    }
    try {
      clip_layer(network, layer, *products, config, notes);
    } catch (const Refusal& error) {
      throw Refusal{"layer '" + layer.name + "': " + error.what()};
    }
  }
}

}  // namespace systole
