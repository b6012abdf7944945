#pragma once

#include <array>
#include <cstdint>
#include <stdexcept>
#include <vector>

#include "sim/config/accelerator_config.hpp"
#include "sim/functional/zeroed.hpp"
#include "sim/program/command.hpp"

namespace systole {

/// The bytes of all local memories, by rows. Behind the last row of each kReadBeyond bytes more may
/// be read (fold_product.hpp).
class LocalMemories {
 public:
  explicit LocalMemories(const AcceleratorConfig& config);

  std::uint32_t row_bytes(LocalMemory memory) const { return of(memory).row_bytes; }

  std::uint32_t row_count(LocalMemory memory) const {
    return static_cast<std::uint32_t>(
        memory == LocalMemory::Accumulators ? psum_rows_ : of(memory).size / of(memory).row_bytes);
  }

  /// `rows` consecutive rows from `row` on. Throws std::logic_error outside the memory.
  std::uint8_t* rows(LocalMemory memory, std::uint32_t row, std::uint32_t count = 1) {
    Memory& at = memories_[static_cast<std::size_t>(memory)];
    if ((std::size_t{row} + count) * at.row_bytes > at.size) {
      throw std::logic_error{"a command leaves its local memory"};
    }
    return at.bytes.get() + std::size_t{row} * at.row_bytes;
  }

  /// Accumulator row `row` and the `count` - 1 behind it, psum_pitch() apart. Sums of up to 32 bits
  /// lie in psums32, of more in psums64.
  std::int32_t* psums32(std::uint32_t row, std::uint32_t count = 1) {
    check_psums(row, count);
    return psums32_.get() + row * psum_pitch_;
  }
  std::int64_t* psums64(std::uint32_t row, std::uint32_t count = 1) {
    check_psums(row, count);
    return psums64_.get() + row * psum_pitch_;
  }
  std::size_t psum_pitch() const { return psum_pitch_; }
  bool has_psums32() const { return psum_bits_ <= 32; }

  /// Writes bytes over the start of an accumulator row as it lies packed.
  void load_psums(std::uint32_t row, const std::uint8_t* bytes, std::uint32_t size);

 private:
  struct Memory {
    Zeroed<std::uint8_t> bytes;
    std::size_t size = 0;  // of the rows
    std::uint32_t row_bytes = 0;
  };

  const Memory& of(LocalMemory memory) const { return memories_[static_cast<std::size_t>(memory)]; }

  std::array<Memory, 4> memories_;  // the accumulators' is empty
  void check_psums(std::uint32_t row, std::uint32_t count) const {
    if (std::size_t{row} + count > psum_rows_) {
      throw std::logic_error{"a command leaves the accumulators"};
    }
  }
  template <typename Psum>
  void load_packed(Psum* values, const std::uint8_t* bytes, std::uint32_t size);

  std::uint32_t cols_;
  std::uint32_t psum_bits_;
  std::size_t psum_rows_;
  std::size_t psum_pitch_;
  Zeroed<std::int32_t> psums32_;
  Zeroed<std::int64_t> psums64_;
  std::vector<std::uint8_t> packed_;  // of a row that is being loaded
};

}  // namespace systole
