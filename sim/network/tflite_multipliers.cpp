#include "sim/network/tflite_multipliers.hpp"

#include <cmath>

namespace systole::tflite_multipliers {
namespace {

template <typename Real>
Sum of_sum(Real a, Real b, Real ofmap, std::int32_t left_shift) {
  const Real twice_max = 2 * std::max(a, b);
  const Real steps = std::ldexp(Real{1}, left_shift);
  return {{static_cast<double>(a / twice_max), static_cast<double>(b / twice_max)},
          static_cast<double>(twice_max / (steps * ofmap))};
}

double fixed_point(double real, std::int32_t integer_bits) {
  return std::ldexp(real, 31 - integer_bits);
}

}  // namespace

double of_convolution(float ifmap, float weight, float ofmap) {
  return static_cast<double>(ifmap) * static_cast<double>(weight) / static_cast<double>(ofmap);
}

double of_product(float a, float b, float ofmap) {
  const float product = a * b;
  return static_cast<double>(product) / static_cast<double>(ofmap);
}

double of_mul(float a, float b, float ofmap, bool is_signed) {
  return is_signed ? of_convolution(a, b, ofmap) : static_cast<double>(a * b / ofmap);
}

// ReluPrepare: of int8 TensorFlow Lite Micro's, of uint8 TensorFlow Lite's.
double of_relu(float ifmap, float ofmap, bool is_signed) {
  return is_signed ? of_rescaling(ifmap, ofmap) : static_cast<double>(ifmap / ofmap);
}

double of_rescaling(float ifmap, float ofmap) {
  return static_cast<double>(ifmap) / static_cast<double>(ofmap);
}

// QuantizedMeanOrSum of the reference kernels (reduce.h).
QuantizedMultiplier of_mean(QuantizedMultiplier sum, std::int64_t count) {
  std::int32_t bits = 0;
  while ((count >> (bits + 1)) != 0) {
    ++bits;
  }
  bits = std::min({bits, 32, 31 + sum.exponent});
  return {static_cast<std::int32_t>((std::int64_t{sum.multiplier} << bits) / count),
          sum.exponent - bits};
}

Slopes of_leaky_relu(float ifmap, float alpha, float ofmap) {
  return {static_cast<double>(ifmap / ofmap), static_cast<double>(ifmap * alpha / ofmap)};
}

// CalculatePreluParams of TensorFlow Lite Micro (prelu_common.cc).
Slopes of_prelu(float ifmap, float alpha, float ofmap) {
  return {of_rescaling(ifmap, ofmap), of_convolution(ifmap, alpha, ofmap)};
}

double of_softmax(float ifmap, float beta) {
  constexpr double kMost = 2147483647.0;
  const double scale = static_cast<double>(beta) * static_cast<double>(ifmap);
  return std::min(fixed_point(scale, kSoftmaxIntegerBits), kMost);
}

double of_logistic(float ifmap) {
  return fixed_point(static_cast<double>(ifmap), kLogisticIntegerBits);
}

Sum of_add(float a, float b, float ofmap, std::int32_t left_shift) {
  return of_sum<double>(a, b, ofmap, left_shift);
}

// TensorFlow Lite Micro's of int8, TensorFlow Lite's of uint8.
Sum of_sub(float a, float b, float ofmap, std::int32_t left_shift, bool is_signed) {
  return is_signed ? of_sum<float>(a, b, ofmap, left_shift) : of_add(a, b, ofmap, left_shift);
}

// squared_difference.cc of TensorFlow Lite Micro: the square has the shift twice, and its scale.
Sum of_squared_difference(float a, float b, float ofmap, std::int32_t left_shift) {
  Sum square = of_add(a, b, ofmap, left_shift);
  const double twice_max = 2.0 * static_cast<double>(std::max(a, b));
  const float steps = std::ldexp(ofmap, 2 * left_shift);
  square.output = twice_max * twice_max / static_cast<double>(steps);
  return square;
}

}  // namespace systole::tflite_multipliers
