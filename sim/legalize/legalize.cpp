#include "sim/legalize/legalize.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <set>
#include <string>
#include <utility>

#include "sim/legalize/bias_width.hpp"
#include "sim/legalize/folding.hpp"
#include "sim/legalize/requant_rule.hpp"
#include "sim/legalize/shift_only.hpp"
#include "sim/legalize/weight_zero_points.hpp"
#include "sim/network/refusal.hpp"
#include "sim/network/tflite_multipliers.hpp"

namespace systole {
namespace {

/// `wide` accumulators, of over 32 bits, have results by reals that are 0 to narrower ones.
Requantizer with_multipliers(Requantizer requant, const std::vector<double>& reals, bool wide) {
  requant.mode = RequantMode::MultiplierShift;
  requant.scale.clear();
  requant.multiplier.clear();
  requant.exponent.clear();
  for (const double real : reals) {
    const QuantizedMultiplier q =
        wide ? quantize_small_multiplier(real) : quantize_multiplier(real);
    if (q.exponent > 30) {
      throw Refusal{"a multiplier of 2^30 and more has no multiplier_shift equivalent"};
    }
    requant.multiplier.push_back(q.multiplier);
    requant.exponent.push_back(q.exponent);
  }
  return requant;
}

Requantizer with_scales(Requantizer requant, const std::vector<double>& reals) {
  requant.mode = RequantMode::FloatScale;
  requant.multiplier.clear();
  requant.exponent.clear();
  requant.scale.clear();
  for (const double real : reals) {
    requant.scale.push_back(static_cast<float>(real));
  }
  return requant;
}

// Operands go below one half by the larger shift, as TensorFlow Lite places them.
void take_multipliers(Add& op, const std::vector<double>& reals, std::uint32_t widest_bits) {
  if (reals.size() != op.input.size()) {
    op.output.mode = RequantMode::MultiplierShift;
    return;
  }
  const double twice_largest = 2 * std::max(reals[0], reals[1]);
  op.left_shift = tflite_multipliers::sum_left_shift(widest_bits);
  for (std::size_t i = 0; i < op.input.size(); ++i) {
    op.input[i] = quantize_multiplier(reals[i] / twice_largest);
  }
  op.output = with_multipliers(op.output, {std::ldexp(twice_largest, -op.left_shift)}, false);
}

void take_scales(Add& op, const std::vector<double>& reals) {
  if (reals.size() != op.input_scale.size()) {
    op.output.mode = RequantMode::FloatScale;
    return;
  }
  op.input_scale = {static_cast<float>(reals[0]), static_cast<float>(reals[1])};
  op.output = with_scales(op.output, {1.0});
}

/// Any constants in multipliers (multiplier_shift) or scales (float_scale), as the hardware has.
void take_constants(const Network& network, Layer& layer, Requantizer& requant,
                    const AcceleratorConfig& config) {
  const std::vector<double> reals = real_multipliers(layer);
  const bool floats = config.requant.mode == RequantMode::FloatScale;
  if (auto* sum = std::get_if<Add>(&layer.op)) {
    const auto bits = [&](std::size_t i) { return network.tensor(layer.inputs.at(i)).format.bits; };
    floats ? take_scales(*sum, reals) : take_multipliers(*sum, reals, std::max(bits(0), bits(1)));
  } else {
    const bool wide = config.array.accumulator_bits > 32;
    requant = floats ? with_scales(requant, reals) : with_multipliers(requant, reals, wide);
  }
}

/// Of multipliers that became others.
struct Loss {
  Loss(const std::vector<double>& before, const std::vector<double>& after) {
    for (std::size_t i = 0; i < before.size(); ++i) {
      const double off = after.at(i) - before[i];
      signal += before[i] * before[i];
      noise += off * off;
      worst = before[i] == 0 ? worst : std::max(worst, std::fabs(off / before[i]));
    }
  }
  double signal = 0, noise = 0, worst = 0;
};

/// Constants in the other of both forms; says what that lost, beyond the last bit of a binary32.
std::string change_form(const Network& network, Layer& layer, Requantizer& requant,
                        const AcceleratorConfig& config) {
  const std::vector<double> before = real_multipliers(layer);
  take_constants(network, layer, requant, config);
  const double worst = Loss{before, real_multipliers(layer)}.worst;
  return worst <= std::ldexp(1.0, -24)
             ? std::string{}
             : fmt::format(
                   "scales beyond the range of multipliers, at worst {:.2g} of their value off",
                   worst);
}

Legalized make_any_scale(Network network, const AcceleratorConfig& config) {
  const RequantConfig& hardware = config.requant;
  Legalized result{std::move(network), {}};
  for (Layer& layer : result.network.layers) {
    Requantizer* requant = requantizer(layer);
    if (requant == nullptr) {
      continue;
    }
    const std::vector<double> given = real_multipliers(layer);
    std::vector<std::string> what{take_rounding(result.network, layer, hardware)};
    try {
      if (requant->mode != hardware.mode) {
        what.push_back(change_form(result.network, layer, *requant, config));
      }
      what.push_back(narrow_multipliers(layer, hardware.multiplier_bits));
    } catch (const Refusal& error) {
      throw Refusal{"layer '" + layer.name + "': " + error.what()};
    }
    what.erase(std::remove(what.begin(), what.end(), std::string{}), what.end());
    if (!what.empty()) {
      const Loss loss{given, real_multipliers(layer)};
      result.notes.push_back(
          {layer.name, fmt::format("{}", fmt::join(what, "; ")), sqnr_db(loss.signal, loss.noise)});
    }
  }
  return result;
}

/// Every operand as wide as the array's floating-point format; biases keep their width. Nothing is
/// computed with it, so signs and zero points do not matter but to the compiler's checks.
void take_format(Network& network, const ArrayConfig& array) {
  std::set<TensorId> biases;
  for (const Layer& layer : network.layers) {
    if (layer.inputs.size() > 2 && !std::holds_alternative<Concat>(layer.op)) {
      biases.insert(layer.inputs[2]);
    }
  }
  const auto bits = static_cast<std::uint8_t>(format_bits(array.number_format, 0));
  for (TensorId id = 0; id < network.tensors.size(); ++id) {
    if (biases.count(id) == 0) {
      network.tensors[id].format = {bits, true, false};
      network.tensors[id].zero_point = 0;
    }
  }
}

}  // namespace

Legalized legalize(Network network, const AcceleratorConfig& config) {
  std::vector<LegalizationNote> notes;
  take_weight_zero_points(network, config.array, notes);
  Legalized result = config.requant.mode == RequantMode::ShiftOnly
                         ? make_shift_only(std::move(network), config)
                         : make_any_scale(std::move(network), config);
  result.notes.insert(result.notes.begin(), notes.begin(), notes.end());
  if (config.array.number_format != NumberFormat::Int) {
    take_format(result.network, config.array);
  }
  clip_biases(result.network, config, result.notes);
  for (Layer& layer : result.network.layers) {
    Requantizer* requant = requantizer(layer);
    if (requant != nullptr && !std::holds_alternative<Add>(layer.op)) {  // summed by the array
      requant->accumulator.bits = config.array.accumulator_bits;
      requant->accumulator.overflow = config.array.overflow;
    }
  }
  return result;
}

}  // namespace systole
