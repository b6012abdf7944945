#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

#include "sim/storage/row.hpp"

namespace systole {

/// Two blocks of operands: one takes scratchpad rows while the other gives columns.
///
/// Timing: none of its own. A row can come in the cycle of a turn or later, a column leaves in the
/// cycle in which it is asked for; when that is, is settled where the commands are issued
/// (sim/program/fold_timing.hpp).
class Transposer {
 public:
  Transposer(std::size_t rows, std::size_t columns)
      : rows_{rows}, filling_(rows * columns), giving_(rows * columns) {}

  void put(std::size_t row, std::size_t column, std::int16_t value) {
    filling_[column * rows_ + row] = value;
  }

  /// The block that was filled gives its columns; the next one starts with zeros.
  void turn();

  /// Element `column` of each row.
  void column(std::size_t column, OperandRow& out) const;

 private:
  const std::size_t rows_;
  std::vector<std::int16_t> filling_;  // column by column
  std::vector<std::int16_t> giving_;
};

}  // namespace systole
