#pragma once

#include <cstdint>

#include "models/scratchpad/bank_map.hpp"
#include "sim/config/accelerator_config.hpp"
#include "sim/program/machine_shape.hpp"

namespace systole {

/// What the scratchpad knows of the machine.
struct ScratchpadBlockConfig {
  ScratchpadOrganization organization = ScratchpadOrganization::Unified;
  BankPorts ports = BankPorts::Single;
  std::uint32_t read_latency = 4;  ///< cycles from a bank's grant to the array's edge
  BankMap banks;
  LocalShape::Memory activation;  ///< all of it when unified
  LocalShape::Memory weight;      ///< split only
  std::uint32_t array_rows = 0;   ///< activations that the array takes of a row
  std::uint32_t array_cols = 0;   ///< weights
  /// Operands of so many cycles wait for the array; 0: none do.
  std::uint32_t operand_queue = 0;
  std::uint32_t steps_in_array = 0;   ///< at most, with an operand queue
  std::uint64_t cycles_in_array = 0;  ///< from a step's last row to its last result
};

}  // namespace systole
