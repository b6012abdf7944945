#pragma once

#include <array>
#include <cstdint>
#include <vector>

#include "sim/config/accelerator_config.hpp"
#include "sim/program/command.hpp"

namespace systole {

/// The bytes of all local memories, by rows.
class LocalMemories {
 public:
  explicit LocalMemories(const AcceleratorConfig& config);

  std::uint32_t row_bytes(LocalMemory memory) const { return of(memory).row_bytes; }

  /// `rows` consecutive rows from `row` on. Throws std::logic_error outside the memory.
  std::uint8_t* rows(LocalMemory memory, std::uint32_t row, std::uint32_t count = 1);

  /// Accumulator rows of `array.cols` sums.
  std::int64_t* psums(std::uint32_t row);

  /// Writes bytes over the start of an accumulator row as it lies packed.
  void load_psums(std::uint32_t row, const std::uint8_t* bytes, std::uint32_t size);

 private:
  struct Memory {
    std::vector<std::uint8_t> bytes;
    std::uint32_t row_bytes = 0;
  };

  const Memory& of(LocalMemory memory) const { return memories_[static_cast<std::size_t>(memory)]; }

  std::array<Memory, 4> memories_;  // the accumulators' is empty
  std::uint32_t cols_;
  std::uint32_t psum_bits_;
  std::vector<std::int64_t> psums_;
  std::vector<std::uint8_t> packed_;  // of a row that is being loaded
};

}  // namespace systole
