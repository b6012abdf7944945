#pragma once

#include <array>
#include <cstdint>
#include <vector>

#include "sim/compiler/compiler.hpp"
#include "sim/compiler/machine_limits.hpp"
#include "sim/program/packed_commands.hpp"

namespace systole {

/// An element-wise sum does not care for the tensor's shape: its packed bytes are cut into chunks
/// of `rows` DRAM rows of `blocks` scratchpad rows each.
struct AddTiling {
  std::uint64_t bytes = 0;  ///< of each tensor
  std::uint32_t bits = 8;   ///< of an element
  std::int64_t rows = 1, blocks = 1;
  std::int64_t slots = 1;  ///< copies of the two operands and the sum

  std::int64_t chunk_rows() const { return 3 * rows * blocks; }  ///< of one copy
};

/// Throws MappingError when not even one row of each operand fits.
AddTiling choose_add_tiling(std::uint64_t bytes, std::uint32_t bits, const MachineLimits& machine);
LayerMapping describe_mapping(const MachineLimits& machine, const AddTiling& tiling);
/// `alignment`: as for lower_conv.
PackedCommands lower_add(const MachineLimits& machine, const AddTiling& tiling,
                         const std::array<std::uint64_t, 2>& input_address,
                         std::uint64_t output_address, std::uint64_t alignment);

}  // namespace systole
