#include "sim/functional/local_memories.hpp"

#include <stdexcept>

#include "sim/program/hazards.hpp"

namespace systole {

LocalMemories::LocalMemories(const AcceleratorConfig& config)
    : cols_{config.array.cols}, psums_(std::size_t{accumulator_rows(config)} * cols_) {
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

std::int32_t* LocalMemories::psums(std::uint32_t row, std::uint32_t count) {
  if ((std::size_t{row} + count) * cols_ > psums_.size()) {
    throw std::logic_error{"a command leaves the accumulators"};
  }
  return psums_.data() + std::size_t{row} * cols_;
}

}  // namespace systole
