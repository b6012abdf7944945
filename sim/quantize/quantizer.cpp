#include "sim/quantize/quantizer.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "sim/config/error_log.hpp"
#include "sim/quantize/activation_formats.hpp"
#include "sim/quantize/fidelity.hpp"
#include "sim/workload/scales.hpp"

namespace systole::quantize {
namespace {

FloatTensor* weights_of(FloatOp& op) {
  if (auto* conv = std::get_if<FloatConv2d>(&op)) {
    return &conv->weight;
  }
  auto* fc = std::get_if<FloatFullyConnected>(&op);
  return fc == nullptr ? nullptr : &fc->weight;
}

std::vector<float>& bias_of(FloatOp& op) {
  auto* conv = std::get_if<FloatConv2d>(&op);
  return conv != nullptr ? conv->bias : std::get<FloatFullyConnected>(op).bias;
}

void round_to(Activations& values, const IntegerFormat& format, bool are_means) {
  for (float& value : values) {
    value = format.real(are_means ? format.quantize_mean(value) : format.quantize(value));
  }
}

bool gives_means(const FloatOp& op) {
  return std::holds_alternative<FloatAveragePool>(op) ||
         std::holds_alternative<FloatGlobalAveragePool>(op);
}

/// Mean of each of `channels` interleaved channels.
std::vector<double> channel_means(const Activations& values, std::size_t channels) {
  std::vector<double> sums(channels);
  for (std::size_t i = 0; i < values.size(); ++i) {
    sums[i % channels] += static_cast<double>(values[i]);
  }
  const std::size_t each = values.size() / channels;
  for (double& sum : sums) {
    sum /= static_cast<double>(each);
  }
  return sums;
}

/// Signed bits that hold every sum of some of the products, and of the bias, of one output.
std::uint32_t accumulator_bits(const IntegerWeights& weights, const std::optional<TensorData>& bias,
                               const IntegerFormat& input) {
  const std::int64_t low = std::int64_t{input.lowest} - input.zero_point;
  const std::int64_t high = std::int64_t{input.highest} - input.zero_point;
  const auto channels = static_cast<std::size_t>(weights.shape.at(0));
  const std::size_t each = weights.values.size() / channels;
  std::int64_t least = 0;
  std::int64_t most = 0;
  for (std::size_t c = 0; c < channels; ++c) {
    const std::int64_t b = bias ? (*bias)[c] : 0;
    std::int64_t below = std::min<std::int64_t>(b, 0);
    std::int64_t above = std::max<std::int64_t>(b, 0);
    for (std::size_t i = c * each; i < (c + 1) * each; ++i) {
      const std::int64_t w =
          std::int64_t{weights.values[i]} - weights.format_of_element(i).zero_point;
      below += std::min(w * low, w * high);
      above += std::max(w * low, w * high);
    }
    least = std::min(least, below);
    most = std::max(most, above);
  }
  std::uint32_t bits = 1;
  while (least < -(std::int64_t{1} << (bits - 1)) || most >= std::int64_t{1} << (bits - 1)) {
    ++bits;
  }
  return bits;
}

/// One walk through the network.
class Walk {
 public:
  Walk(const FusedNetwork& fused, const Scheme& scheme, const BitsByName& bits,
       const FloatImages& images, const WalkOptions& options)
      : scheme_{scheme},
        bits_{bits},
        images_{images},
        options_{options},
        formats_{fused, scheme, bits, images, options.cache} {
    result_.fused = fused;
    result_.bias_bits = scheme.bias.bits;
    const FloatNetwork& network = fused.network;
    result_.values.resize(network.values.size());
    result_.layers.resize(network.layers.size());
    real_.resize(network.values.size());
    quantized_.resize(network.values.size());
  }

  QuantizedNetwork run() {
    const FloatNetwork& network = result_.fused.network;
    const ValueId input = network.inputs.at(0);
    real_[input] = images_.values;
    quantized_[input] = images_.values;
    finish(input, /*are_means=*/false);
    const std::vector<std::size_t> last = last_uses(network);
    for (std::size_t i = 0; i < network.layers.size(); ++i) {
      run_layer(i);
      for (const ValueId id : network.layers[i].inputs) {
        if (last[id] == i) {
          Activations{}.swap(real_[id]);
          Activations{}.swap(quantized_[id]);
        }
      }
    }
    result_.output = std::move(quantized_[network.outputs.at(0)]);
    result_.real_output = std::move(real_[network.outputs[0]]);
    return std::move(result_);
  }

 private:
  void run_layer(std::size_t i) {
    FloatNetwork& network = result_.fused.network;
    FloatLayer& layer = network.layers[i];
    if (options_.tell) {
      options_.tell(layer.name);
    }
    std::vector<const Activations*> real;
    std::vector<const Activations*> quantized;
    for (const ValueId id : layer.inputs) {
      real.push_back(&real_[id]);
      quantized.push_back(&quantized_[id]);
    }
    Activations wanted = run_float_layer(network, layer, real, images_.count);
    FloatLayer integer_layer = layer;
    if (weights_of(layer.op) != nullptr) {
      quantize_constants(i, integer_layer);
    }
    Activations got = run_float_layer(network, integer_layer, quantized, images_.count);
    if (weights_of(layer.op) != nullptr) {
      if (scheme_.bias.correction) {
        correct_bias(i, integer_layer, wanted, got);
      }
      write_bias(i, integer_layer, got);
      if (options_.measure) {
        result_.layers[i].accumulator_bits = accumulator_bits(
            *result_.layers[i].weights, result_.layers[i].bias, formats_.at(layer.inputs[0]));
      }
    }
    clip(wanted, result_.fused.limits[i]);
    clip(got, result_.fused.limits[i]);
    require_finite(got, network.value(layer.output), images_.count);
    real_[layer.output] = std::move(wanted);
    quantized_[layer.output] = std::move(got);
    finish(layer.output, gives_means(layer.op));
    expect_multipliers(i);
  }

  IntegerWeights integer_weights(const FloatTensor& weights, std::uint8_t bits, std::size_t i) {
    if (options_.cache == nullptr) {
      return quantize_weights(weights, scheme_.weights, bits, i);
    }
    const std::pair key{i, bits};
    if (options_.cache->weights.count(key) == 0) {
      options_.cache->weights[key] = quantize_weights(weights, scheme_.weights, bits, i);
    }
    return options_.cache->weights.at(key);
  }

  void quantize_constants(std::size_t i, FloatLayer& layer) {
    const auto named = bits_.weights.find(layer.name);
    const std::uint8_t bits = named == bits_.weights.end() ? scheme_.weights.bits : named->second;
    FloatTensor& weights = *weights_of(layer.op);
    IntegerWeights integers = integer_weights(weights, bits, i);
    constexpr std::uint8_t kWidest = 32;  // narrower biases are a choice: what they cut is shown
    if (result_.bias_bits == kWidest) {
      result_.layers[i].raised_scales =
          make_room_for_biases(integers, weights, bias_of(layer.op),
                               formats_.at(layer.inputs[0]).scale, scheme_.weights, i);
    }
    FloatTensor rounded = integers.real();
    if (options_.measure) {
      result_.layers[i].weight_fidelity = weight_fidelity(weights, integers);
    }
    weights = std::move(rounded);
    result_.layers[i].weights = std::move(integers);
  }

  /// Takes the difference of the means of each output channel off (Nagel et al. 2019, section 4.2,
  /// with the means measured).
  void correct_bias(std::size_t i, FloatLayer& layer, const Activations& wanted,
                    Activations& got) const {
    const auto channels = static_cast<std::size_t>(
        result_.fused.network.value(result_.fused.network.layers[i].output).shape.back());
    const std::vector<double> right = channel_means(wanted, channels);
    const std::vector<double> wrong = channel_means(got, channels);
    std::vector<float>& bias = bias_of(layer.op);
    bias.resize(channels, 0.0F);
    for (std::size_t c = 0; c < channels; ++c) {
      bias[c] += static_cast<float>(right[c] - wrong[c]);
    }
    for (std::size_t k = 0; k < got.size(); ++k) {
      got[k] += static_cast<float>(right[k % channels] - wrong[k % channels]);
    }
  }

  /// The bias as integers of scale input * weight, and what their rounding does to the output.
  void write_bias(std::size_t i, const FloatLayer& layer, Activations& got) {
    FloatOp op = layer.op;
    const std::vector<float>& bias = bias_of(op);
    if (bias.empty()) {
      return;
    }
    QuantizedLayer& constants = result_.layers[i];
    const auto input_scale = static_cast<double>(formats_.at(layer.inputs[0]).scale);
    const ElementFormat width{result_.bias_bits, true};
    TensorData integers;
    std::vector<float> change;
    for (std::size_t c = 0; c < bias.size(); ++c) {
      const std::vector<IntegerFormat>& formats = constants.weights->formats;
      const double scale =
          input_scale * static_cast<double>(formats[formats.size() == 1 ? 0 : c].scale);
      const double position = std::nearbyint(static_cast<double>(bias[c]) / scale);
      const double clamped =
          std::clamp(position, static_cast<double>(width.min()), static_cast<double>(width.max()));
      constants.clipped_biases += clamped != position ? 1 : 0;
      integers.push_back(static_cast<std::int32_t>(clamped));
      change.push_back(static_cast<float>(clamped * scale - static_cast<double>(bias[c])));
    }
    for (std::size_t k = 0; k < got.size(); ++k) {
      got[k] += change[k % change.size()];
    }
    constants.bias = std::move(integers);
  }

  /// Integers of the output that are too fine for the sums have no multiplier.
  void expect_multipliers(std::size_t i) const {
    const FloatLayer& layer = result_.fused.network.layers[i];
    const float to = formats_.at(layer.output).scale;
    bool exist = true;
    if (const auto& weights = result_.layers[i].weights) {
      std::vector<float> scales;
      for (const IntegerFormat& format : weights->formats) {
        scales.push_back(format.scale);
      }
      const auto derive = std::holds_alternative<FloatFullyConnected>(layer.op)
                              ? product_multipliers
                              : convolution_multipliers;
      exist = derive(formats_.at(layer.inputs[0]).scale, scales, to).has_value();
    } else if (std::holds_alternative<FloatAdd>(layer.op)) {
      const IntegerFormat& a = formats_.at(layer.inputs[0]);
      const IntegerFormat& b = formats_.at(layer.inputs[1]);
      Add add;
      exist =
          set_add_multipliers(add, a.scale, b.scale, to, std::max(a.element.bits, b.element.bits));
    }
    if (!exist) {
      throw ConfigError{{fmt::format(
          "{}: the output's scale, {:.4g}, is too small for those of what it is computed from: "
          "sums would be multiplied by 2^30 or more; expected a larger range, behind its "
          "activation, too",
          layer.place, to)}};
    }
  }

  /// Rounds the quantized network's value.
  void finish(ValueId id, bool are_means) {
    const IntegerFormat& format = formats_.choose(id, real_[id], quantized_[id]);
    round_to(quantized_[id], format, are_means);
    require_finite_rounded(quantized_[id], result_.fused.network.value(id), images_.count);
    QuantizedValue& value = result_.values[id];
    value.format = format;
    if (options_.measure) {
      value.fidelity = value_fidelity(real_[id], format);
      value.network_sqnr_db = sqnr_db(real_[id], quantized_[id]);
    }
  }

  const Scheme& scheme_;
  const BitsByName& bits_;
  const FloatImages& images_;
  const WalkOptions& options_;
  ActivationFormats formats_;
  QuantizedNetwork result_;
  std::vector<Activations> real_, quantized_;  // alive values of the two networks
};

}  // namespace

BitsByName bits_by_name(const Scheme& scheme) {
  BitsByName bits;
  for (const LayerBits& layer : scheme.layers) {
    if (layer.activations) {
      bits.activations[layer.name] = *layer.activations;
    }
    if (layer.weights) {
      bits.weights[layer.name] = *layer.weights;
    }
  }
  return bits;
}

QuantizedNetwork quantize_network(const FusedNetwork& fused, const Scheme& scheme,
                                  const BitsByName& bits, const FloatImages& images,
                                  const WalkOptions& options) {
  return Walk{fused, scheme, bits, images, options}.run();
}

}  // namespace systole::quantize
