#pragma once

#include "models/accumulators/accumulators_block_config.hpp"
#include "models/array/execute_unit_config.hpp"
#include "models/bus/bus_config.hpp"
#include "models/dma/load_unit_config.hpp"
#include "models/dma/store_unit_config.hpp"
#include "models/dram/dram_block_config.hpp"
#include "models/requant/requant_unit_config.hpp"
#include "models/scratchpad/scratchpad_block_config.hpp"
#include "models/sequencer/sequencer_block_config.hpp"
#include "models/vector/vector_unit_config.hpp"
#include "sim/config/accelerator_config.hpp"

namespace systole {

// What each block knows of the machine that it is a part of, for the block (accelerator.hpp) and
// for its recurrence (machine_timing.hpp).

SequencerBlockConfig sequencer_config(const AcceleratorConfig& config);
BusConfig bus_config(const AcceleratorConfig& config);
LoadUnitConfig load_unit_config(const AcceleratorConfig& config);
StoreUnitConfig store_unit_config(const AcceleratorConfig& config);
StoreTimingConfig store_timing_config(const AcceleratorConfig& config);
ExecuteUnitConfig execute_unit_config(const AcceleratorConfig& config);
ExecuteTimingConfig execute_timing_config(const AcceleratorConfig& config);
ScratchpadBlockConfig scratchpad_config(const AcceleratorConfig& config);
AccumulatorsBlockConfig accumulators_config(const AcceleratorConfig& config);
RequantUnitConfig requant_unit_config(const AcceleratorConfig& config);
VectorUnitConfig vector_unit_config(const AcceleratorConfig& config);
DramBlockConfig dram_config(const AcceleratorConfig& config);

}  // namespace systole
