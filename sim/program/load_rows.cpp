#include "sim/program/load_rows.hpp"

#include <algorithm>

#include "sim/network/packing.hpp"
#include "sim/program/hazards.hpp"
#include "sim/storage/psum.hpp"

namespace systole {
namespace {

constexpr std::uint32_t kWideBytes = 4;  // an int8 element in the accumulators

/// Whole biases in so many bytes of a block.
std::uint32_t biases_in(std::uint32_t bytes, const AcceleratorConfig& config) {
  return std::min(config.array.cols, bytes * 8 / bias_bits(config));
}

}  // namespace

std::uint32_t merged_row_bytes(const LoadCommand& load, const AcceleratorConfig& config) {
  if (load.widen) {
    return config.array.cols;
  }
  return sign_extends(load, config) ? bias_row_bytes(config)
                                    : local_row_bytes(config, load.destination.memory);
}

std::uint64_t written_row_bytes(const LoadCommand& load, const AcceleratorConfig& config) {
  if (!sign_extends(load, config)) {
    return std::uint64_t{load.row_bytes} * (load.widen ? kWideBytes : 1);
  }
  const std::uint32_t before = blocks(load, config) - 1;
  const std::uint32_t last = load.row_bytes - before * bias_row_bytes(config);
  return std::uint64_t{before} * accumulator_row_bytes(config) +
         packed_bytes(biases_in(last, config), config.array.accumulator_bits);
}

std::vector<std::uint8_t> sign_extended(const std::uint8_t* biases, std::uint32_t size,
                                        const AcceleratorConfig& config) {
  const std::uint32_t bits = config.array.accumulator_bits;
  const std::uint32_t count = biases_in(size, config);
  std::vector<std::uint8_t> psums(packed_bytes(count, bits));
  for (std::uint32_t i = 0; i < count; ++i) {
    write_psum(psums.data(), i, bits, read_psum(biases, i, bias_bits(config)));
  }
  return psums;
}

}  // namespace systole
