#pragma once

#include "models/scratchpad/bank_map.hpp"
#include "sim/config/accelerator_config.hpp"
#include "sim/program/machine_shape.hpp"

namespace systole {

/// What the load unit knows of the machine.
struct LoadUnitConfig {
  DmaConfig dma;
  LocalShape local;  ///< tells the local rows of a DRAM row
  BankMap banks;     ///< of which data and padding take one each
};

}  // namespace systole
