#pragma once

#include <cstdint>
#include <vector>

#include "sim/compiler/conv_layer.hpp"
#include "sim/compiler/machine_limits.hpp"
#include "sim/config/accelerator_config.hpp"
#include "sim/network/network.hpp"

namespace systole {

/// Where the weights of one block of at most `array.cols` output channels lie: a matrix with a row
/// for each product (tap-major, then the channels of `window`) and a column for each output
/// channel. For composable PEs a row holds `products_per_pe` channels, one channel's columns behind
/// the other's, and each tap starts with a row of its own.
struct WeightBlock {
  ChannelRange window;             ///< input channels that the block reads
  std::int64_t first_channel = 0;  ///< output channel of its first column
  std::int64_t columns = 0;
  std::uint64_t offset = 0;     ///< bytes from the start of the image to its first weight
  std::uint64_t row_pitch = 0;  ///< bytes
};

/// The DRAM image of a layer's weights. Without groups it is one row-major matrix [kh][kw][ic][oc]
/// of which a block is some columns. With groups, and for depthwise layers, each block has a matrix
/// of its own: the channels of the groups that it touches, zeros where a channel and an output
/// belong to different groups. A depthwise block is diagonal for each tap. Blocks have array.cols
/// output channels, the last one what is left, or with one_group_a_block those of one group.
struct WeightImage {
  std::vector<WeightBlock> blocks;
  std::int64_t widest_window = 0;  ///< most input channels of a block
  std::uint64_t bytes = 0;
  std::int64_t products_per_pe = 1;
};

WeightImage weight_image(const ConvLayer& layer, const MachineLimits& machine);

std::vector<std::uint8_t> weight_bytes(const ConvLayer& layer, const WeightImage& image,
                                       const TensorData& weights);

/// The values of a constant; null for shapes only.
const TensorData* data_of(const Network& network, TensorId tensor);

/// Rows of the accumulators, a block of channels each: bias - zero point * sum of the weights,
/// because the array multiplies raw ifmap values, wrapped or saturated; of accumulators.bias_bits,
/// which a legalized network fits. `bias` may be null.
std::vector<std::uint8_t> bias_bytes(const ConvLayer& layer, const WeightImage& image,
                                     const AcceleratorConfig& config, const TensorData* bias,
                                     const TensorData* weights);

/// One entry a channel, each block padded to array.cols of them: multiplier (the fewest bytes that
/// hold its bits) and int32 exponent (multiplier_shift), int32 exponent (shift_only), or binary32
/// scale (float_scale).
std::vector<std::uint8_t> requant_table_bytes(const ConvLayer& layer, const WeightImage& image,
                                              std::int64_t array_cols, const RequantConfig& unit);

}  // namespace systole
