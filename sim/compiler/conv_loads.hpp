#pragma once

#include <cstdint>

#include "sim/compiler/command_streams.hpp"
#include "sim/compiler/conv_layer.hpp"
#include "sim/compiler/conv_steps.hpp"
#include "sim/compiler/machine_limits.hpp"
#include "sim/compiler/weight_image.hpp"

namespace systole {

// Loads of a convolution's operands beside the ifmap (ifmap_loads.hpp), their DRAM addresses
// counted from the operand's first byte.

/// Blocks of accumulator rows that biases are written to, a row for each pixel.
struct BiasRows {
  std::int64_t first_block = 0;  ///< of the layer
  std::int64_t blocks = 0, pixels = 0;
  std::int64_t base = 0;
};
void add_bias_loads(CommandStreams& streams, const WeightImage& image, const MachineLimits& machine,
                    const BiasRows& rows);

/// To weight rows from `base` on. Marks the end of each group.
void add_weight_loads(CommandStreams& streams, const ConvLayer& layer, const MachineLimits& machine,
                      const ConvStep& step, std::int64_t base);

/// Requantization constants of `blocks` blocks, to table rows from `base` on.
void add_table_loads(CommandStreams& streams, const MachineLimits& machine, std::int64_t blocks,
                     std::int64_t base);

}  // namespace systole
