#include "sim/quantize/quantizer.hpp"

#include <algorithm>
#include <cmath>
#include <limits>
#include <numeric>
#include <stdexcept>
#include <type_traits>

#include "sim/config/error_log.hpp"
#include "sim/quantize/calibration.hpp"
#include "sim/quantize/fidelity.hpp"

namespace systole::quantize {
namespace {

constexpr float kInfinity = std::numeric_limits<float>::infinity();

bool keeps_format(const FloatOp& op) {
  return !(std::holds_alternative<FloatConv2d>(op) ||
           std::holds_alternative<FloatFullyConnected>(op) || std::holds_alternative<FloatAdd>(op));
}

/// Values that layers of some kind join, by value the least one of its set.
template <typename Joins>
std::vector<ValueId> groups_of(const FloatNetwork& network, const Joins& joins) {
  std::vector<ValueId> group(network.values.size());
  std::iota(group.begin(), group.end(), ValueId{0});
  for (const FloatLayer& layer : network.layers) {
    if (joins(layer.op)) {
      for (const ValueId input : layer.inputs) {
        const ValueId a = group[input];
        const ValueId b = group[layer.output];
        std::replace(group.begin(), group.end(), std::max(a, b), std::min(a, b));
      }
    }
  }
  return group;
}

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

void clip(Activations& values, const FloatClip& limits) {
  if (std::isfinite(limits.low) || std::isfinite(limits.high)) {
    for (float& value : values) {
      value = std::min(std::max(value, limits.low), limits.high);
    }
  }
}

void round_to(Activations& values, const IntegerFormat& format) {
  for (float& value : values) {
    value = format.rounded(value);
  }
}

void require_finite(const Activations& values, const FloatValue& value, std::int64_t images) {
  const auto bad =
      std::find_if(values.begin(), values.end(), [](float x) { return !std::isfinite(x); });
  if (bad != values.end()) {
    const auto each = static_cast<std::ptrdiff_t>(values.size()) / images;
    throw NotFinite{
        "[" + std::to_string((bad - values.begin()) / each) + "]: gives '" + value.name +
        "' numbers that float32 cannot hold, expected smaller ones, or smaller weights"};
  }
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
        groups_{format_groups(fused.network)},
        types_{type_groups(fused.network)} {
    result_.fused = fused;
    result_.bias_bits = scheme.bias.bits;
    const FloatNetwork& network = fused.network;
    result_.values.resize(network.values.size());
    result_.layers.resize(network.layers.size());
    formats_.resize(network.values.size());
    real_.resize(network.values.size());
    quantized_.resize(network.values.size());
  }

  QuantizedNetwork run() {
    const FloatNetwork& network = result_.fused.network;
    look_ahead();
    const ValueId input = network.inputs.at(0);
    real_[input] = images_.values;
    quantized_[input] = images_.values;
    finish(input, {});
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
  /// The values of a group that are not made from others of it.
  bool is_source(const FloatNetwork& network, ValueId id) const {
    for (const FloatLayer& layer : network.layers) {
      if (layer.output == id) {
        return !keeps_format(layer.op);
      }
    }
    return true;  // an input
  }

  /// Width and sign of a value: the widest that is asked for in its type group, and unsigned only
  /// where no value of the group is negative.
  Grid grid_of_value(ValueId id) const {
    const FloatNetwork& network = result_.fused.network;
    std::uint8_t widest = 0;
    Range range;
    for (ValueId other = 0; other < types_.size(); ++other) {
      if (types_[other] == types_[id]) {
        const auto named = bits_.activations.find(network.value(other).name);
        widest =
            std::max(widest, named == bits_.activations.end() ? std::uint8_t{0} : named->second);
        range.low = std::min(range.low, lows_[other]);
      }
    }
    const Grid grid =
        grid_of(scheme_.activations, widest == 0 ? scheme_.activations.bits : widest, false, range);
    if (grid.symmetric && grid.is_signed && grid.bits < 2) {
      throw ConfigError{{scheme_.name + ": activations.bits: '" + network.value(id).name +
                         "' has negative numbers, which without a zero point need at least 2 "
                         "bits, found " +
                         std::to_string(grid.bits)}};
    }
    return grid;
  }

  /// A run of the float network before the walk: the least of each value, and the formats of groups
  /// with several sources, which the first of their layers needs before the last has run.
  void look_ahead() {
    const FloatNetwork& network = result_.fused.network;
    std::vector<int> sources(groups_.size());
    for (ValueId id = 0; id < groups_.size(); ++id) {
      sources[groups_[id]] += is_source(network, id) ? 1 : 0;
    }
    std::vector<std::vector<Activations>> kept(groups_.size());
    std::vector<FloatClip> limits(groups_.size(), FloatClip{kInfinity, -kInfinity});
    lows_.resize(groups_.size());
    run_clipped(network, [&](ValueId id, const Activations& values, const FloatClip& clip_of) {
      require_finite(values, network.value(id), images_.count);
      lows_[id] = static_cast<double>(*std::min_element(values.begin(), values.end()));
      const ValueId group = groups_[id];
      if (sources[group] > 1 && is_source(network, id)) {
        kept[group].push_back(values);
        limits[group] = {std::min(limits[group].low, clip_of.low),
                         std::max(limits[group].high, clip_of.high)};
      }
    });
    for (ValueId group = 0; group < groups_.size(); ++group) {
      if (!kept[group].empty()) {
        Sample sample{{}, images_.count};
        for (const Activations& part : kept[group]) {
          sample.parts.push_back(&part);
        }
        formats_[group] = chosen_format(sample, group, limits[group]);
      }
    }
  }

  /// The float network by itself, with the limits of its layers.
  template <typename See>
  void run_clipped(const FloatNetwork& network, const See& see) const {
    const std::vector<std::size_t> last = last_uses(network);
    std::vector<Activations> alive(network.values.size());
    alive[network.inputs.at(0)] = images_.values;
    see(network.inputs[0], images_.values, FloatClip{});
    for (std::size_t i = 0; i < network.layers.size(); ++i) {
      const FloatLayer& layer = network.layers[i];
      std::vector<const Activations*> inputs;
      for (const ValueId id : layer.inputs) {
        inputs.push_back(&alive[id]);
      }
      Activations output = run_float_layer(network, layer, inputs, images_.count);
      clip(output, result_.fused.limits[i]);
      alive[layer.output] = std::move(output);
      see(layer.output, alive[layer.output], result_.fused.limits[i]);
      for (const ValueId id : layer.inputs) {
        if (last[id] == i) {
          Activations{}.swap(alive[id]);
        }
      }
    }
  }

  IntegerFormat chosen_format(const Sample& sample, ValueId id, const FloatClip& limits) const {
    const Grid grid = grid_of_value(id);
    const std::pair key{groups_[id], grid.bits};
    if (options_.cache != nullptr && options_.cache->formats.count(key) != 0) {
      return options_.cache->formats.at(key);
    }
    const bool has_alpha = scheme_.activations.method == Method::Pact && std::isfinite(limits.high);
    const Range clip_range{std::isfinite(limits.low) ? static_cast<double>(limits.low) : 0.0,
                           static_cast<double>(limits.high)};
    const IntegerFormat format =
        has_alpha ? format_of(clip_range, grid) : calibrate(sample, scheme_.activations, grid);
    if (options_.cache != nullptr) {
      options_.cache->formats[key] = format;
    }
    return format;
  }

  /// Qiu et al.: the power of two with which the quantized network's value, rounded, lies nearest
  /// to the float network's.
  IntegerFormat fixed_point_format(ValueId id) const {
    const Sample real{{&real_[id]}, images_.count};
    const Sample quantized{{&quantized_[id]}, images_.count};
    const Range wanted = min_max(real);
    const Range got = min_max(quantized);
    const Range both{std::min(wanted.low, got.low), std::max(wanted.high, got.high)};
    const Grid grid = grid_of_value(id);
    constexpr std::size_t kMost = 65'536;
    constexpr int kCandidates = 9;
    const std::size_t step = real_[id].size() / kMost + 1;
    const int first = covering_exponent(both, grid);
    IntegerFormat best;
    double least = 0;
    for (int i = 0; i < kCandidates; ++i) {
      const IntegerFormat format = power_of_two_format(both, first - i, grid);
      double error = 0;
      for (std::size_t at = 0; at < real_[id].size(); at += step) {
        error += std::abs(static_cast<double>(real_[id][at]) -
                          static_cast<double>(format.rounded(quantized_[id][at])));
      }
      if (i == 0 || error < least) {
        least = error;
        best = format;
      }
    }
    return best;
  }

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
        result_.layers[i].accumulator_bits =
            accumulator_bits(*result_.layers[i].weights, result_.layers[i].bias,
                             *formats_[groups_[layer.inputs[0]]]);
      }
    }
    clip(wanted, result_.fused.limits[i]);
    clip(got, result_.fused.limits[i]);
    require_finite(got, network.value(layer.output), images_.count);
    real_[layer.output] = std::move(wanted);
    quantized_[layer.output] = std::move(got);
    finish(layer.output, result_.fused.limits[i]);
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
    const auto input_scale = static_cast<double>(formats_[groups_[layer.inputs[0]]]->scale);
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

  /// The value's format if its group has none yet; the quantized network's value is rounded.
  void finish(ValueId id, const FloatClip& limits) {
    std::optional<IntegerFormat>& format = formats_[groups_[id]];
    const Sample sample{{&real_[id]}, images_.count};
    if (!format) {
      format = scheme_.activations.method == Method::DynamicFixedPoint
                   ? fixed_point_format(id)
                   : chosen_format(sample, id, limits);
    }
    round_to(quantized_[id], *format);
    QuantizedValue& value = result_.values[id];
    value.format = *format;
    if (options_.measure) {
      value.fidelity = value_fidelity(real_[id], *format);
      value.network_sqnr_db = sqnr_db(real_[id], quantized_[id]);
    }
  }

  const Scheme& scheme_;
  const BitsByName& bits_;
  const FloatImages& images_;
  const WalkOptions& options_;
  const std::vector<ValueId> groups_, types_;
  std::vector<double> lows_;  // least of each value in the float network
  QuantizedNetwork result_;
  std::vector<std::optional<IntegerFormat>> formats_;  // by group
  std::vector<Activations> real_, quantized_;          // alive values of the two networks
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

std::vector<ValueId> format_groups(const FloatNetwork& network) {
  return groups_of(network, keeps_format);
}

std::vector<ValueId> type_groups(const FloatNetwork& network) {
  return groups_of(network, [](const FloatOp& op) {
    return keeps_format(op) || std::holds_alternative<FloatAdd>(op);
  });
}

QuantizedNetwork quantize_network(const FusedNetwork& fused, const Scheme& scheme,
                                  const BitsByName& bits, const FloatImages& images,
                                  const WalkOptions& options) {
  return Walk{fused, scheme, bits, images, options}.run();
}

}  // namespace systole::quantize
