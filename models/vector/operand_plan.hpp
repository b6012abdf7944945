#pragma once

#include <cstdint>
#include <vector>

#include "sim/config/accelerator_config.hpp"
#include "sim/network/ceil_div.hpp"
#include "sim/program/command.hpp"

namespace systole {

/// A scratchpad row that the vector unit asks for; the result of an output row follows its last
/// operand.
struct VectorOperand {
  std::uint32_t row = 0;
  bool first = false;
  bool last = false;
  std::uint32_t output_row = 0;
  bool constant = false;  ///< of a depthwise convolution: no part of an output
};

/// The operand rows of a command in the order in which they are asked for: output row by output
/// row, the taps of a window that lie inside the tile row by row. Throws std::logic_error for an
/// output without operands.
std::vector<VectorOperand> operand_plan(const PoolCommand& pool);
std::uint64_t count_operands(const PoolCommand& pool);  ///< how many these are
std::vector<VectorOperand> operand_plan(const AddCommand& add);
/// The constants, then all taps of each window, row by row.
std::vector<VectorOperand> operand_plan(const DepthwiseCommand& depthwise);

/// Elements of each operand row of a command, and how many of them the unit takes a cycle.
struct VectorPace {
  std::uint32_t elements = 0;
  std::uint32_t lanes = 1;

  std::uint32_t cycles_per_row() const { return ceil_div(elements, lanes); }
};

/// Of any command of the unit.
std::vector<VectorOperand> operand_plan(const Command& command);
VectorPace pace_of(const Command& command, const VectorConfig& vector, std::uint32_t array_rows);

}  // namespace systole
