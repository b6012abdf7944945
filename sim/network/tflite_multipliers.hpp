#pragma once

#include <algorithm>
#include <array>
#include <cstdint>

#include "sim/network/requantizer.hpp"

/// From scales to the real multipliers of layers, as the kernels of TensorFlow Lite derive them,
/// for all who read networks: what is taken in float32 and what in double is part of the result,
/// and kernels of unsigned numbers do some of it otherwise. quantize_multiplier makes integers of
/// them.
namespace systole::tflite_multipliers {

/// CONV_2D and its kin, and products with a scale for each channel; in double.
double of_convolution(float ifmap, float weight, float ofmap);

/// FULLY_CONNECTED, BATCH_MATMUL with one scale each, and the uint8 kernels of convolutions: the
/// product of the scales is rounded to float32.
double of_product(float a, float b, float ofmap);

/// In double; in float32 if unsigned.
double of_mul(float a, float b, float ofmap, bool is_signed);
double of_relu(float ifmap, float ofmap, bool is_signed);

/// QUANTIZE of integers, SUM, and MEAN before its division; in double.
double of_rescaling(float ifmap, float ofmap);

/// MEAN: `sum`, that of the sum, over the count, with as many bits as there is room for.
QuantizedMultiplier of_mean(QuantizedMultiplier sum, std::int64_t count);

/// Of x and of alpha times x; LEAKY_RELU in float32, PRELU in double.
struct Slopes {
  double identity = 0, alpha = 0;
};
Slopes of_leaky_relu(float ifmap, float alpha, float ofmap);
Slopes of_prelu(float ifmap, float alpha, float ofmap);

/// Integer bits of the fixed-point numbers that exponentials take: Q5.26 and Q4.27.
constexpr std::int32_t kSoftmaxIntegerBits = 5, kLogisticIntegerBits = 4;

/// An input's step as such a number; of softmax the largest at most.
double of_softmax(float ifmap, float beta);
double of_logistic(float ifmap);

/// Bits by which operands of ADD and SUB are shifted left: 20 up to 10 bits, and fewer for wider
/// ones. These lie within 2^bits of their zero points; 2^30 leaves room for both signs.
constexpr std::int32_t sum_left_shift(std::uint32_t widest_bits) {
  return std::min(20, 30 - static_cast<std::int32_t>(widest_bits));
}

/// Those of SQUARED_DIFFERENCE: 7 for 8 bits, and fewer for wider operands, of which half is taken,
/// so that squares of their differences keep below 2^30. Negative where no shift does.
constexpr std::int32_t square_left_shift(std::uint32_t widest_bits) {
  return std::min(7, 15 - static_cast<std::int32_t>(widest_bits));
}

/// Operands go to twice the larger scale, and their sum, or its square, from there to the ofmap's.
struct Sum {
  std::array<double, 2> input{};
  double output = 0;
};
/// ADD in double; SUB in float32, in double if unsigned; SQUARED_DIFFERENCE in double.
Sum of_add(float a, float b, float ofmap, std::int32_t left_shift);
Sum of_sub(float a, float b, float ofmap, std::int32_t left_shift, bool is_signed);
Sum of_squared_difference(float a, float b, float ofmap, std::int32_t left_shift);

}  // namespace systole::tflite_multipliers
