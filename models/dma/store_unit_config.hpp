#pragma once

#include <cstdint>

#include "models/dma/store_walk.hpp"
#include "sim/config/accelerator_config.hpp"

namespace systole {

/// What the store unit knows of the machine.
struct StoreUnitConfig {
  DmaConfig dma;
  RowElements rows;
};

/// What its recurrence knows: also of the blocks that a store's rows go through.
struct StoreTimingConfig {
  StoreUnitConfig unit;
  std::uint32_t accumulator_read_latency = 1;  ///< cycles from a bank's grant to requantization
  std::uint32_t pipeline_entries = 16;  ///< blocks that may be in the scaling pipeline at once
};

}  // namespace systole
