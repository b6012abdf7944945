#pragma once

#include <array>
#include <cstddef>
#include <cstdint>

#include "sim/program/command.hpp"

namespace systole {

struct AcceleratorConfig;

/// What of a machine says which rows of its local memories a command touches.
struct LocalShape {
  struct Memory {
    std::uint32_t rows = 0;
    std::uint32_t row_bytes = 0;
  };

  std::array<Memory, 4> memories;           ///< by LocalMemory
  std::uint32_t accumulator_bank_rows = 0;  ///< rows of one bank of the accumulators
  std::uint32_t array_rows = 0;             ///< elements of an ifmap vector
  std::uint32_t array_cols = 0;             ///< elements of a block of output channels
  std::uint32_t accumulator_bits = 0;       ///< of a partial sum
  std::uint32_t bias_bits = 0;              ///< of a bias in DRAM
  std::uint32_t bias_row_bytes = 0;         ///< in DRAM, of the biases of a block

  const Memory& of(LocalMemory memory) const { return memories[static_cast<std::size_t>(memory)]; }
};

LocalShape local_shape(const AcceleratorConfig& config);

/// What of a machine the commands of a loop are cut by. Its array is square.
struct LoopShape {
  std::uint32_t array_dim = 0;         ///< rows of the array, and columns
  std::uint32_t max_blocks = 0;        ///< scratchpad rows that one DRAM row of a load may span
  std::uint32_t scratchpad_rows = 0;   ///< in all banks
  std::uint32_t accumulator_rows = 0;  ///< in all banks
};

LoopShape loop_shape(const AcceleratorConfig& config);

/// Bytes of one row, and rows, of a local memory.
std::uint32_t local_row_bytes(const AcceleratorConfig& config, LocalMemory memory);
std::uint32_t local_rows(const AcceleratorConfig& config, LocalMemory memory);

/// Where weights lie: in the one scratchpad when it is unified.
LocalMemory weight_memory(const AcceleratorConfig& config);

}  // namespace systole
