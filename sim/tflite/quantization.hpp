#pragma once

#include <cstdint>
#include <vector>

#include "sim/network/network.hpp"
#include "sim/tflite/node.hpp"

// Real scales to integer constants, as the kernels' preparation does it: tflite_multipliers as
// integers, and what else an output needs.
namespace systole::tflite {

/// quantize_multiplier; NodeError for reals that take more than a left shift by 30.
QuantizedMultiplier multiplier_of(double real);

/// Constants of an output: its zero point and the clamp of a fused activation.
Requantizer requantizer_of(const Tensor& output, file::Activation activation);
/// The same with one multiplier.
Requantizer requantizer_of(const Tensor& output, file::Activation activation,
                           QuantizedMultiplier multiplier);

/// A convolution's multipliers, one for each weight scale.
void set_channel_multipliers(Requantizer& requant, const Tensor& input, const Tensor& weight,
                             const Tensor& output);

/// Of products with one weight scale, and of all uint8 convolutions.
QuantizedMultiplier product_multiplier(const Tensor& input, const Tensor& weight,
                                       const Tensor& output);

/// The input's scale over the output's.
double scale_ratio(const Tensor& input, const Tensor& output);

/// The integer of the output that is nearest to a real, within its format.
std::int32_t quantized_real(float real, const Tensor& output);

/// Throws NodeError unless the output is in steps of 1 / `steps_of_one` from that zero point.
void expect_fixed_output(const Node& node, int steps_of_one, std::int64_t zero_point);

/// The activation of options that may be missing.
template <typename Options>
file::Activation activation_of(const Options* options) {
  return options == nullptr ? file::Activation::NONE : options->activation();
}

}  // namespace systole::tflite
