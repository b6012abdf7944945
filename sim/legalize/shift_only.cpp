#include "sim/legalize/shift_only.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <cstdlib>
#include <functional>
#include <limits>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "sim/legalize/bias_width.hpp"
#include "sim/legalize/folding.hpp"
#include "sim/legalize/requant_rule.hpp"
#include "sim/network/refusal.hpp"

namespace systole {
namespace {

// Bits of sums, the vector unit's and the array's widest: beyond them they would wrap.
constexpr std::uint32_t kSumBits = 32;

// The power of two that replaces a scale. The range may lose one step of the new scale, and no
// more than 1/256 of its width: that costs less than steps of twice the size everywhere.
double covering_scale(double scale, ElementFormat format) {
  const auto codes = static_cast<double>(format.max() - format.min() + 1);
  return std::ldexp(1.0, covering_exponent(scale * (1 - 1 / std::max(256.0, codes))));
}

std::int32_t rescaled(std::int32_t q, std::int32_t zero_point, double growth,
                      ElementFormat format) {
  const double value = zero_point + std::nearbyint((double{1} * q - zero_point) / growth);
  return static_cast<std::int32_t>(
      std::clamp(value, static_cast<double>(format.min()), static_cast<double>(format.max())));
}

// What was done to one layer, in words.
struct Change {
  std::vector<std::string> what;
  std::optional<double> sqnr_db;
};

class ShiftOnlyPass {
 public:
  ShiftOnlyPass(Network network, const AcceleratorConfig& config)
      : network_{std::move(network)}, config_{config}, growth_(network_.tensors.size(), 1.0) {}

  Legalized run() {
    rescale_ = !powers_of_two_already();
    std::vector<LegalizationNote> notes;
    for (Layer& layer : network_.layers) {
      layer_ = &layer;
      change_ = {};
      try {
        std::visit(*this, layer.op);
      } catch (const Refusal& error) {
        throw Refusal{"layer '" + layer.name + "': " + error.what()};
      }
      if (!change_.what.empty()) {
        notes.push_back(
            {layer.name, fmt::format("{}", fmt::join(change_.what, "; ")), change_.sqnr_db});
      }
    }
    return {std::move(network_), std::move(notes)};
  }

  void operator()(Conv2d& op) { weighted(op.requant, op.has_bias); }
  void operator()(FullyConnected& op) { weighted(op.requant, op.has_bias); }
  void operator()(MatMul& op) {
    const Tensor& a = network_.tensor(layer_->inputs[0]);
    const Tensor& b = network_.tensor(layer_->inputs[1]);
    rescale_ofmap(op.requant);
    if (b.data) {
      const auto k = static_cast<std::size_t>(b.shape[0]);
      const auto n = static_cast<std::size_t>(b.shape[1]);
      fold(op.requant, 1, {n, k, n, 1});
    } else if (a.data && op.requant.entries() == 1) {
      fold(op.requant, 0, {1, a.data->size(), 1, 0});
    } else {
      nearest_shifts(op.requant);
    }
  }
  void operator()(MaxPool& op) { pool(op.clamp_min, op.clamp_max); }
  void operator()(AveragePool& op) { pool(op.clamp_min, op.clamp_max); }
  void operator()(Reshape&) { hand_scale_on(); }
  void operator()(Pad&) { hand_scale_on(); }
  void operator()(Transpose&) { hand_scale_on(); }
  void operator()(StridedSlice&) { hand_scale_on(); }
  void operator()(ResizeNearest&) { hand_scale_on(); }
  void operator()(ResizeBilinear&) { hand_scale_on(); }
  void operator()(Add& op);
  /// The host computes these with the constants of the scales that they were given with.
  template <typename HostOp>
  void operator()(HostOp&) {
    for (const TensorId id : layer_->inputs) {
      if (growth_[id] != 1) {
        throw Refusal{fmt::format(
            "{} runs on the host, and the scale of its input '{}' moves: requant.mode shift_only "
            "is not possible",
            op_name(network_, *layer_), network_.tensor(id).name)};
      }
    }
  }

 private:
  bool powers_of_two_already() const;
  void rescale_ofmap(Requantizer& requant);
  void rescale_clamp(std::int32_t& low, std::int32_t& high, std::int32_t zero_point);
  void hand_scale_on();
  void pool(std::int32_t& clamp_min, std::int32_t& clamp_max);
  void weighted(Requantizer& requant, bool has_bias);
  void fold(Requantizer& requant, std::size_t input, ChannelLayout layout,
            std::optional<std::size_t> bias_input = std::nullopt);
  void nearest_shifts(Requantizer& requant);
  void make_shifts(Requantizer& requant, std::vector<std::int32_t> exponents);
  void replace_constant(std::size_t input, Tensor constant);
  FoldLimits limits(const Tensor& weight, const Tensor& ifmap, const Tensor* bias) const;
  double growth_of_products() const;

  Network network_;
  const AcceleratorConfig& config_;
  std::vector<double> growth_;  // of each tensor: new scale over old
  bool rescale_ = true;
  Layer* layer_ = nullptr;  // the one being visited, and what has been done to it
  Change change_;
};

// Whether every multiplier is a power of two, so that no scale has to move.
bool ShiftOnlyPass::powers_of_two_already() const {
  return std::all_of(network_.layers.begin(), network_.layers.end(), [](const Layer& layer) {
    const std::vector<double> reals = real_multipliers(layer);
    return std::all_of(reals.begin(), reals.end(), is_power_of_two);
  });
}

void ShiftOnlyPass::rescale_ofmap(Requantizer& requant) {
  Tensor& ofmap = network_.tensors[layer_->output];
  if (rescale_ && ofmap.scale.size() == 1 && ofmap.scale[0] > 0) {
    const auto old_scale = double{ofmap.scale[0]};
    const double new_scale = covering_scale(old_scale, ofmap.format);
    if (!is_power_of_two(old_scale)) {
      growth_[layer_->output] = new_scale / old_scale;
      ofmap.scale[0] = static_cast<float>(new_scale);
      change_.what.push_back(
          fmt::format("ofmap scale {:.6g} -> 2^{}", old_scale, nearest_exponent(new_scale)));
    }
  }
  rescale_clamp(requant.clamp_min, requant.clamp_max, requant.zero_point);
}

// Clamps keep their real values, to the nearest step of the new scale.
void ShiftOnlyPass::rescale_clamp(std::int32_t& low, std::int32_t& high, std::int32_t zero_point) {
  const double growth = growth_[layer_->output];
  const ElementFormat format = network_.tensor(layer_->output).format;
  if (growth == 1) {
    return;
  }
  const std::int32_t new_low = rescaled(low, zero_point, growth, format);
  const std::int32_t new_high = rescaled(high, zero_point, growth, format);
  if (new_low != low || new_high != high) {
    change_.what.push_back(fmt::format("clamp {}..{} -> {}..{}", low, high, new_low, new_high));
    low = new_low;
    high = new_high;
  }
}

void ShiftOnlyPass::hand_scale_on() {
  const double growth = growth_.at(layer_->inputs[0]);
  growth_[layer_->output] = growth;
  for (float& scale : network_.tensors[layer_->output].scale) {
    scale = static_cast<float>(double{scale} * growth);
  }
}

void ShiftOnlyPass::pool(std::int32_t& clamp_min, std::int32_t& clamp_max) {
  hand_scale_on();
  rescale_clamp(clamp_min, clamp_max, network_.tensor(layer_->inputs[0]).zero_point);
}

// Accumulator units over ofmap units: how much the scales around the layer have moved.
double ShiftOnlyPass::growth_of_products() const {
  double growth = growth_[layer_->inputs[0]] / growth_[layer_->output];
  if (std::holds_alternative<MatMul>(layer_->op)) {
    growth *= growth_[layer_->inputs[1]];
  }
  return growth;
}

void ShiftOnlyPass::weighted(Requantizer& requant, bool has_bias) {
  rescale_ofmap(requant);
  const Tensor& weight = network_.tensor(layer_->inputs[1]);
  if (!weight.data) {
    nearest_shifts(requant);  // shapes only, for timing
    return;
  }
  const auto channels = static_cast<std::size_t>(weight.shape[0]);
  const std::size_t count = weight.data->size() / channels;
  fold(requant, 1, {channels, count, 1, count},
       has_bias ? std::optional<std::size_t>{2} : std::nullopt);
}

FoldLimits ShiftOnlyPass::limits(const Tensor& weight, const Tensor& ifmap,
                                 const Tensor* bias) const {
  FoldLimits limits;
  limits.weight_min = weight.format.min() - weight.zero_point;
  limits.weight_max = weight.format.max() - weight.zero_point;
  limits.weights_are_signs = weight.format.is_binary;
  if (bias != nullptr) {
    limits.bias_min = bias->format.min();
    limits.bias_max = bias->format.max();
    limits.start_max = largest_start(bias_bits(config_));
    limits.start_min = -limits.start_max - 1;
    limits.ifmap_zero_point = clips_bias_alone(config_) ? 0 : ifmap.zero_point;
  }
  limits.activation_max = std::max(std::abs(ifmap.format.min() - ifmap.zero_point),
                                   std::abs(ifmap.format.max() - ifmap.zero_point));
  limits.accumulator_max =
      (std::int64_t{1} << (std::min(config_.array.accumulator_bits, kSumBits) - 1)) - 1;
  return limits;
}

void ShiftOnlyPass::fold(Requantizer& requant, std::size_t input, ChannelLayout layout,
                         std::optional<std::size_t> bias_input) {
  const TensorId ifmap = layer_->inputs[input == 0 ? 1 : 0];
  const Tensor& weight = network_.tensor(layer_->inputs[input]);
  const Tensor* bias = bias_input ? &network_.tensor(layer_->inputs[*bias_input]) : nullptr;
  std::vector<double> multipliers = real_multipliers(*layer_);
  for (double& multiplier : multipliers) {
    multiplier *= growth_of_products();
  }
  FoldedConstants folded =
      fold_constants({weight, bias, layout, std::move(multipliers), growth_[ifmap]},
                     limits(weight, network_.tensor(ifmap), bias));
  const bool moved = folded.clipped_biases > 0 || folded.weight.data != weight.data ||
                     (bias != nullptr && folded.bias->data != bias->data);
  if (moved) {
    const auto [least, most] = std::minmax_element(folded.exponent.begin(), folded.exponent.end());
    change_.what.push_back(fmt::format("weights times {:.4f} to {:.4f}{}, then 2^{} to 2^{}",
                                       folded.least_factor, folded.most_factor,
                                       bias == nullptr ? "" : ", bias to match", *least, *most));
    if (folded.clipped_biases > 0) {
      const auto bits = std::min<std::uint32_t>(bias->format.bits, bias_bits(config_));
      change_.what.push_back(fmt::format("{} of {} biases clipped to {} bits, by {:.0f} at most",
                                         folded.clipped_biases, layout.channels, bits,
                                         folded.furthest_clipped));
    }
    change_.sqnr_db = sqnr_db(folded.signal, folded.noise);
    replace_constant(input, std::move(folded.weight));
    if (bias_input) {
      replace_constant(*bias_input, std::move(*folded.bias));
    }
  }
  make_shifts(requant, std::move(folded.exponent));
}

void ShiftOnlyPass::nearest_shifts(Requantizer& requant) {
  constexpr std::int32_t kLeast = -31;
  // Of shapes only: their values would become 0 with the multiplier, and any shift will do.
  const std::vector<bool> run_time = run_time_tensors(network_);
  const auto lacks_values = [&](std::size_t operand) {
    const TensorId id = layer_->inputs.at(operand);
    return !run_time[id] && !network_.tensor(id).data;
  };
  const bool folds_with_data = lacks_values(0) || lacks_values(1);
  std::vector<std::int32_t> exponents;
  double worst = 1;
  for (const double real : real_multipliers(*layer_)) {
    const double wanted = real * growth_of_products();
    if (wanted == 0 && folds_with_data) {
      exponents.push_back(kLeast);
      continue;
    }
    if (wanted == 0) {
      throw Refusal{"a multiplier of 0 has no power of two near it"};
    }
    const std::int32_t exponent = std::clamp(nearest_exponent(wanted), kLeast, 30);
    exponents.push_back(exponent);
    const double ratio = std::ldexp(1.0, exponent) / wanted;
    worst = std::fabs(std::log2(ratio)) > std::fabs(std::log2(worst)) ? ratio : worst;
  }
  if (!is_power_of_two(worst) || nearest_exponent(worst) != 0) {
    change_.what.push_back(fmt::format(
        "multiplier to the nearest power of two, at worst {:.4f} times what it was", worst));
  }
  make_shifts(requant, std::move(exponents));
}

// One exponent stays one exponent unless the channels now differ.
void ShiftOnlyPass::make_shifts(Requantizer& requant, std::vector<std::int32_t> exponents) {
  const bool equal = std::adjacent_find(exponents.begin(), exponents.end(),
                                        std::not_equal_to<>{}) == exponents.end();
  if (equal && requant.entries() == 1) {
    exponents.resize(1);
  }
  if (const std::string rounding = take_rounding(network_, *layer_, config_.requant);
      !rounding.empty()) {
    change_.what.push_back(rounding);
  }
  requant.mode = RequantMode::ShiftOnly;
  requant.multiplier.clear();
  requant.scale.clear();
  requant.exponent = std::move(exponents);
}

// A constant that other layers use as well stays, and this layer gets one of its own.
void ShiftOnlyPass::replace_constant(std::size_t input, Tensor constant) {
  TensorId& id = layer_->inputs[input];
  std::ptrdiff_t uses = 0;
  for (const Layer& layer : network_.layers) {
    uses += std::count(layer.inputs.begin(), layer.inputs.end(), id);
  }
  if (uses > 1) {
    id = network_.tensors.size();
    network_.tensors.push_back(std::move(constant));
    growth_.push_back(1.0);
  } else {
    network_.tensors[id] = std::move(constant);
  }
}

void ShiftOnlyPass::operator()(Add& op) {
  const std::vector<double> reals = real_multipliers(*layer_);
  rescale_ofmap(op.output);
  std::array<std::int32_t, 2> wanted{};
  double signal = 0, noise = 0;
  for (std::size_t i = 0; i < wanted.size() && reals.size() == wanted.size(); ++i) {
    const double real = reals[i] * growth_[layer_->inputs[i]] / growth_[layer_->output];
    if (real == 0) {
      throw Refusal{"a multiplier of 0 has no power of two near it"};
    }
    wanted[i] = nearest_exponent(real);
    const double ratio = std::ldexp(1.0, wanted[i]) / real;
    if (!is_power_of_two(real)) {
      change_.what.push_back(fmt::format(
          "operand {} to the nearest power of two, {:.4f} times what it was", i, ratio));
      noise += (ratio - 1) * (ratio - 1);
    }
    signal += 1;
  }
  const std::int32_t output = std::min({0, wanted[0], wanted[1]});
  for (std::size_t i = 0; i < wanted.size(); ++i) {
    const std::int32_t shift = wanted[i] - output;
    // The operand less its zero point takes one bit more, and the sum another.
    const std::int32_t bits = network_.tensor(layer_->inputs[i]).format.bits + 2 + shift;
    if (bits > static_cast<std::int32_t>(kSumBits) || output < -31) {
      throw Refusal{
          fmt::format("operands need multipliers 2^{} and 2^{}, too far for shifts in a {}-bit sum",
                      wanted[0], wanted[1], kSumBits)};
    }
    op.input[i] = {0, shift};
  }
  op.left_shift = 0;
  change_.sqnr_db = sqnr_db(signal, noise);
  make_shifts(op.output, {output});
}

}  // namespace

Legalized make_shift_only(Network network, const AcceleratorConfig& config) {
  return ShiftOnlyPass{std::move(network), config}.run();
}

}  // namespace systole
