#include "sim/quantize/weights.hpp"

#include <algorithm>
#include <cmath>
#include <limits>

#include "sim/quantize/calibration.hpp"

namespace systole::quantize {
namespace {

/// Real weights that share a scale, and where their integers go.
struct Slice {
  const float* from;
  std::int32_t* to;
  std::size_t count;
  std::size_t first_index;  // in the tensor, for stochastic draws
};

/// No scale lies below the least normal float32, where those of workloads begin.
float scale_of(double mean) {
  return std::max(static_cast<float>(mean), std::numeric_limits<float>::min());
}

IntegerFormat ternary(const Slice& slice, IntegerFormat format) {
  constexpr double kThreshold = 0.7;  // of the mean
  double sum = 0;
  for (std::size_t i = 0; i < slice.count; ++i) {
    sum += std::abs(static_cast<double>(slice.from[i]));
  }
  const double delta = kThreshold * sum / static_cast<double>(slice.count);
  double above = 0;
  std::size_t count = 0;
  for (std::size_t i = 0; i < slice.count; ++i) {
    const auto w = static_cast<double>(slice.from[i]);
    const bool is_zero = std::abs(w) <= delta;
    slice.to[i] = is_zero ? 0 : w < 0 ? -1 : 1;
    above += is_zero ? 0.0 : std::abs(w);
    count += is_zero ? 0U : 1U;
  }
  format.scale = count == 0 ? 1.0F : scale_of(above / static_cast<double>(count));
  return format;
}

IntegerFormat binary(const Slice& slice) {
  IntegerFormat format;
  format.element = binary_format();
  format.lowest = -1;
  format.highest = 1;
  double sum = 0;
  for (std::size_t i = 0; i < slice.count; ++i) {
    slice.to[i] = slice.from[i] < 0 ? -1 : 1;
    sum += std::abs(static_cast<double>(slice.from[i]));
  }
  format.scale = sum > 0 ? scale_of(sum / static_cast<double>(slice.count)) : 1.0F;
  return format;
}

/// Of weights that are -1, 0 or 1 times their mean magnitude: the squared error grows with the
/// square of the distance from it, so the nearer of the two powers has less of it.
void to_power_of_two(float& scale) {
  const float below = std::exp2(std::floor(std::log2(scale)));
  scale = scale - below <= 2 * below - scale ? below : 2 * below;
}

void round_slice(const Slice& slice, const IntegerFormat& format, RealRounding rounding,
                 std::uint64_t seed) {
  for (std::size_t i = 0; i < slice.count; ++i) {
    const double rounded = rounded_position(format.position(slice.from[i]), rounding,
                                            uniform_draw(seed, slice.first_index + i));
    slice.to[i] = format.clamped(rounded);
  }
}

IntegerFormat quantize_slice(const Slice& slice, const WeightScheme& scheme, std::uint8_t bits,
                             std::uint64_t seed) {
  if (scheme.method == Method::Binary && bits == 1) {
    IntegerFormat format = binary(slice);
    if (scheme.powers_of_two) {
      to_power_of_two(format.scale);
    }
    return format;
  }
  const std::vector<float> values(slice.from, slice.from + slice.count);
  const Sample sample{{&values}, 1};
  const Grid grid = grid_of(scheme, bits, scheme.narrow_range, min_max(sample));
  if (scheme.method == Method::Ternary && bits == 2) {
    IntegerFormat format = ternary(slice, format_of({}, grid));
    if (scheme.powers_of_two) {
      to_power_of_two(format.scale);
    }
    return format;
  }
  WeightScheme operand = scheme;
  if (operand.method == Method::Ternary || operand.method == Method::Binary) {
    operand.method = Method::MinMax;  // a layer that was given more bits
  }
  const IntegerFormat format = calibrate(sample, operand, grid, scheme.rounding);
  round_slice(slice, format, scheme.rounding, seed);
  return format;
}

std::uint64_t seed_of(const WeightScheme& scheme, std::size_t layer) {
  return scheme.seed * 0x10000U + layer;
}

/// A channel without any weight but zero has no scale of its own: it takes the largest.
void give_empty_channels_a_scale(IntegerWeights& weights) {
  const std::size_t each = weights.values.size() / weights.formats.size();
  float largest = 0;
  std::vector<std::size_t> empty;
  for (std::size_t c = 0; c < weights.formats.size(); ++c) {
    const auto first = weights.values.begin() + static_cast<std::ptrdiff_t>(c * each);
    const bool is_empty = std::all_of(first, first + static_cast<std::ptrdiff_t>(each),
                                      [](std::int32_t q) { return q == 0; });
    if (is_empty) {
      empty.push_back(c);
    } else {
      largest = std::max(largest, weights.formats[c].scale);
    }
  }
  for (const std::size_t c : empty) {
    weights.formats[c].scale = largest > 0 ? largest : 1.0F;
  }
}

}  // namespace

FloatTensor IntegerWeights::real() const {
  FloatTensor tensor{shape, {}};
  tensor.data.reserve(values.size());
  for (std::size_t i = 0; i < values.size(); ++i) {
    tensor.data.push_back(format_of_element(i).real(values[i]));
  }
  return tensor;
}

IntegerWeights quantize_weights(const FloatTensor& weights, const WeightScheme& scheme,
                                std::uint8_t bits, std::size_t layer) {
  IntegerWeights result;
  result.shape = weights.shape;
  result.values.resize(weights.data.size());
  const std::size_t slices = scheme.per_channel ? static_cast<std::size_t>(weights.shape.at(0)) : 1;
  const std::size_t each = weights.data.size() / slices;
  for (std::size_t i = 0; i < slices; ++i) {
    const std::size_t first = i * each;
    result.formats.push_back(
        quantize_slice({weights.data.data() + first, result.values.data() + first, each, first},
                       scheme, bits, seed_of(scheme, layer)));
  }
  if (scheme.symmetric && !scheme.fraction_bits) {  // a format that is given stays
    give_empty_channels_a_scale(result);
  }
  return result;
}

std::size_t make_room_for_biases(IntegerWeights& integers, const FloatTensor& weights,
                                 const std::vector<float>& bias, float input_scale,
                                 const WeightScheme& scheme, std::size_t layer) {
  const std::uint8_t bits = integers.formats.at(0).element.bits;
  const bool is_magnitude = (scheme.method == Method::Binary && bits == 1) ||
                            (scheme.method == Method::Ternary && bits == 2);
  if (bias.empty() || scheme.fraction_bits || is_magnitude) {
    return 0;
  }
  const bool is_power_of_two = scheme.powers_of_two || scheme.method == Method::Wage ||
                               scheme.method == Method::DynamicFixedPoint;
  const std::size_t slices = integers.formats.size();
  const std::size_t each = weights.data.size() / slices;
  const std::size_t biases = bias.size() / slices;
  std::size_t raised = 0;
  for (std::size_t i = 0; i < slices; ++i) {
    double largest = 0;
    for (std::size_t c = i * biases; c < (i + 1) * biases; ++c) {
      largest = std::max(largest, std::abs(static_cast<double>(bias[c])));
    }
    constexpr double kHalf = std::numeric_limits<std::int32_t>::max() / 2.0;
    double least = largest / kHalf / static_cast<double>(input_scale);
    least = is_power_of_two && least > 0 ? std::exp2(std::ceil(std::log2(least))) : least;
    IntegerFormat& format = integers.formats[i];
    if (static_cast<double>(format.scale) >= least ||
        least > static_cast<double>(std::numeric_limits<float>::max())) {
      continue;
    }
    format.scale = static_cast<float>(least);
    const std::size_t first = i * each;
    round_slice({weights.data.data() + first, integers.values.data() + first, each, first}, format,
                scheme.rounding, seed_of(scheme, layer));
    ++raised;
  }
  return raised;
}

}  // namespace systole::quantize
