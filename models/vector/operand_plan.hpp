#pragma once

#include <cstdint>
#include <vector>

#include "sim/program/command.hpp"

namespace systole {

/// A scratchpad row that the vector unit asks for; the result of an output row follows its last
/// operand.
struct VectorOperand {
  std::uint32_t row = 0;
  bool first = false;
  bool last = false;
  std::uint32_t output_row = 0;
};

/// The operand rows of a command in the order in which they are asked for: output row by output
/// row, the taps of a window that lie inside the tile row by row. Throws std::logic_error for an
/// output without operands.
std::vector<VectorOperand> operand_plan(const PoolCommand& pool);
std::vector<VectorOperand> operand_plan(const AddCommand& add);

}  // namespace systole
