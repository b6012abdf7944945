#pragma once

#include <cstdint>

namespace systole {

/// Where the sums of a convolution loop start.
enum class LoopBias : std::uint8_t {
  None,  ///< at those of an earlier loop
  Zero,  ///< at 0, which the zero writer puts into the accumulators
  Row,   ///< at 32-bit values from the DRAM, one for each output channel
};

/// A maximum over windows on the way from the accumulators to the DRAM; what lies outside the sums
/// counts as 0.
struct StorePool {
  std::uint32_t size = 0;  ///< of the window; 0: no pooling
  std::uint32_t stride = 1;
  std::uint32_t up = 0, left = 0;              ///< padding
  std::uint32_t in_rows = 0, in_cols = 0;      ///< sums, row by row
  std::uint32_t out_rows = 0, out_cols = 0;    ///< windows
  std::uint64_t row_pitch = 0, col_pitch = 0;  ///< of the windows in the DRAM

  bool enabled() const { return size != 0; }
};

/// A loop instruction (Gemmini's LOOP_CONV_WS): the part of a convolution that fits the local
/// memories. Its commands: conv_loop_commands.hpp. Addresses are those of the first element of
/// the part, padding left out; pitches are in bytes.
struct ConvLoop {
  std::uint32_t batches = 1;
  std::uint32_t rows = 1, cols = 1;  ///< output pixels, before pooling
  std::uint32_t out_channels = 1;
  std::uint32_t kernel_rows = 1, kernel_cols = 1;
  std::uint32_t in_channels = 1;
  std::uint32_t stride = 1, dilation = 1;
  std::uint32_t left = 0, right = 0, up = 0, down = 0;  ///< padding of this part's input
  bool downsample = false;                              ///< load every other pixel and row only
  std::uint32_t pixels_per_row = 1;  ///< taps of a kernel row that one scratchpad row holds

  std::uint64_t input_address = 0;
  std::uint64_t input_pixel_pitch = 0, input_row_pitch = 0, input_batch_pitch = 0;
  std::uint64_t weight_address = 0;  ///< output channels are adjacent
  std::uint64_t weight_channel_pitch = 0, weight_col_pitch = 0, weight_row_pitch = 0;
  LoopBias bias = LoopBias::Row;
  std::uint64_t bias_address = 0;
  bool stores = true;
  std::uint64_t output_address = 0;
  std::uint64_t output_pixel_pitch = 0, output_row_pitch = 0, output_batch_pitch = 0;
  StorePool pool;
  std::uint32_t table_row = 0;  ///< of the requantization constants of its first channels
  std::int32_t padding_value = 0;

  /// Input rows and columns, padding included.
  std::uint32_t in_rows() const { return rows * stride + (kernel_rows - 1) * dilation; }
  std::uint32_t in_cols() const { return cols * stride + (kernel_cols - 1) * dilation; }
};

}  // namespace systole
