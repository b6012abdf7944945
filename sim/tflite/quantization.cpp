#include "sim/tflite/quantization.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "sim/network/tflite_multipliers.hpp"

namespace systole::tflite {
std::int32_t quantized_real(float real, const Tensor& output) {
  const auto steps = static_cast<double>(std::round(real / output.scale[0]));
  return static_cast<std::int32_t>(std::clamp(steps + output.zero_point,
                                              static_cast<double>(output.format.min()),
                                              static_cast<double>(output.format.max())));
}

double scale_ratio(const Tensor& input, const Tensor& output) {
  return tflite_multipliers::of_rescaling(input.scale[0], output.scale[0]);
}

void expect_fixed_output(const Node& node, int steps_of_one, std::int64_t zero_point) {
  const Tensor& out = node.out();
  if (out.scale[0] != 1.0F / static_cast<float>(steps_of_one) || out.zero_point != zero_point) {
    throw NodeError{
        fmt::format("has an output with the scale {} and the zero point {}, expected 1/{} and {}",
                    out.scale[0], out.zero_point, steps_of_one, zero_point)};
  }
}

QuantizedMultiplier multiplier_of(double real) {
  constexpr std::int32_t kMaxExponent = 30;
  if (!std::isfinite(real) || real < 0) {
    throw NodeError{fmt::format(
        "needs a multiplier of {:.4g}, expected a finite one that is not below 0", real)};
  }
  const QuantizedMultiplier q = quantize_multiplier(real);
  if (q.exponent > kMaxExponent) {
    throw NodeError{fmt::format("needs a multiplier of {:.4g}, expected one below 2^30", real)};
  }
  return q;
}

Requantizer requantizer_of(const Tensor& output, file::Activation activation) {
  Requantizer requant;
  requant.zero_point = output.zero_point;
  requant.clamp_min = static_cast<std::int32_t>(output.format.min());
  requant.clamp_max = static_cast<std::int32_t>(output.format.max());
  switch (activation) {
    case file::Activation::NONE:
      return requant;
    case file::Activation::RELU:
      requant.clamp_min = quantized_real(0, output);
      return requant;
    case file::Activation::RELU6:
      requant.clamp_min = quantized_real(0, output);
      requant.clamp_max = quantized_real(6, output);
      return requant;
    case file::Activation::RELU_N1_TO_1:
      requant.clamp_min = quantized_real(-1, output);
      requant.clamp_max = quantized_real(1, output);
      return requant;
    default:
      throw NodeError{"has the fused activation " + std::to_string(static_cast<int>(activation)) +
                      ", expected NONE, RELU, RELU6 or RELU_N1_TO_1"};
  }
}

Requantizer requantizer_of(const Tensor& output, file::Activation activation,
                           QuantizedMultiplier multiplier) {
  Requantizer requant = requantizer_of(output, activation);
  requant.multiplier = {multiplier.multiplier};
  requant.exponent = {multiplier.exponent};
  return requant;
}

void set_channel_multipliers(Requantizer& requant, const Tensor& input, const Tensor& weight,
                             const Tensor& output) {
  for (const float scale : weight.scale) {
    const QuantizedMultiplier q =
        multiplier_of(tflite_multipliers::of_convolution(input.scale[0], scale, output.scale[0]));
    requant.multiplier.push_back(q.multiplier);
    requant.exponent.push_back(q.exponent);
  }
}

QuantizedMultiplier product_multiplier(const Tensor& input, const Tensor& weight,
                                       const Tensor& output) {
  return multiplier_of(
      tflite_multipliers::of_product(input.scale[0], weight.scale[0], output.scale[0]));
}

}  // namespace systole::tflite
