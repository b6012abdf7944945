#pragma once

#include <cstdint>
#include <vector>

#include "sim/config/accelerator_config.hpp"
#include "sim/program/conv_loop.hpp"

namespace systole {

/// A convolution for the hardware's loop unroller: square or not, padded, with or without a maximum
/// over windows of its output. Input and output pixels are channels packed; weights are rows,
/// columns, input channels, output channels; of a depthwise one, channels, rows, columns.
struct LoopedConv {
  std::uint32_t batches = 1;
  std::uint32_t in_rows = 1, in_cols = 1, in_channels = 1;
  std::uint32_t out_rows = 1, out_cols = 1, out_channels = 1;  ///< before pooling
  std::uint32_t kernel_rows = 1, kernel_cols = 1;
  std::uint32_t stride = 1, dilation = 1;
  std::uint32_t up = 0, left = 0;  ///< padding; below and on the right, what the output asks for
  std::uint32_t pool_size = 0;     ///< 0: no pooling
  std::uint32_t pool_stride = 1, pool_padding = 0;
  bool has_bias = true;
  bool depthwise = false;
  std::int32_t padding_value = 0;
  std::uint64_t input = 0, weights = 0, bias = 0, output = 0;  ///< DRAM addresses

  std::uint32_t pooled(std::uint32_t size) const {
    return pool_size == 0 ? size : (size + 2 * pool_padding - pool_size) / pool_stride + 1;
  }
};

/// What one loop takes at most; rows and columns are those of the pooled output.
struct ConvLoopTile {
  std::uint32_t batches = 1, rows = 1, cols = 1, out_channels = 1;
  std::uint32_t kernel_rows = 1, kernel_cols = 1, in_channels = 1;
};

/// Gemmini's library loads only the pixels that a pointwise convolution of stride 2 needs.
bool downsamples(const LoopedConv& conv);

/// The loops of a convolution in the order of Gemmini's library: batches, rows, columns, output
/// channels, kernel rows and columns, input channels, the last innermost.
std::vector<ConvLoop> conv_loops(const LoopedConv& conv, const ConvLoopTile& tile,
                                 const AcceleratorConfig& config);

}  // namespace systole
