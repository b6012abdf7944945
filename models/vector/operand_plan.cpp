#include "models/vector/operand_plan.hpp"

#include <algorithm>
#include <stdexcept>

namespace systole {
namespace {

void plan(const std::vector<std::uint32_t>& rows, std::uint32_t output_row,
          std::vector<VectorOperand>& operands) {
  if (rows.empty()) {
    throw std::logic_error{"an output without operands"};
  }
  for (std::size_t i = 0; i < rows.size(); ++i) {
    operands.push_back({rows[i], i == 0, i + 1 == rows.size(), output_row});
  }
}

/// Taps inside the tile along one dimension, summed over the outputs.
std::uint64_t count_taps(std::uint32_t out, std::uint32_t stride, std::uint32_t kernel,
                         std::int32_t origin, std::uint32_t tile) {
  std::int64_t count = 0;
  for (std::uint32_t i = 0; i < out; ++i) {
    const std::int64_t first = origin + std::int64_t{i} * stride;
    count += std::max<std::int64_t>(
        0, std::min<std::int64_t>(first + kernel, tile) - std::max<std::int64_t>(first, 0));
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
  std::vector<std::uint32_t> rows;
  for (std::uint32_t i = 0; i < pool.out_h; ++i) {
    for (std::uint32_t j = 0; j < pool.out_w; ++j) {
      rows.clear();
      for (std::uint32_t kh = 0; kh < pool.kernel_h; ++kh) {
        for (std::uint32_t kw = 0; kw < pool.kernel_w; ++kw) {
          const std::int64_t h = pool.origin_h + std::int64_t{i} * pool.stride_h + kh;
          const std::int64_t w = pool.origin_w + std::int64_t{j} * pool.stride_w + kw;
          if (h >= 0 && h < pool.tile_h && w >= 0 && w < pool.tile_w) {
            rows.push_back(pool.input_row + static_cast<std::uint32_t>(h * pool.input_step() + w));
          }
        }
      }
      plan(rows, pool.output_row + i * pool.output_step() + j, operands);
    }
  }
  return operands;
}

std::vector<VectorOperand> operand_plan(const AddCommand& add) {
  std::vector<VectorOperand> operands;
  for (std::uint32_t row = 0; row < add.rows; ++row) {
    plan({add.input_row[0] + row, add.input_row[1] + row}, add.output_row + row, operands);
  }
  return operands;
}

std::vector<VectorOperand> operand_plan(const DepthwiseCommand& c) {
  std::vector<VectorOperand> operands;
  for (std::uint32_t row = 0; row < c.constant_rows(); ++row) {
    operands.push_back({c.constants_row + row, false, false, 0, true});
  }
  std::vector<std::uint32_t> rows(c.taps());
  for (std::uint32_t i = 0; i < c.out_h; ++i) {
    for (std::uint32_t j = 0; j < c.out_w; ++j) {
      for (std::uint32_t tap = 0; tap < c.taps(); ++tap) {
        rows[tap] = c.input_row + (i * c.stride_h + tap / c.kernel_w * c.dilation_h) * c.tile_w +
                    j * c.stride_w + tap % c.kernel_w * c.dilation_w;
      }
      plan(rows, c.output_row + i * c.out_w + j, operands);
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

VectorPace pace_of(const Command& command, const AcceleratorConfig& config) {
  if (const auto* pool = std::get_if<PoolCommand>(&command.body)) {
    return {pool->elements, config.vector.lanes};
  }
  if (const auto* depthwise = std::get_if<DepthwiseCommand>(&command.body)) {
    return {depthwise->elements, config.vector.mac_lanes};
  }
  return {config.array.rows, config.vector.lanes};
}

}  // namespace systole
