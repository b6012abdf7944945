#pragma once

#include <cstdint>
#include <vector>

#include "sim/config/accelerator_config.hpp"
#include "sim/program/command.hpp"

namespace systole {

/// Whether the load brings biases narrower than the accumulators to these, sign-extended on their
/// way in: a local row is written once, when all of it is there.
inline bool sign_extends(const LoadCommand& load, const AcceleratorConfig& config) {
  return load.operand == Operand::Bias && load.destination.memory == LocalMemory::Accumulators &&
         bias_bits(config) != config.array.accumulator_bits;
}

/// Of a DRAM row of the load, the bytes that fill a local row.
std::uint32_t merged_row_bytes(const LoadCommand& load, const AcceleratorConfig& config);

/// Bytes that a DRAM row of the load writes to local memory.
std::uint64_t written_row_bytes(const LoadCommand& load, const AcceleratorConfig& config);

/// A packed block of biases as the accumulators have it; at most array.cols of them.
std::vector<std::uint8_t> sign_extended(const std::uint8_t* biases, std::uint32_t size,
                                        const AcceleratorConfig& config);

}  // namespace systole
