#include "sim/blocks/block_configs.hpp"

#include "sim/program/fold_timing.hpp"

namespace systole {
namespace {

std::uint32_t operand_queue(const AcceleratorConfig& config) {
  return config.sequencer.unroller == Unroller::Loops ? config.scratchpad.operand_queue : 0;
}

}  // namespace

SequencerBlockConfig sequencer_config(const AcceleratorConfig& config) {
  return {config.sequencer, local_shape(config), loop_shape(config)};
}

BusConfig bus_config(const AcceleratorConfig& config) {
  const bool crossbar = config.sequencer.unroller == Unroller::Loops;
  return {crossbar ? config.dma.bus_queue : 0, config.dma.page_bytes, config.dma.bus_bytes};
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
  return {config.array, config.scratchpad.read_latency, operand_queue(config) > 0};
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
          config.array.cols,
          operand_queue(config),
          config.array.steps_in_flight,
          cycles_through(config.array)};
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
