#include "sim/program/load_rows.hpp"

#include <algorithm>

#include "sim/network/packing.hpp"
#include "sim/program/hazards.hpp"
#include "sim/storage/psum.hpp"

namespace systole {
namespace {

constexpr std::uint32_t kWideBytes = 4;  // an int8 element in the accumulators

/// Whole biases in so many bytes of a block.
std::uint32_t biases_in(std::uint32_t bytes, const LocalShape& shape) {
  return std::min(shape.array_cols, bytes * 8 / shape.bias_bits);
}

}  // namespace

std::uint32_t merged_row_bytes(const LoadCommand& load, const LocalShape& shape) {
  if (load.widen) {
    return shape.array_cols;
  }
  return sign_extends(load, shape) ? shape.bias_row_bytes
                                   : shape.of(load.destination.memory).row_bytes;
}

std::uint64_t written_row_bytes(const LoadCommand& load, const LocalShape& shape) {
  if (!sign_extends(load, shape)) {
    return std::uint64_t{load.row_bytes} * (load.widen ? kWideBytes : 1);
  }
  const std::uint32_t before = blocks(load, shape) - 1;
  const std::uint32_t last = load.row_bytes - before * shape.bias_row_bytes;
  return std::uint64_t{before} * shape.of(LocalMemory::Accumulators).row_bytes +
         packed_bytes(biases_in(last, shape), shape.accumulator_bits);
}

std::vector<std::uint8_t> sign_extended(const std::uint8_t* biases, std::uint32_t size,
                                        const LocalShape& shape) {
  const std::uint32_t bits = shape.accumulator_bits;
  const std::uint32_t count = biases_in(size, shape);
  std::vector<std::uint8_t> psums(packed_bytes(count, bits));
  for (std::uint32_t i = 0; i < count; ++i) {
    write_psum(psums.data(), i, bits, read_psum(biases, i, shape.bias_bits));
  }
  return psums;
}

}  // namespace systole
