#include "sim/functional/local_memories.hpp"

#include <algorithm>
#include <stdexcept>

#include "sim/kernel/psum.hpp"
#include "sim/program/hazards.hpp"

namespace systole {

LocalMemories::LocalMemories(const AcceleratorConfig& config)
    : cols_{config.array.cols},
      psum_bits_{config.array.accumulator_bits},
      psums_(std::size_t{accumulator_rows(config)} * cols_),
      packed_(accumulator_row_bytes(config)) {
  for (const LocalMemory memory :
       {LocalMemory::Scratchpad, LocalMemory::WeightScratchpad, LocalMemory::RequantTable}) {
    Memory& at = memories_[static_cast<std::size_t>(memory)];
    at.row_bytes = local_row_bytes(config, memory);
    at.bytes.resize(std::size_t{local_rows(config, memory)} * at.row_bytes);
  }
  memories_[static_cast<std::size_t>(LocalMemory::Accumulators)].row_bytes =
      accumulator_row_bytes(config);
}

std::uint8_t* LocalMemories::rows(LocalMemory memory, std::uint32_t row, std::uint32_t count) {
  Memory& at = memories_[static_cast<std::size_t>(memory)];
  if ((std::size_t{row} + count) * at.row_bytes > at.bytes.size()) {
    throw std::logic_error{"a command leaves its local memory"};
  }
  return at.bytes.data() + std::size_t{row} * at.row_bytes;
}

std::int64_t* LocalMemories::psums(std::uint32_t row) {
  if ((std::size_t{row} + 1) * cols_ > psums_.size()) {
    throw std::logic_error{"a command leaves the accumulators"};
  }
  return psums_.data() + std::size_t{row} * cols_;
}

void LocalMemories::load_psums(std::uint32_t row, const std::uint8_t* bytes, std::uint32_t size) {
  std::int64_t* values = psums(row);
  for (std::uint32_t c = 0; c < cols_; ++c) {
    write_psum(packed_.data(), c, psum_bits_, values[c]);
  }
  std::copy_n(bytes, size, packed_.begin());
  for (std::uint32_t c = 0; c < cols_; ++c) {
    values[c] = read_psum(packed_.data(), c, psum_bits_);
  }
}

}  // namespace systole
