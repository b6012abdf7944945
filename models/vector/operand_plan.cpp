#include "models/vector/operand_plan.hpp"

#include <algorithm>
#include <cstddef>
#include <stdexcept>

namespace systole {
namespace {

/// Those from number `first` on are all of one output.
void end_output(std::vector<VectorOperand>& operands, std::size_t first) {
  if (first == operands.size()) {
    throw std::logic_error{"an output without operands"};
  }
  operands[first].first = true;
  operands.back().last = true;
}

/// The part of [from, from + size) that lies in [0, tile).
struct Inside {
  std::int64_t from = 0, to = 0;
};
Inside inside(std::int64_t from, std::uint32_t size, std::uint32_t tile) {
  return {std::max<std::int64_t>(from, 0), std::min<std::int64_t>(from + size, tile)};
}

/// Taps inside the tile along one dimension, summed over the outputs.
std::uint64_t count_taps(std::uint32_t out, std::uint32_t stride, std::uint32_t kernel,
                         std::int32_t origin, std::uint32_t tile) {
  std::int64_t count = 0;
  for (std::uint32_t i = 0; i < out; ++i) {
    const Inside taps = inside(origin + std::int64_t{i} * stride, kernel, tile);
    count += std::max<std::int64_t>(0, taps.to - taps.from);
  }
  return static_cast<std::uint64_t>(count);
}

}  // namespace

std::uint64_t count_operands(const PoolCommand& pool) {
  return count_taps(pool.out_h, pool.stride_h, pool.kernel_h, pool.origin_h, pool.tile_h) *
         count_taps(pool.out_w, pool.stride_w, pool.kernel_w, pool.origin_w, pool.tile_w);
}

std::vector<VectorOperand> operand_plan(const PoolCommand& pool) {
  std::vector<VectorOperand> operands;
  operands.reserve(count_operands(pool));
  for (std::uint32_t i = 0; i < pool.out_h; ++i) {
    const Inside rows =
        inside(pool.origin_h + std::int64_t{i} * pool.stride_h, pool.kernel_h, pool.tile_h);
    for (std::uint32_t j = 0; j < pool.out_w; ++j) {
      const Inside cols =
          inside(pool.origin_w + std::int64_t{j} * pool.stride_w, pool.kernel_w, pool.tile_w);
      const std::uint32_t output_row = pool.output_row + i * pool.output_step() + j;
      const std::size_t first = operands.size();
      for (std::int64_t h = rows.from; h < rows.to; ++h) {
        for (std::int64_t w = cols.from; w < cols.to; ++w) {
          const auto offset = static_cast<std::uint32_t>(h * pool.input_step() + w);
          operands.push_back({pool.input_row + offset, false, false, output_row});
        }
      }
      end_output(operands, first);
    }
  }
  return operands;
}

std::vector<VectorOperand> operand_plan(const AddCommand& add) {
  std::vector<VectorOperand> operands;
  operands.reserve(std::size_t{2} * add.rows);
  for (std::uint32_t row = 0; row < add.rows; ++row) {
    operands.push_back({add.input_row[0] + row, true, false, add.output_row + row});
    operands.push_back({add.input_row[1] + row, false, true, add.output_row + row});
  }
  return operands;
}

std::vector<VectorOperand> operand_plan(const DepthwiseCommand& depthwise) {
  std::vector<VectorOperand> operands;
  operands.reserve(depthwise.constant_rows() +
                   std::size_t{depthwise.out_h} * depthwise.out_w * depthwise.taps());
  for (std::uint32_t row = 0; row < depthwise.constant_rows(); ++row) {
    operands.push_back({depthwise.constants_row + row, false, false, 0, true});
  }
  for (std::uint32_t i = 0; i < depthwise.out_h; ++i) {
    for (std::uint32_t j = 0; j < depthwise.out_w; ++j) {
      const std::uint32_t output_row = depthwise.output_row + i * depthwise.out_w + j;
      const std::size_t first = operands.size();
      for (std::uint32_t kh = 0; kh < depthwise.kernel_h; ++kh) {
        for (std::uint32_t kw = 0; kw < depthwise.kernel_w; ++kw) {
          const std::uint32_t row =
              depthwise.input_row +
              (i * depthwise.stride_h + kh * depthwise.dilation_h) * depthwise.tile_w +
              j * depthwise.stride_w + kw * depthwise.dilation_w;
          operands.push_back({row, false, false, output_row});
        }
      }
      end_output(operands, first);
    }
  }
  return operands;
}

std::vector<VectorOperand> operand_plan(const Command& command) {
  if (const auto* pool = std::get_if<PoolCommand>(&command.body)) {
    return operand_plan(*pool);
  }
  if (const auto* add = std::get_if<AddCommand>(&command.body)) {
    return operand_plan(*add);
  }
  return operand_plan(std::get<DepthwiseCommand>(command.body));
}

VectorPace pace_of(const Command& command, const VectorConfig& vector, std::uint32_t array_rows) {
  if (const auto* pool = std::get_if<PoolCommand>(&command.body)) {
    return {pool->elements, vector.lanes};
  }
  if (const auto* depthwise = std::get_if<DepthwiseCommand>(&command.body)) {
    return {depthwise->elements, vector.mac_lanes};
  }
  return {array_rows, vector.lanes};
}

}  // namespace systole
