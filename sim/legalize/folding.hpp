#pragma once

#include <cstddef>
#include <cstdint>
#include <limits>
#include <optional>
#include <vector>

#include "sim/network/tensor.hpp"

namespace systole {

/// A real number that is a power of two, but for the rounding of scales stored as float.
bool is_power_of_two(double real);

/// Which of two ratios is further from 1.
double further_from_1(double a, double b);

/// log2 of the power of two that is nearest in ratio; `real` must be positive.
std::int32_t nearest_exponent(double real);

/// The smallest exponent whose power of two is at least `real`; `real` must be positive.
std::int32_t covering_exponent(double real);

/// What one channel's constants may hold.
struct FoldLimits {
  std::int64_t weight_min = -128, weight_max = 127;  ///< of the centred weights
  bool weights_are_signs = false;                    ///< -1 and +1 alone, and no 0
  std::int64_t bias_min = std::numeric_limits<std::int32_t>::min();
  std::int64_t bias_max = std::numeric_limits<std::int32_t>::max();
  /// Of the start of the psums: the bias less the ifmap's zero point times the weights.
  std::int64_t start_min = std::numeric_limits<std::int64_t>::min();
  std::int64_t start_max = std::numeric_limits<std::int64_t>::max();
  bool start_takes_zero_point = true;  ///< otherwise the bias alone has to fit the start
  bool start_must_fit = false;         ///< no bias can be clipped for it
  std::int32_t ifmap_min = 0, ifmap_max = 0, ifmap_zero_point = 0;
  std::int64_t sum_max = 0;  ///< of accumulators; the least is one further from 0
  bool sums_saturate = false;
  std::int32_t least_exponent = -31;
};

/// One output channel before folding: its weights, zero point off, and its bias.
struct FoldInput {
  std::vector<std::int32_t> weights;
  double bias = 0;        ///< in units of ifmap scale times weight scale; need not be an integer
  double multiplier = 0;  ///< real multiplier from accumulator to ofmap
};

/// The same channel with 2^exponent as its multiplier: weights and bias took the rest of it.
struct FoldedChannel {
  std::int32_t exponent = 0;
  double factor = 1;  ///< multiplier / 2^exponent
  std::vector<std::int32_t> weights;
  std::int32_t bias = 0;
  double bias_clipped_by = 0;  ///< in steps of `bias`; 0 where it and the start fit
  bool clipped = false;        ///< some weight did not fit its format
  double signal = 0;           ///< sum of squares of multiplier times weight: what was asked for
  double noise = 0;            ///< sum of squares of what the new weights differ from that
  bool exact = true;           ///< weights and bias are the factor times the old ones
};

/// Splits the multiplier into 2^exponent and a factor that weights (rounded half to even,
/// clipped to their format) and bias absorb. Of the exponents that can serve, takes the one that
/// leaves the least noise in the weights: factors over 1 use bits that the channel's weights
/// leave idle, and are taken only if no accumulator can overflow by them: where sums saturate, with
/// any of the products added, in any order, as the mapping decides that. A bias that does not fit
/// is clipped, or the factor is smaller: whichever puts outputs off less.
/// A multiplier of 0 gives zero weights and bias. Throws Refusal if the
/// shift would leave -31..30 to the left.
FoldedChannel fold_channel(const FoldInput& channel, const FoldLimits& limits);

/// Where the weights of an output channel lie in their tensor: `count` of them, `stride` apart.
struct ChannelLayout {
  std::size_t channels = 1;
  std::size_t count = 0;
  std::size_t stride = 1;
  std::size_t channel_stride = 0;

  std::size_t index(std::size_t channel, std::size_t i) const {
    return channel * channel_stride + i * stride;
  }
};

/// A layer's constants before folding, and the real multipliers they are to absorb.
struct ConstantsToFold {
  const Tensor& weight;
  const Tensor* bias = nullptr;
  ChannelLayout layout;
  std::vector<double> multiplier;  ///< one, or one per channel
  double ifmap_growth = 1;         ///< new scale of the ifmap over the old one
};

struct FoldedConstants {
  Tensor weight;  ///< with its new scales, where it had any
  std::optional<Tensor> bias;
  std::vector<std::int32_t> exponent;  ///< of each channel
  double least_factor = 0, most_factor = 0;
  double worst_ratio = 1;  ///< of a power of two over the multiplier that it stands for
  double signal = 0, noise = 0;
  bool exact = true;
  std::size_t clipped_biases = 0;
  double furthest_clipped = 0;                ///< in steps of the new biases
  double bias_signal = 0, clipped_noise = 0;  ///< sums of squares, biases times their multipliers
};

/// fold_channel for every channel of a layer.
FoldedConstants fold_constants(const ConstantsToFold& constants, const FoldLimits& limits);

/// Signal over noise in dB; absent without noise or without signal.
std::optional<double> sqnr_db(double signal, double noise);

}  // namespace systole
