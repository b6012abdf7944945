#include "sim/program/machine_shape.hpp"

#include <stdexcept>

#include "sim/config/accelerator_config.hpp"

namespace systole {

LocalShape local_shape(const AcceleratorConfig& config) {
  LocalShape shape;
  for (std::size_t m = 0; m < shape.memories.size(); ++m) {
    const auto memory = static_cast<LocalMemory>(m);
    shape.memories[m] = {local_rows(config, memory), local_row_bytes(config, memory)};
  }
  shape.accumulator_bank_rows = accumulator_rows(config) / config.accumulators.banks;
  shape.array_rows = config.array.rows;
  shape.array_cols = config.array.cols;
  shape.accumulator_bits = config.array.accumulator_bits;
  shape.bias_bits = bias_bits(config);
  shape.bias_row_bytes = bias_row_bytes(config);
  return shape;
}

LoopShape loop_shape(const AcceleratorConfig& config) {
  return {config.array.rows, config.dma.max_blocks, activation_rows(config),
          accumulator_rows(config)};
}

std::uint32_t local_row_bytes(const AcceleratorConfig& config, LocalMemory memory) {
  switch (memory) {
    case LocalMemory::Scratchpad:
      return activation_row_bytes(config);
    case LocalMemory::WeightScratchpad:
      return weight_row_bytes(config);
    case LocalMemory::Accumulators:
      return accumulator_row_bytes(config);
    case LocalMemory::RequantTable:
      return config.array.cols * requant_entry_bytes(config);
  }
  throw std::logic_error{"unknown local memory"};
}

std::uint32_t local_rows(const AcceleratorConfig& config, LocalMemory memory) {
  switch (memory) {
    case LocalMemory::Scratchpad:
      return activation_rows(config);
    case LocalMemory::WeightScratchpad:
      return weight_rows(config);
    case LocalMemory::Accumulators:
      return accumulator_rows(config);
    case LocalMemory::RequantTable:
      return config.requant.table_rows;
  }
  throw std::logic_error{"unknown local memory"};
}

LocalMemory weight_memory(const AcceleratorConfig& config) {
  return config.scratchpad.organization == ScratchpadOrganization::Unified
             ? LocalMemory::Scratchpad
             : LocalMemory::WeightScratchpad;
}

}  // namespace systole
