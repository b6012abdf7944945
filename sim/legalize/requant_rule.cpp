#include "sim/legalize/requant_rule.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "sim/config/accelerator_keywords.hpp"
#include "sim/network/refusal.hpp"
#include "sim/network/splitmix64.hpp"

namespace systole {
namespace {

double real_of(const Requantizer& requant, std::size_t index) {
  if (requant.mode == RequantMode::FloatScale) {
    return static_cast<double>(requant.scale[index]);
  }
  const std::int32_t exponent = requant.exponent[index];
  return requant.mode == RequantMode::ShiftOnly
             ? std::ldexp(1.0, exponent)
             : real_multiplier({requant.multiplier.at(index), exponent});
}

std::vector<double> sum_multipliers(const Add& op) {
  if (op.output.entries() == 0) {
    return {};
  }
  std::vector<double> reals;
  if (op.output.mode == RequantMode::FloatScale) {
    for (const float input : op.input_scale) {
      reals.push_back(static_cast<double>(input) * real_of(op.output, 0));
    }
    return reals;
  }
  for (const QuantizedMultiplier& input : op.input) {
    const double operand = op.output.mode == RequantMode::ShiftOnly
                               ? std::ldexp(1.0, input.exponent)
                               : std::ldexp(real_multiplier(input), op.left_shift);
    reals.push_back(operand * real_of(op.output, 0));
  }
  return reals;
}

// Two roundings, whose kind TensorFlow Lite fixes; those of binary32; or one of the named kind.
std::string rounding_words(RequantMode mode, RequantVariant variant, Rounding rounding) {
  if (mode == RequantMode::FloatScale) {
    return "as binary32 (float_scale)";
  }
  return mode == RequantMode::MultiplierShift && variant == RequantVariant::Tflite
             ? std::string{"twice (tflite)"}
             : "once (" + OneOf{keywords::kRounding}.name_of(rounding) + ")";
}

template <typename AnyLayer>
auto* find_requantizer(AnyLayer& layer) {
  if (auto* conv = std::get_if<Conv2d>(&layer.op)) {
    return &conv->requant;
  }
  if (auto* connected = std::get_if<FullyConnected>(&layer.op)) {
    return &connected->requant;
  }
  if (auto* product = std::get_if<MatMul>(&layer.op)) {
    return &product->requant;
  }
  auto* sum = std::get_if<Add>(&layer.op);
  return sum == nullptr ? nullptr : &sum->output;
}

}  // namespace

QuantizedMultiplier quantize_small_multiplier(double real) {
  constexpr std::int32_t kLeast = -31;
  const QuantizedMultiplier q = quantize_multiplier(real);
  if (q.multiplier != 0) {
    return q;
  }
  const auto small = static_cast<std::int32_t>(std::lround(std::ldexp(real, 31 - kLeast)));
  return small == 0 ? q : QuantizedMultiplier{small, kLeast};
}

Requantizer* requantizer(Layer& layer) { return find_requantizer(layer); }

const Requantizer* requantizer(const Layer& layer) { return find_requantizer(layer); }

std::vector<double> real_multipliers(const Layer& layer) {
  if (const auto* sum = std::get_if<Add>(&layer.op)) {
    return sum_multipliers(*sum);
  }
  std::vector<double> reals;
  if (const Requantizer* requant = requantizer(layer)) {
    for (std::size_t i = 0; i < requant->entries(); ++i) {
      reals.push_back(real_of(*requant, i));
    }
  }
  return reals;
}

std::string take_rounding(Network& network, Layer& layer, const RequantConfig& hardware) {
  Requantizer& requant = *requantizer(layer);
  // The vector unit has no LFSR.
  const bool adds = std::holds_alternative<Add>(layer.op);
  const Rounding rounding =
      adds && hardware.rounding == Rounding::Stochastic ? Rounding::NearestEven : hardware.rounding;
  const std::string before = rounding_words(requant.mode, requant.variant, requant.rounding);
  const std::string after = rounding_words(hardware.mode, hardware.variant, rounding);
  requant.variant = hardware.variant;
  requant.rounding = rounding;
  if (rounding == Rounding::Stochastic) {
    const auto index = static_cast<std::uint64_t>(&layer - network.layers.data());
    const std::uint64_t start = splitmix64(hardware.seed + (index << 32));
    requant.lfsr = start == 0 ? 1 : start;
  }
  return before == after ? std::string{} : "rounds " + after + ", not " + before;
}

std::string narrow_multipliers(Layer& layer, std::uint32_t bits) {
  Requantizer& requant = *requantizer(layer);
  double worst = 0;
  const auto narrow = [&](std::int32_t& multiplier, std::int32_t& exponent) {
    const QuantizedMultiplier wide{multiplier, exponent};
    const QuantizedMultiplier q = narrowed(wide, bits);
    if (q.exponent > 30) {
      throw Refusal{fmt::format(
          "a multiplier just below 2^30 rounds up to it in {} bits, and at most 2^30 - 1 can be "
          "held, expected requant.multiplier_bits: 32 or a larger scale of the output",
          bits)};
    }
    if (multiplier != 0) {
      worst = std::max(worst, std::fabs(real_multiplier(q) / real_multiplier(wide) - 1));
    }
    multiplier = q.multiplier;
    exponent = q.exponent;
  };
  if (requant.mode != RequantMode::MultiplierShift) {
    return {};
  }
  for (std::size_t i = 0; i < requant.multiplier.size(); ++i) {
    narrow(requant.multiplier[i], requant.exponent[i]);
  }
  if (auto* sum = std::get_if<Add>(&layer.op)) {
    for (QuantizedMultiplier& input : sum->input) {
      narrow(input.multiplier, input.exponent);
    }
  }
  return worst == 0 ? std::string{}
                    : fmt::format("multipliers to {} bits, at worst {:.2g} of their value off",
                                  bits, worst);
}

}  // namespace systole
