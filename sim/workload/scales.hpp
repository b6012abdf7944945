#pragma once

#include <optional>
#include <vector>

#include "sim/network/network.hpp"
#include "sim/network/tflite_multipliers.hpp"

namespace systole {

/// Nothing for 2^30 and more: exponents go up to 30, and no 32-bit accumulator needs more.
std::optional<QuantizedMultiplier> checked_multiplier(double real);

/// Requantization multipliers from scales (tflite_multipliers) as integers, each checked.
std::optional<std::vector<QuantizedMultiplier>> convolution_multipliers(
    float ifmap_scale, const std::vector<float>& weight_scale, float ofmap_scale);

/// The same for fully connected layers and matrix products, where the product of the two
/// input scales is rounded to float32 first if the weights have one scale.
std::optional<std::vector<QuantizedMultiplier>> product_multipliers(
    float ifmap_scale, const std::vector<float>& weight_scale, float ofmap_scale);

/// The three multipliers of a sum; false when one is 2^30 or more.
bool set_sum_multipliers(Add& sum, const tflite_multipliers::Sum& reals);

/// Sets left_shift and the three multipliers of `add`; false when one is 2^30 or more.
/// `widest_bits` is that of the operands.
bool set_add_multipliers(Add& add, float scale_a, float scale_b, float ofmap_scale,
                         std::uint32_t widest_bits);

/// The integer nearest to `real` for this scale and zero point, clamped to the format: the
/// division is float32's and halves are rounded away from zero.
std::int32_t quantize_value(float real, float scale, std::int32_t zero_point, ElementFormat format);

}  // namespace systole
