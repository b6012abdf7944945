#pragma once

#include <cstdint>
#include <vector>

#include "sim/program/command.hpp"
#include "sim/program/machine_shape.hpp"

namespace systole {

/// DRAM rows that the load reads: one if it repeats it.
inline std::uint32_t rows_read(const LoadCommand& load) {
  return load.dram_pitch == 0 ? 1 : load.rows;
}

/// Local rows that each of them is written to.
inline std::uint32_t copies(const LoadCommand& load) {
  return load.dram_pitch == 0 ? load.rows : 1;
}

/// Whether the load brings biases narrower than the accumulators to these, sign-extended on their
/// way in: a local row is written once, when all of it is there.
inline bool sign_extends(const LoadCommand& load, const LocalShape& shape) {
  return load.operand == Operand::Bias && load.destination.memory == LocalMemory::Accumulators &&
         shape.bias_bits != shape.accumulator_bits;
}

/// Of a DRAM row of the load, the bytes that fill a local row.
std::uint32_t merged_row_bytes(const LoadCommand& load, const LocalShape& shape);

/// Bytes that a DRAM row of the load writes to local memory.
std::uint64_t written_row_bytes(const LoadCommand& load, const LocalShape& shape);

/// A packed block of biases as the accumulators have it; at most array.cols of them.
std::vector<std::uint8_t> sign_extended(const std::uint8_t* biases, std::uint32_t size,
                                        const LocalShape& shape);

}  // namespace systole
