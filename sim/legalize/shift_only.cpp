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
#include "sim/legalize/fold_limits.hpp"
#include "sim/legalize/folding.hpp"
#include "sim/legalize/host_constants.hpp"
#include "sim/legalize/moved_scales.hpp"
#include "sim/legalize/requant_rule.hpp"
#include "sim/network/refusal.hpp"

namespace systole {
namespace {

// Scales are float32, and where they have moved they leave multipliers near powers of two that
// stand for these. A multiplier whose scales stay is what was asked for.
bool tells(double ratio, bool scales_moved) {
  return scales_moved ? !is_power_of_two(ratio) || nearest_exponent(ratio) != 0 : ratio != 1;
}

std::string nearest_powers(double worst) {
  return fmt::format("multiplier to the nearest power of two, at worst {:.9g} times what it was",
                     worst);
}

// What was done to one layer, in words.
struct Change {
  std::vector<std::string> what;
  std::optional<double> sqnr_db;
};

class ShiftOnlyPass {
 public:
  ShiftOnlyPass(Network network, const AcceleratorConfig& config)
      : network_{std::move(network)},
        config_{config},
        growth_{powers_of_two_already() ? std::vector<double>(network_.tensors.size(), 1.0)
                                        : scale_growth(network_)} {}

  Legalized run() {
    for (TensorId id = 0; id < network_.tensors.size(); ++id) {
      for (float& scale : network_.tensors[id].scale) {
        scale = static_cast<float>(double{scale} * growth_[id]);
      }
    }
    std::vector<LegalizationNote> notes;
    for (Layer& layer : network_.layers) {
      layer_ = &layer;
      change_ = {};
      try {
        tell_ofmap_scale();
        if (shares_scale(layer.op)) {
          rescale_constants();
        }
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
    rescale_ofmap_clamp(op.requant.clamp_min, op.requant.clamp_max, op.requant.zero_point);
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
  void operator()(Pad& op) {
    const Tensor& ofmap = network_.tensor(layer_->output);
    const std::int32_t old = op.value;
    op.value = rescaled(old, ofmap.zero_point, growth_[layer_->output], ofmap.format);
    tell(op.value == old ? std::string{} : fmt::format("value {} -> {}", old, op.value));
  }
  void operator()(Add& op);
  template <typename HostOp>
  void operator()(HostOp&) {
    follow_scales(network_, *layer_, growth_, change_.what);
  }

 private:
  bool powers_of_two_already() const;
  void tell(const std::string& what);
  void tell_ofmap_scale();
  void rescale_ofmap_clamp(std::int32_t& low, std::int32_t& high, std::int32_t zero_point);
  void rescale_constants();
  void pool(std::int32_t& clamp_min, std::int32_t& clamp_max) {
    rescale_ofmap_clamp(clamp_min, clamp_max, network_.tensor(layer_->inputs[0]).zero_point);
  }
  void weighted(Requantizer& requant, bool has_bias);
  void fold(Requantizer& requant, std::size_t input, ChannelLayout layout,
            std::optional<std::size_t> bias_input = std::nullopt);
  void nearest_shifts(Requantizer& requant);
  void make_shifts(Requantizer& requant, std::vector<std::int32_t> exponents);
  void replace_constant(std::size_t input, Tensor constant);
  std::string clipped_biases(const FoldedConstants& folded, std::size_t channels) const;
  double growth_of_products() const;

  Network network_;
  const AcceleratorConfig& config_;
  std::vector<double> growth_;  // of each tensor: new scale over old
  Layer* layer_ = nullptr;      // the one being visited, and what has been done to it
  Change change_;
};

// Whether every multiplier is a power of two, so that no scale has to move.
bool ShiftOnlyPass::powers_of_two_already() const {
  return std::all_of(network_.layers.begin(), network_.layers.end(), [](const Layer& layer) {
    const std::vector<double> reals = real_multipliers(layer);
    return std::all_of(reals.begin(), reals.end(), is_power_of_two);
  });
}

void ShiftOnlyPass::tell(const std::string& what) {
  if (!what.empty()) {
    change_.what.push_back(what);
  }
}

void ShiftOnlyPass::tell_ofmap_scale() {
  const double growth = growth_[layer_->output];
  const std::vector<float>& scale = network_.tensor(layer_->output).scale;
  if (growth == 1 || scale.size() != 1) {
    return;
  }
  const auto now = double{scale[0]};
  tell(fmt::format("ofmap scale {:.6g} -> {}", now / growth,
                   is_power_of_two(now) ? fmt::format("2^{}", nearest_exponent(now))
                                        : fmt::format("{:.6g}", now)));
}

void ShiftOnlyPass::rescale_ofmap_clamp(std::int32_t& low, std::int32_t& high,
                                        std::int32_t zero_point) {
  const ElementFormat format = network_.tensor(layer_->output).format;
  tell(rescale_clamp(low, high, zero_point, growth_[layer_->output], format));
}

// Constants that stand beside tensors whose scale they share take the one that these now have.
void ShiftOnlyPass::rescale_constants() {
  const double growth = growth_[layer_->output];
  double signal = 0, noise = 0;  // of all of them
  for (std::size_t i = 0; i < layer_->inputs.size() && growth != 1; ++i) {
    Tensor constant = network_.tensor(layer_->inputs[i]);
    if (!constant.data) {
      continue;
    }
    bool changed = false;
    for (std::int32_t& q : *constant.data) {
      const std::int32_t old = q;
      const double wanted = double{1} * q - constant.zero_point;
      q = rescaled(q, constant.zero_point, growth, constant.format);
      const double off = wanted - growth * (double{1} * q - constant.zero_point);
      signal += wanted * wanted;
      noise += off * off;
      changed = changed || q != old || off != 0;
    }
    for (float& scale : constant.scale) {
      scale = static_cast<float>(double{scale} * growth);
    }
    if (changed) {
      tell(fmt::format("'{}' times {:.6g}, to the scale of the ofmap", constant.name, 1 / growth));
      change_.sqnr_db = sqnr_db(signal, noise);
    }
    replace_constant(i, std::move(constant));
  }
}

// Accumulator units over ofmap units: how much the scales around the layer have moved.
double ShiftOnlyPass::growth_of_products() const {
  return growth_[layer_->inputs[0]] * growth_[layer_->inputs[1]] / growth_[layer_->output];
}

void ShiftOnlyPass::weighted(Requantizer& requant, bool has_bias) {
  rescale_ofmap_clamp(requant.clamp_min, requant.clamp_max, requant.zero_point);
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
                     limits_of_weights(network_, *layer_, input, config_));
  const bool bias_moved = bias != nullptr && folded.bias->data != bias->data;
  const auto [least, most] = std::minmax_element(folded.exponent.begin(), folded.exponent.end());
  const std::string rest =
      fmt::format("{}, then 2^{} to 2^{}", bias == nullptr ? "" : ", bias to match", *least, *most);
  if (folded.weight.data != weight.data) {
    change_.what.push_back(fmt::format("weights times {:.4f} to {:.4f}{}", folded.least_factor,
                                       folded.most_factor, rest));
  } else if (!folded.exact && tells(folded.worst_ratio, growth_of_products() != 1)) {
    change_.what.push_back(nearest_powers(folded.worst_ratio) + rest);
  } else if (bias_moved) {
    change_.what.push_back("bias to match" + rest.substr(rest.find(", then")));
  }
  if (folded.clipped_biases > 0) {
    change_.what.push_back(clipped_biases(folded, layout.channels));
  }
  change_.sqnr_db = sqnr_db(folded.signal, folded.noise);
  if (folded.weight.data != weight.data) {
    replace_constant(input, std::move(folded.weight));
  }
  if (bias_moved) {
    replace_constant(*bias_input, std::move(*folded.bias));
  }
  make_shifts(requant, std::move(folded.exponent));
}

std::string ShiftOnlyPass::clipped_biases(const FoldedConstants& folded,
                                          std::size_t channels) const {
  const std::optional<double> sqnr = sqnr_db(folded.bias_signal, folded.clipped_noise);
  return fmt::format("{} of {} biases clipped to {} bits, by {:.0f} at most{}",
                     folded.clipped_biases, channels, bias_bits(config_), folded.furthest_clipped,
                     sqnr ? fmt::format(", their SQNR {:.1f} dB", *sqnr) : "");
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
  double worst = 1, signal = 0, noise = 0;
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
    worst = further_from_1(ratio, worst);
    signal += wanted * wanted;
    noise += wanted * wanted * (ratio - 1) * (ratio - 1);
  }
  if (tells(worst, growth_of_products() != 1)) {
    change_.what.push_back(nearest_powers(worst));
    change_.sqnr_db = sqnr_db(signal, noise);
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
  rescale_ofmap_clamp(op.output.clamp_min, op.output.clamp_max, op.output.zero_point);
  std::array<double, 2> real{};
  std::array<std::int32_t, 2> wanted{};
  for (std::size_t i = 0; i < reals.size(); ++i) {
    real[i] = reals[i] * growth_[layer_->inputs[i]] / growth_[layer_->output];
    if (real[i] == 0) {
      throw Refusal{"a multiplier of 0 has no power of two near it"};
    }
    wanted[i] = nearest_exponent(real[i]);
  }
  double signal = 0, noise = 0;
  for (std::size_t i = 0; i < reals.size(); ++i) {
    const std::optional<TensorData>& data = network_.tensor(layer_->inputs[i]).data;
    signal += real[i] * real[i];
    if (data) {
      const Tensor& constant = network_.tensor(layer_->inputs[i]);
      FoldedConstants folded =
          fold_constants({constant, nullptr, {1, data->size(), 1, 0}, {real[i]}},
                         limits_of_operand(network_, *layer_, i, wanted[1 - i]));
      wanted[i] = folded.exponent[0];
      if (folded.signal > 0) {
        noise += real[i] * real[i] * folded.noise / folded.signal;
      }
      if (folded.weight.data != data) {
        tell(fmt::format("operand {} times {:.4f}, then 2^{}", i, folded.most_factor, wanted[i]));
        replace_constant(i, std::move(folded.weight));
        continue;
      }
    }
    const double ratio = std::ldexp(1.0, wanted[i]) / real[i];
    if (tells(ratio, growth_[layer_->inputs[i]] != growth_[layer_->output])) {
      tell(fmt::format("operand {} to the nearest power of two, {:.9g} times what it was", i,
                       ratio));
      noise += data ? 0 : real[i] * real[i] * (ratio - 1) * (ratio - 1);
    }
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
