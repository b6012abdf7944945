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

ScratchpadBlockConfig scratchpad_config(const AcceleratorConfig& config) {
  const LocalShape local = local_shape(config);
  return {config.scratchpad.organization,
          config.scratchpad.ports,
          config.scratchpad.read_latency,
          {config.scratchpad, local},
          local.of(LocalMemory::Scratchpad),
          local.of(LocalMemory::WeightScratchpad),
          config.array.rows,
          config.array.cols};
}

AccumulatorsBlockConfig accumulators_config(const AcceleratorConfig& config) {
  return {accumulator_rows(config),
          config.accumulators.banks,
          config.array.cols,
          accumulator_row_bytes(config),
          {config.array.accumulator_bits, config.array.overflow},
          config.accumulators.read_latency,
          config.requant.pipeline_entries};
}

RequantUnitConfig requant_unit_config(const AcceleratorConfig& config) {
  return {config.requant, config.array.cols, requant_entry_bytes(config)};
}

VectorUnitConfig vector_unit_config(const AcceleratorConfig& config) {
  return {config.vector,
          config.array.rows,
          {{config.array.accumulator_bits, config.array.overflow},
           activation_row_bytes(config),
           bias_bits(config),
           requant_entry_bytes(config),
           config.requant.multiplier_bits}};
}

DramBlockConfig dram_config(const AcceleratorConfig& config) {
  return {config.dram, config.dma.bus_bytes, config.clock_mhz};
}

}  // namespace systole
