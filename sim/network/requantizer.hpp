#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

namespace systole {

/// How an accumulator value becomes an output element; DESIGN of the unit in models/requant.
enum class RequantMode {
  MultiplierShift,  ///< integer multiplier, then right shift
  ShiftOnly,        ///< right shift: scales are powers of two
  FloatScale,       ///< to binary32, times a binary32 scale: Gemmini, ONNX's QLinear operators
};

/// Where a multiplier_shift requantizer rounds.
enum class RequantVariant {
  Tflite,  ///< saturating rounding doubling high multiply, then rounding shift: two roundings
  Single,  ///< one rounding of the wide product
};

enum class Rounding { NearestEven, NearestAway, HalfUp, Floor, TowardZero };

/// The constants with which one layer requantizes: real multiplier of channel
/// c = multiplier[c] / 2^31 * 2^exponent[c], as QuantizeMultiplier of
/// TensorFlow Lite gives them; in ShiftOnly mode 2^exponent[c] and no multiplier; in FloatScale
/// mode scale[c] alone: the accumulator becomes the nearest binary32, its product with the scale
/// is rounded to binary32, and that to an integer; nearest, ties to even, each time.
/// The vectors hold one entry (per tensor) or one per output channel.
struct Requantizer {
  RequantMode mode = RequantMode::MultiplierShift;
  RequantVariant variant = RequantVariant::Tflite;
  Rounding rounding = Rounding::NearestEven;  ///< of Single and ShiftOnly; others fix their own
  std::vector<std::int32_t> multiplier;       ///< Q0.31, in [2^30, 2^31) or 0
  std::vector<std::int32_t> exponent;         ///< positive shifts left; -31 to 30
  std::int32_t zero_point = 0;                ///< of the output
  std::int32_t clamp_min = -128;
  std::int32_t clamp_max = 127;
  std::vector<float> scale;  ///< of FloatScale: is_requant_scale

  /// Constants that it holds, for all channels or one for each; 0 for shapes only.
  std::size_t entries() const {
    return mode == RequantMode::FloatScale ? scale.size() : exponent.size();
  }
};

/// 0, or from 2^-126 (binary32 without subnormals) to below 2^31.
bool is_requant_scale(float scale);

/// A real multiplier as an integer multiplier and an exponent.
struct QuantizedMultiplier {
  std::int32_t multiplier = 0;
  std::int32_t exponent = 0;
};

/// real = multiplier / 2^31 * 2^exponent with multiplier in [2^30, 2^31), rounded
/// half away from zero; 0 for 0 and for reals under 2^-32. `real` must be finite
/// and not negative. The one place where real multipliers become integers
/// (QM of TensorFlow Lite's reference kernels).
QuantizedMultiplier quantize_multiplier(double real);

/// Softmax and logistic: inputs of this distance have saturated. It is the range of a fixed-point
/// number with so many integer bits, in steps of the input.
std::int32_t saturation_radius(std::int32_t integer_bits, QuantizedMultiplier input);

/// The real number that the pair stands for.
double real_multiplier(QuantizedMultiplier q);

}  // namespace systole
