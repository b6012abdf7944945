#include "sim/workload/scales.hpp"

#include <algorithm>
#include <cmath>

namespace systole {
namespace {

/// Nothing for 2^30 and more: exponents go up to 30.
std::optional<QuantizedMultiplier> checked_multiplier(double real) {
  constexpr double kLimit = 1 << 30;
  if (!(real < kLimit)) {
    return std::nullopt;
  }
  const QuantizedMultiplier multiplier = quantize_multiplier(real);
  return multiplier.exponent > 30 ? std::nullopt : std::optional{multiplier};  // rounded up to it
}

}  // namespace

std::optional<std::vector<QuantizedMultiplier>> convolution_multipliers(
    float ifmap_scale, const std::vector<float>& weight_scale, float ofmap_scale) {
  std::vector<QuantizedMultiplier> multipliers;
  for (const float scale : weight_scale) {
    const auto multiplier =
        checked_multiplier(static_cast<double>(ifmap_scale) * static_cast<double>(scale) /
                           static_cast<double>(ofmap_scale));
    if (!multiplier) {
      return std::nullopt;
    }
    multipliers.push_back(*multiplier);
  }
  return multipliers;
}

std::optional<std::vector<QuantizedMultiplier>> product_multipliers(
    float ifmap_scale, const std::vector<float>& weight_scale, float ofmap_scale) {
  if (weight_scale.size() > 1) {
    return convolution_multipliers(ifmap_scale, weight_scale, ofmap_scale);
  }
  const float product = ifmap_scale * weight_scale.at(0);
  const auto multiplier =
      checked_multiplier(static_cast<double>(product) / static_cast<double>(ofmap_scale));
  return multiplier ? std::optional{std::vector{*multiplier}} : std::nullopt;
}

bool set_add_multipliers(Add& add, float scale_a, float scale_b, float ofmap_scale,
                         std::uint32_t widest_bits) {
  // Operands lie within 2^bits of their zero points; 2^30 leaves room for both signs.
  add.left_shift = std::min(20, 30 - static_cast<std::int32_t>(widest_bits));
  const double twice_max = 2 * static_cast<double>(std::max(scale_a, scale_b));
  const auto output = checked_multiplier(
      twice_max / (std::ldexp(1.0, add.left_shift) * static_cast<double>(ofmap_scale)));
  if (!output) {
    return false;
  }
  add.input = {quantize_multiplier(static_cast<double>(scale_a) / twice_max),
               quantize_multiplier(static_cast<double>(scale_b) / twice_max)};
  add.output.multiplier = {output->multiplier};
  add.output.exponent = {output->exponent};
  return true;
}

std::int32_t quantize_value(float real, float scale, std::int32_t zero_point,
                            ElementFormat format) {
  const double steps = std::round(static_cast<double>(real / scale)) + zero_point;
  return static_cast<std::int32_t>(
      std::clamp(steps, static_cast<double>(format.min()), static_cast<double>(format.max())));
}

}  // namespace systole
