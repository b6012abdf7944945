#pragma once

#include <cstdint>

#include "models/scratchpad/bank_map.hpp"
#include "sim/config/accelerator_config.hpp"
#include "sim/program/timing_key.hpp"

namespace systole {

/// What the execute unit knows of the machine.
struct ExecuteUnitConfig {
  ArrayConfig array;
  std::uint32_t scratchpad_read_latency = 4;  ///< cycles from a bank's grant to the array's edge
  bool operand_queue = false;  ///< operands that the array cannot take wait behind the scratchpad
};

/// What its recurrence knows, which is also the array's and that of the scratchpad's operand port.
struct ExecuteTimingConfig {
  ExecuteUnitConfig unit;
  std::uint32_t accumulator_bank_rows = 0;  ///< rows of one bank
  BankMap banks;                            ///< of the scratchpads
  TimingKey key;                            ///< names folds that take the same time
};

}  // namespace systole
