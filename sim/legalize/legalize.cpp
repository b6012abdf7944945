#include "sim/legalize/legalize.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <set>
#include <string>
#include <utility>

#include "sim/legalize/bias_width.hpp"
#include "sim/legalize/requant_rule.hpp"
#include "sim/legalize/shift_only.hpp"
#include "sim/legalize/weight_zero_points.hpp"
#include "sim/network/refusal.hpp"
#include "sim/network/tflite_multipliers.hpp"

namespace systole {
namespace {

Requantizer with_multipliers(Requantizer requant, const std::vector<double>& reals) {
  requant.mode = RequantMode::MultiplierShift;
  requant.scale.clear();
  requant.multiplier.clear();
  requant.exponent.clear();
  for (const double real : reals) {
    const QuantizedMultiplier q = quantize_multiplier(real);
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
  op.output = with_multipliers(op.output, {std::ldexp(twice_largest, -op.left_shift)});
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
void take_constants(const Network& network, Layer& layer, Requantizer& requant, RequantMode mode) {
  const std::vector<double> reals = real_multipliers(layer);
  const bool floats = mode == RequantMode::FloatScale;
  if (auto* sum = std::get_if<Add>(&layer.op)) {
    const auto bits = [&](std::size_t i) { return network.tensor(layer.inputs.at(i)).format.bits; };
    floats ? take_scales(*sum, reals) : take_multipliers(*sum, reals, std::max(bits(0), bits(1)));
  } else {
    requant = floats ? with_scales(requant, reals) : with_multipliers(requant, reals);
  }
}

Legalized make_any_scale(Network network, const RequantConfig& hardware) {
  Legalized result{std::move(network), {}};
  for (Layer& layer : result.network.layers) {
    Requantizer* requant = requantizer(layer);
    if (requant == nullptr) {
      continue;
    }
    std::vector<std::string> what{take_rounding(result.network, layer, hardware)};
    try {
      if (requant->mode != hardware.mode) {
        take_constants(result.network, layer, *requant, hardware.mode);
      }
      what.push_back(narrow_multipliers(layer, hardware.multiplier_bits));
    } catch (const Refusal& error) {
      throw Refusal{"layer '" + layer.name + "': " + error.what()};
    }
    what.erase(std::remove(what.begin(), what.end(), std::string{}), what.end());
    if (!what.empty()) {
      result.notes.push_back({layer.name, fmt::format("{}", fmt::join(what, "; ")), std::nullopt});
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
                         : make_any_scale(std::move(network), config.requant);
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
