#pragma once

#include <cstdint>

#include "sim/config/accelerator_config.hpp"

namespace systole {

/// What the requantization unit knows of the machine.
struct RequantUnitConfig {
  RequantConfig requant;
  std::uint32_t array_cols = 0;   ///< channels of a row of the table
  std::uint32_t entry_bytes = 0;  ///< of one channel's constants
};

}  // namespace systole
