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

/// Stochastic: up with the probability of the fraction. Output element i of a layer adds to the
/// `shift` bits that are dropped as many random ones, the upper bits of the 32-bit word i of the
/// layer's LFSR stream (below it zeros, for shifts of over 32), and rounds down.
///
/// The stream: a 64-bit Galois LFSR, taps 64, 63, 61, 60 (x^64 + x^63 + x^61 + x^60 + 1, of
/// maximal length); a step outputs the lowest bit, shifts right, and if that bit was 1 inverts bits
/// 63, 62, 60 and 59. Word i is the output of steps 32 i to 32 i + 31, first in its lowest bit,
/// from the start Requantizer::lfsr. So it depends on the element alone, not on time or tiling.
enum class Rounding { NearestEven, NearestAway, HalfUp, Floor, TowardZero, Stochastic };

enum class Overflow { Wrap, Saturate };

/// Products that one pass of the array adds up, one after the other, from 0: those of `channels`
/// input channels under one tap of the window.
struct FoldSpan {
  std::int64_t tap = 0;
  std::int64_t first_channel = 0;
  std::int64_t channels = 0;
  bool continues = false;  ///< the pass of the span before: its sum goes on, not from 0
  bool shares_pe = false;  ///< with the span before, whose last products may be added with its own
};

/// How sums are held. Each addition, in a PE and in an accumulator, gives a value of `bits` bits:
/// the exact sum modulo 2^bits, or the nearest value that fits. The array multiplies raw ifmap
/// values, padding included; what their zero point adds is taken off the bias, which starts the
/// sum.
///
/// Where sums saturate, their order counts: output channel oc adds up the folds of
/// order[oc / order_channels] one after the other; in each of them products_at_once products of a
/// span at a time, which a composable PE adds in one addition. Empty where nothing can overflow, or
/// all wrap.
struct Accumulator {
  std::uint32_t bits = 32;  ///< 8 to 64
  Overflow overflow = Overflow::Wrap;
  std::vector<std::vector<FoldSpan>> order;
  std::int64_t order_channels = 1;
  std::uint32_t products_at_once = 1;
};

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
  std::vector<std::int32_t> multiplier;       ///< Q0.31, in [2^30, 2^31); less at exponent -31
  std::vector<std::int32_t> exponent;         ///< positive shifts left; -31 to 30
  std::int32_t zero_point = 0;                ///< of the output
  std::int32_t clamp_min = -128;
  std::int32_t clamp_max = 127;
  std::vector<float> scale;  ///< of FloatScale: is_requant_scale
  std::uint64_t lfsr = 1;    ///< start of Stochastic's stream, not 0
  Accumulator accumulator;   ///< of the sums

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
/// half away from zero; 0 for 0 and for reals under 2^-32. Throws Refusal unless
/// `real` is finite and not negative. The one place where real multipliers become integers
/// (QM of TensorFlow Lite's reference kernels).
QuantizedMultiplier quantize_multiplier(double real);

/// Softmax and logistic: inputs of this distance have saturated. It is the range of a fixed-point
/// number with so many integer bits, in steps of the input.
std::int32_t saturation_radius(std::int32_t integer_bits, QuantizedMultiplier input);

/// The multiplier with `bits` bits instead of 32: of its 31 below the sign the upper bits - 1 are
/// kept, rounded half away from zero, and the others are 0. May raise the exponent by one.
QuantizedMultiplier narrowed(QuantizedMultiplier q, std::uint32_t bits);

/// The real number that the pair stands for.
double real_multiplier(QuantizedMultiplier q);

}  // namespace systole
