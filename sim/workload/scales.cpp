#include "sim/workload/scales.hpp"

#include <algorithm>
#include <cmath>

namespace systole {

std::optional<QuantizedMultiplier> checked_multiplier(double real) {
  constexpr double kLimit = 1 << 30;
  if (!(real >= 0 && real < kLimit)) {  // 0: a product of scales that no float32 holds
    return std::nullopt;
  }
  const QuantizedMultiplier multiplier = quantize_multiplier(real);
  return multiplier.exponent > 30 ? std::nullopt : std::optional{multiplier};  // rounded up to it
}

std::optional<std::vector<QuantizedMultiplier>> convolution_multipliers(
    float ifmap_scale, const std::vector<float>& weight_scale, float ofmap_scale) {
  std::vector<QuantizedMultiplier> multipliers;
  for (const float scale : weight_scale) {
    const auto multiplier =
        checked_multiplier(tflite_multipliers::of_convolution(ifmap_scale, scale, ofmap_scale));
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
  const auto multiplier = checked_multiplier(
      tflite_multipliers::of_product(ifmap_scale, weight_scale.at(0), ofmap_scale));
  return multiplier ? std::optional{std::vector{*multiplier}} : std::nullopt;
}

bool set_sum_multipliers(Add& sum, const tflite_multipliers::Sum& reals) {
  const auto output = checked_multiplier(reals.output);
  if (!output) {
    return false;
  }
  sum.input = {quantize_multiplier(reals.input[0]), quantize_multiplier(reals.input[1])};
  sum.output.multiplier = {output->multiplier};
  sum.output.exponent = {output->exponent};
  return true;
}

bool set_add_multipliers(Add& add, float scale_a, float scale_b, float ofmap_scale,
                         std::uint32_t widest_bits) {
  add.left_shift = tflite_multipliers::sum_left_shift(widest_bits);
  return set_sum_multipliers(
      add, tflite_multipliers::of_add(scale_a, scale_b, ofmap_scale, add.left_shift));
}

std::int32_t quantize_value(float real, float scale, std::int32_t zero_point,
                            ElementFormat format) {
  const double steps = std::round(static_cast<double>(real / scale)) + zero_point;
  return static_cast<std::int32_t>(
      std::clamp(steps, static_cast<double>(format.min()), static_cast<double>(format.max())));
}

}  // namespace systole
