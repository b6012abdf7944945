#pragma once

#include <array>
#include <cstddef>
#include <cstdint>

#include "sim/program/command.hpp"
#include "sim/program/machine_shape.hpp"

namespace systole {

/// The local-memory rows that one command reads. By value and without allocation: the scoreboard
/// asks once per command.
class HazardRanges {
 public:
  /// A store of four accumulator blocks and its requantization constants.
  static constexpr std::size_t kCapacity = 5;

  /// Empty ranges are left out.
  void add(RowRange range) {
    if (range.rows == 0) {
      return;
    }
    if (size_ == kCapacity) {
      refuse();
    }
    ranges_[size_++] = range;
  }

  const RowRange* begin() const { return ranges_.data(); }
  const RowRange* end() const { return ranges_.data() + size_; }
  std::size_t size() const { return size_; }

 private:
  [[noreturn]] static void refuse();

  std::array<RowRange, kCapacity> ranges_{};
  std::uint32_t size_ = 0;
};

/// Rows that the command reads and writes; a range of no rows: none. Ranges may cover more than is
/// touched (the rows between the blocks of a load, say), never less. A Preload claims the
/// accumulator rows and the weights until its Compute has completed.
HazardRanges reads(const Command& command, const LocalShape& shape);
RowRange writes(const Command& command, const LocalShape& shape);
/// Whether none of these rows is past the end of its memory.
bool is_inside(const Command& command, const LocalShape& shape);

/// Padding that the load unit writes when it has no data to write. (That of loop instructions goes
/// beside the data, where no data go.)
bool pads(const Command& command);

/// Local rows that one DRAM row of the command spans.
std::uint32_t blocks(const LoadCommand& load, const LocalShape& shape);
std::uint32_t blocks(const StoreCommand& store, const LocalShape& shape);
/// Bits of an element of the store in DRAM: of a raw sum, or of the layer's ofmap.
std::uint32_t stored_bits(const StoreCommand& store, std::uint32_t ofmap_bits);
/// Blocks of array.cols output channels that the weights have.
std::uint32_t blocks(const PreloadCommand& preload, const LocalShape& shape);

}  // namespace systole
