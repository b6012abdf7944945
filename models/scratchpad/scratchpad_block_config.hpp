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
};

}  // namespace systole
