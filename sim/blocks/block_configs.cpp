#include "sim/blocks/block_configs.hpp"

namespace systole {

SequencerBlockConfig sequencer_config(const AcceleratorConfig& config) {
  return {config.sequencer, local_shape(config), loop_shape(config)};
}

LoadUnitConfig load_unit_config(const AcceleratorConfig& config) {
  const LocalShape local = local_shape(config);
  return {config.dma, local, {config.scratchpad, local}};
}

StoreUnitConfig store_unit_config(const AcceleratorConfig& config) {
  return {config.dma, {config.array.cols, config.array.rows}};
}

StoreTimingConfig store_timing_config(const AcceleratorConfig& config) {
  return {store_unit_config(config), config.accumulators.read_latency,
          config.requant.pipeline_entries};
}

ExecuteUnitConfig execute_unit_config(const AcceleratorConfig& config) {
  return {config.array, config.scratchpad.read_latency};
}

ExecuteTimingConfig execute_timing_config(const AcceleratorConfig& config) {
  const LocalShape local = local_shape(config);
  return {execute_unit_config(config),
          local.accumulator_bank_rows,
          {config.scratchpad, local},
          TimingKey{config}};
}

}  // namespace systole
