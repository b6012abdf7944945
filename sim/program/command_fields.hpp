#pragma once

#include <tuple>
#include <type_traits>

#include "sim/program/command.hpp"

namespace systole {

/// Every field of a command, as a tuple of references; the bindings do not compile when a field is
/// added. Those of the DRAM, addresses and pitches, come first.
template <typename C>
auto fields(C& command) {
  using T = std::remove_const_t<C>;
  if constexpr (std::is_same_v<T, ConfigureCommand>) {
    auto& [target] = command;
    return std::tie(target);
  } else if constexpr (std::is_same_v<T, LoadCommand>) {
    auto& [address, pitch, rows, row_bytes, destination, block_pitch, operand, widen, repeats,
           local_offset] = command;
    auto& [memory, row] = destination;
    return std::tie(address, pitch, rows, row_bytes, memory, row, block_pitch, operand, widen,
                    repeats, local_offset);
  } else if constexpr (std::is_same_v<T, FillCommand>) {
    auto& [destination, rows, value, beside_data, elements, block_pitch, repeats] = command;
    auto& [memory, row] = destination;
    return std::tie(memory, row, rows, value, beside_data, elements, block_pitch, repeats);
  } else if constexpr (std::is_same_v<T, PreloadCommand>) {
    auto& [new_weights, weights, k, n, acc_row, acc_rows, accumulate, weights_pitch, acc_pitch,
           products_per_pe, keeps_sums, weight_rows_of_parts] = command;
    auto& [memory, row] = weights;
    return std::tie(new_weights, memory, row, k, n, acc_row, acc_rows, accumulate, weights_pitch,
                    acc_pitch, products_per_pe, keeps_sums, weight_rows_of_parts);
  } else if constexpr (std::is_same_v<T, ComputeCommand>) {
    auto& [ifmap_row, count_h, count_w, pitch_h, pitch_w, k, skip, drop, products,
           products_per_pe] = command;
    auto& [first, channels, kernel_w, tap_pitch_h, tap_pitch_w, slice_pitch] = products;
    return std::tie(ifmap_row, count_h, count_w, pitch_h, pitch_w, k, skip, drop, first, channels,
                    kernel_w, tap_pitch_h, tap_pitch_w, slice_pitch, products_per_pe);
  } else if constexpr (std::is_same_v<T, StoreCommand>) {
    auto& [source, rows, elements, block_pitch, table_row, address, dram_pitch, raw, keep, to_dram,
           kept_row, kept_pitch, pool] = command;
    auto& [memory, row] = source;
    auto& [size, stride, up, left, in_rows, in_cols, out_rows, out_cols, row_pitch, col_pitch] =
        pool;
    return std::tie(address, dram_pitch, memory, row, rows, elements, block_pitch, table_row, raw,
                    keep, to_dram, kept_row, kept_pitch, size, stride, up, left, in_rows, in_cols,
                    out_rows, out_cols, row_pitch, col_pitch);
  } else if constexpr (std::is_same_v<T, PoolCommand>) {
    auto& [average, input_row, tile_h, tile_w, origin_h, origin_w, kernel_h, kernel_w, stride_h,
           stride_w, out_h, out_w, output_row, elements, input_pitch, output_pitch] = command;
    return std::tie(average, input_row, tile_h, tile_w, origin_h, origin_w, kernel_h, kernel_w,
                    stride_h, stride_w, out_h, out_w, output_row, elements, input_pitch,
                    output_pitch);
  } else if constexpr (std::is_same_v<T, DepthwiseCommand>) {
    auto& [constants_row, bias_rows, table_rows, input_row, tile_h, tile_w, kernel_h, kernel_w,
           stride_h, stride_w, dilation_h, dilation_w, out_h, out_w, output_row, elements] =
        command;
    return std::tie(constants_row, bias_rows, table_rows, input_row, tile_h, tile_w, kernel_h,
                    kernel_w, stride_h, stride_w, dilation_h, dilation_w, out_h, out_w, output_row,
                    elements);
  } else {
    static_assert(std::is_same_v<T, AddCommand>);
    auto& [input_row, output_row, rows] = command;
    auto& [a, b] = input_row;
    return std::tie(a, b, output_row, rows);
  }
}

}  // namespace systole
