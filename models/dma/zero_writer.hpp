#pragma once

#include <cstdint>
#include <optional>

#include "models/scratchpad/scratchpad_messages.hpp"
#include "sim/program/command.hpp"
#include "sim/program/machine_shape.hpp"

namespace systole {

/// Writes the padding of loop instructions beside the data: rows of zeros, a block of a row at a
/// time. A row is taken when the one before has given its last block to the repeater, which writes
/// each block `pixel_repeats` times, one a cycle: those that would lie before the loop's half of
/// the scratchpad take their cycle, too. A row taken in cycle t is first written in t + 2.
/// (Gemmini's ZeroWriter and PixelRepeater.)
class ZeroWriter {
 public:
  explicit ZeroWriter(const LocalShape& local);

  /// First in each cycle: moves the next block to the repeater if that is free.
  void begin_cycle();
  bool can_take() const { return !row_; }
  void take(const FillCommand& fill, std::uint32_t row, bool last, std::uint32_t entry);

  /// What is to be written in the next cycle, if anything is.
  std::optional<LocalWrite> next() const;
  /// That write goes, or the cycle passes in which it would have gone before the memory's start.
  void advance();
  /// The next write lies before the start of the loop's half: nothing is written.
  bool before_start() const;

 private:
  struct Row {
    FillCommand fill;
    std::uint32_t row = 0;
    std::uint32_t block = 0;
    bool last = false;
    std::uint32_t entry = 0;
  };
  struct Block {
    LocalAddress to;
    std::uint32_t offset = 0;  // of one repeat, in bytes
    std::uint32_t elements = 0;
    std::uint32_t repeat = 0;  // the rows that it goes back
    bool last = false;
    std::uint8_t value = 0;
    std::uint32_t entry = 0;
  };

  const std::uint32_t lanes_;
  const std::uint32_t half_;  // rows of the scratchpad
  std::optional<Row> row_;
  std::optional<Block> block_;
  bool leaves_ = false;  // the block's last write has gone
};

}  // namespace systole
