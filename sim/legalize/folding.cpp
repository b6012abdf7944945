#include "sim/legalize/folding.hpp"

#include <algorithm>
#include <cmath>
#include <cstdlib>
#include <iterator>
#include <numeric>
#include <string>

#include "sim/network/refusal.hpp"

namespace systole {
namespace {

constexpr std::int32_t kMinExponent = -31;
constexpr std::int32_t kMaxExponent = 30;

// Scales are float32, so their ratios carry relative errors of about 2^-23.
constexpr double kLog2Tolerance = 1.0 / (1 << 20);

// Weights lose nothing once each has bits to spare; 16-bit formats hold no more doublings.
constexpr std::int32_t kDoublings = 15;

double within(double value, std::int64_t min, std::int64_t max) {
  return std::clamp(value, static_cast<double>(min), static_cast<double>(max));
}

/// The nearest bias that fits, as does the start that it gives beside these weights: what
/// clip_biases does with biases that are integers already.
double fitting_bias(double bias, const std::vector<std::int32_t>& weights,
                    const FoldLimits& limits) {
  const double sum = std::accumulate(weights.begin(), weights.end(), 0.0);
  const double taken = limits.start_takes_zero_point ? limits.ifmap_zero_point * sum : 0;
  const double start = within(bias - taken, limits.start_min, limits.start_max);
  return within(start + taken, limits.bias_min, limits.bias_max);
}

FoldedChannel folded(const FoldInput& channel, std::int32_t exponent, const FoldLimits& limits) {
  FoldedChannel fold;
  fold.exponent = exponent;
  fold.factor = std::ldexp(channel.multiplier, -exponent);
  fold.weights.reserve(channel.weights.size());
  const double unit = std::ldexp(1.0, exponent);
  for (const std::int32_t weight : channel.weights) {
    const double wanted = weight * fold.factor;
    const double rounded = std::nearbyint(wanted);
    const double clamped = std::clamp(rounded, static_cast<double>(limits.weight_min),
                                      static_cast<double>(limits.weight_max));
    const double taken = limits.weights_are_signs ? (weight < 0 ? -1 : 1) : clamped;
    fold.clipped = fold.clipped || taken != rounded;
    fold.exact = fold.exact && taken == wanted;
    fold.weights.push_back(static_cast<std::int32_t>(taken));
    fold.signal += wanted * unit * wanted * unit;
    fold.noise += (wanted - taken) * unit * (wanted - taken) * unit;
  }
  const double bias = std::nearbyint(channel.bias * fold.factor);
  fold.bias = static_cast<std::int32_t>(fitting_bias(bias, fold.weights, limits));
  fold.bias_clipped_by = std::fabs(bias - fold.bias);
  fold.exact = fold.exact && fold.bias == channel.bias * fold.factor;
  return fold;
}

double of_channel(const std::vector<double>& values, std::size_t channel) {
  return values[values.size() == 1 ? 0 : channel];
}

// One scale per channel from one or more, each times its channel's growth.
std::vector<float> rescaled(const std::vector<float>& scale, const std::vector<double>& growth) {
  std::vector<float> result;
  for (std::size_t channel = 0; channel < growth.size() && !scale.empty(); ++channel) {
    const float old = scale[scale.size() == 1 ? 0 : channel];
    result.push_back(static_cast<float>(double{old} * growth[channel]));
  }
  return result;
}

/// Sums that wrap have to fit at their end only, where the zero point has come back. Of those that
/// saturate every part counts: raw activations times weights, in the order of the mapping, a fold's
/// from 0 before they meet the start.
bool can_overflow(const FoldedChannel& fold, const FoldLimits& limits) {
  const std::int64_t zero_point = limits.ifmap_zero_point;
  const std::int64_t off = limits.sums_saturate ? 0 : zero_point;
  std::int64_t start = fold.bias;
  std::int64_t least = 0, most = 0;
  for (const std::int64_t weight : fold.weights) {
    auto [low, high] =
        std::minmax({weight * (limits.ifmap_min - off), weight * (limits.ifmap_max - off)});
    if (limits.sums_saturate) {
      low = std::min<std::int64_t>(low, 0);
      high = std::max<std::int64_t>(high, 0);
      start -= zero_point * weight;
    }
    least += low;
    most += high;
  }
  const std::int64_t lowest = start + least, highest = start + most;
  const bool parts_fit =
      !limits.sums_saturate || (least >= -limits.sum_max - 1 && most <= limits.sum_max);
  return !parts_fit || lowest < -limits.sum_max - 1 || highest > limits.sum_max;
}

/// How far outputs are off, squared, activations of all sizes being alike.
double outputs_off(const FoldedChannel& fold, const FoldLimits& limits) {
  const double activation =
      std::max(std::abs(double{1} * limits.ifmap_min - limits.ifmap_zero_point),
               std::abs(double{1} * limits.ifmap_max - limits.ifmap_zero_point));
  const double by_bias = std::ldexp(fold.bias_clipped_by, fold.exponent);
  return fold.noise * activation * activation / 3 + by_bias * by_bias;
}

}  // namespace

bool is_power_of_two(double real) {
  return real > 0 && std::fabs(std::log2(real) - std::nearbyint(std::log2(real))) < kLog2Tolerance;
}

double further_from_1(double a, double b) {
  return std::fabs(std::log2(a)) > std::fabs(std::log2(b)) ? a : b;
}

std::int32_t nearest_exponent(double real) {
  return static_cast<std::int32_t>(std::nearbyint(std::log2(real)));
}

std::int32_t covering_exponent(double real) {
  return is_power_of_two(real) ? nearest_exponent(real)
                               : static_cast<std::int32_t>(std::ceil(std::log2(real)));
}

FoldedChannel fold_channel(const FoldInput& channel, const FoldLimits& limits) {
  if (channel.multiplier == 0) {
    return folded(channel, kMinExponent, limits);
  }
  std::int32_t exponent = std::max(covering_exponent(channel.multiplier), limits.least_exponent);
  if (exponent > kMaxExponent) {
    throw Refusal{"a multiplier of " + std::to_string(channel.multiplier) +
                  " needs a left shift by " + std::to_string(exponent) +
                  ", at most 30 can be done"};
  }
  FoldedChannel best = folded(channel, exponent, limits);
  // A bias that does not fit: the weights give up bits for it, or it is clipped.
  for (FoldedChannel smaller = best;
       smaller.bias_clipped_by > 0 && smaller.exponent < kMaxExponent;) {
    smaller = folded(channel, smaller.exponent + 1, limits);
    if (limits.start_must_fit || outputs_off(smaller, limits) < outputs_off(best, limits)) {
      best = smaller;
    }
  }
  exponent = best.exponent;
  const std::int32_t finest = std::max(exponent - kDoublings, limits.least_exponent);
  for (bool clipped = false; exponent > finest && best.noise > 0 && !clipped;) {
    --exponent;
    FoldedChannel candidate = folded(channel, exponent, limits);
    if (candidate.bias_clipped_by > 0 || can_overflow(candidate, limits)) {
      break;
    }
    clipped = candidate.clipped;
    if (candidate.noise < best.noise) {
      best = std::move(candidate);
    }
  }
  return best;
}

FoldedConstants fold_constants(const ConstantsToFold& constants, const FoldLimits& limits) {
  const Tensor& weight = constants.weight;
  FoldedConstants result;
  result.weight = weight;
  if (constants.bias != nullptr) {
    result.bias = *constants.bias;
    result.bias->format = ElementFormat{32, true, false};  // accumulators.bias_bits limits them
  }
  std::vector<double> factors;
  for (std::size_t channel = 0; channel < constants.layout.channels; ++channel) {
    FoldInput in;
    in.multiplier = of_channel(constants.multiplier, channel);
    for (std::size_t i = 0; i < constants.layout.count; ++i) {
      in.weights.push_back(weight.data->at(constants.layout.index(channel, i)) - weight.zero_point);
    }
    if (result.bias) {
      // The accumulator counts in steps of the ifmap, which have grown.
      in.bias = result.bias->data->at(channel) / constants.ifmap_growth;
    }
    const FoldedChannel fold = fold_channel(in, limits);
    for (std::size_t i = 0; i < constants.layout.count; ++i) {
      (*result.weight.data)[constants.layout.index(channel, i)] =
          fold.weights[i] + weight.zero_point;
    }
    if (result.bias) {
      (*result.bias->data)[channel] = fold.bias;
      result.clipped_biases += fold.bias_clipped_by > 0 ? 1 : 0;
      result.furthest_clipped = std::max(result.furthest_clipped, fold.bias_clipped_by);
      const double bias = in.bias * in.multiplier;
      const double clipped = std::ldexp(fold.bias_clipped_by, fold.exponent);
      result.bias_signal += bias * bias;
      result.clipped_noise += clipped * clipped;
    }
    result.exact = result.exact && fold.exact;
    result.exponent.push_back(fold.exponent);
    result.signal += fold.signal;
    result.noise += fold.noise;
    if (fold.factor > 0) {
      result.worst_ratio = further_from_1(1 / fold.factor, result.worst_ratio);
    }
    factors.push_back(fold.factor);
  }
  const auto [least, most] = std::minmax_element(factors.begin(), factors.end());
  result.least_factor = *least;
  result.most_factor = *most;
  // A step of the weights shrinks as their integers grow. Channels that are off keep theirs.
  std::vector<double> growth;
  std::transform(factors.begin(), factors.end(), std::back_inserter(growth),
                 [](double factor) { return factor > 0 ? 1 / factor : 1; });
  result.weight.scale = rescaled(weight.scale, growth);
  if (result.bias) {
    for (double& value : growth) {
      value *= constants.ifmap_growth;
    }
    result.bias->scale = rescaled(constants.bias->scale, growth);
  }
  return result;
}

std::optional<double> sqnr_db(double signal, double noise) {
  if (signal <= 0 || noise <= 0) {
    return std::nullopt;
  }
  return 10 * std::log10(signal / noise);
}

}  // namespace systole
