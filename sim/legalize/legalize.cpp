#include "sim/legalize/legalize.hpp"

#include <algorithm>
#include <cmath>
#include <stdexcept>
#include <string>

#include "sim/legalize/requant_rule.hpp"
#include "sim/legalize/shift_only.hpp"

namespace systole {
namespace {

// Headroom of TensorFlow Lite's 8-bit sums, in bits.
constexpr std::int32_t kSumLeftShift = 20;

// 2^e is 2^30 / 2^31 * 2^(e + 1).
std::int32_t one_more(std::int32_t exponent) {
  if (exponent >= 30) {
    throw std::invalid_argument{"a left shift by 30 has no multiplier_shift equivalent"};
  }
  return exponent + 1;
}

void shifts_to_multipliers(Requantizer& requant) {
  requant.mode = RequantMode::MultiplierShift;
  requant.multiplier.assign(requant.exponent.size(), 1 << 30);
  std::transform(requant.exponent.begin(), requant.exponent.end(), requant.exponent.begin(),
                 one_more);
}

// Operands go below one half by the larger shift, as TensorFlow Lite places them.
void shifts_to_multipliers(Add& op) {
  const std::vector<double> reals = real_multipliers(Layer{{}, op, {}, 0, {}});
  if (reals.size() != op.input.size()) {
    op.output.mode = RequantMode::MultiplierShift;
    return;
  }
  const double twice_largest = 2 * std::max(reals[0], reals[1]);
  op.left_shift = kSumLeftShift;
  for (std::size_t i = 0; i < op.input.size(); ++i) {
    op.input[i] = quantize_multiplier(reals[i] / twice_largest);
  }
  const QuantizedMultiplier output = quantize_multiplier(std::ldexp(twice_largest, -op.left_shift));
  op.output.mode = RequantMode::MultiplierShift;
  op.output.multiplier = {output.multiplier};
  op.output.exponent = {output.exponent};
}

Legalized make_multiplier_shift(const Network& network, const RequantConfig& hardware) {
  Legalized result{network, {}};
  for (Layer& layer : result.network.layers) {
    Requantizer* requant = requantizer(layer);
    if (requant == nullptr) {
      continue;
    }
    const std::string rounding = take_rounding(*requant, hardware);
    if (requant->mode == RequantMode::ShiftOnly) {
      try {
        if (auto* sum = std::get_if<Add>(&layer.op)) {
          shifts_to_multipliers(*sum);
        } else {
          shifts_to_multipliers(*requant);
        }
      } catch (const std::invalid_argument& error) {
        throw std::invalid_argument{"layer '" + layer.name + "': " + error.what()};
      }
    }
    if (!rounding.empty()) {
      result.notes.push_back({layer.name, rounding, std::nullopt});
    }
  }
  return result;
}

}  // namespace

Legalized legalize(const Network& network, const AcceleratorConfig& config) {
  return config.requant.mode == RequantMode::ShiftOnly
             ? make_shift_only(network, config)
             : make_multiplier_shift(network, config.requant);
}

}  // namespace systole
