#pragma once

#include <cstdint>
#include <vector>

#include "sim/network/tensor.hpp"
#include "sim/quantize/scheme.hpp"

namespace systole::quantize {

/// The closed range of real numbers that a tensor's integers are to cover.
struct Range {
  double low = 0, high = 0;
};

/// Integers q for real numbers: scale * (q - zero_point), q in [lowest, highest].
struct IntegerFormat {
  ElementFormat element;
  float scale = 1;
  std::int32_t zero_point = 0;
  std::int32_t lowest = -128, highest = 127;

  /// The integer before the clamp, as a real number.
  double position(float real) const {
    return static_cast<double>(real) / static_cast<double>(scale) + zero_point;
  }
  /// The nearest, halves away from zero, the division in float32: as TensorFlow Lite's QUANTIZE and
  /// the reader of a workload's images have it; requantizers round halves in the same way.
  std::int32_t quantize(float real) const;
  /// The same for the mean of numbers of this format. Pools take it of the integers as they are,
  /// zero point included, so that halves go away from the integer 0.
  std::int32_t quantize_mean(float real) const;
  float real(std::int32_t q) const { return scale * static_cast<float>(q - zero_point); }
  float rounded(float x) const { return real(quantize(x)); }
  /// `q`, an integer, within the format.
  std::int32_t clamped(double q) const;
};

/// How wide the integers are and where zero lies; the scale comes from a range. Unsigned integers
/// are stored as the hardware's PEs take them, signed, with 2^(bits - 1) taken off: the zero point
/// of symmetric ones is then the lowest integer.
struct Grid {
  std::uint8_t bits = 8;
  bool is_signed = true;
  bool symmetric = true;
  bool narrow_range = false;
};

/// The format that covers `range`, zero included. Symmetric: scale = max(|low|, |high|) / highest,
/// zero point 0. Else scale = (high - low) / (2^bits - 1), and the zero point is the integer
/// nearest to where `low` falls on the lowest one. A range of 1e-30 or less has scale 1: all of
/// it becomes zero.
IntegerFormat format_of(Range range, Grid grid);

/// The same with scale 2^exponent, at least that of the least normal float32.
IntegerFormat power_of_two_format(Range range, int exponent, Grid grid);

/// `position` as an integer; `draw` is in [0, 1), for stochastic rounding: up with the
/// probability of the fraction (Gupta et al. 2015).
double rounded_position(double position, RealRounding rounding, double draw);

/// Number `index` of the draws of a seed, in [0, 1): splitmix64 of both.
double uniform_draw(std::uint64_t seed, std::uint64_t index);

}  // namespace systole::quantize
