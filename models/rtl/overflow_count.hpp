#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

#include "models/array/pe_array.hpp"
#include "sim/storage/psum.hpp"

namespace systole::rtl {

/// The sums that leave psums of 32 bits in a weight-stationary array: its hardware wraps them
/// without a word, so they are counted from what goes in. A vector meets the weights that were
/// complete when it entered.
class OverflowCount {
 public:
  OverflowCount(std::size_t rows, std::size_t cols)
      : rows_{rows}, cols_{cols}, active_(rows * cols), shadow_(rows * cols) {}

  void step(const ArrayInput& input) {
    if (input.ifmap != nullptr && input.swap) {
      active_ = shadow_;
    }
    if (input.weights != nullptr) {
      for (std::size_t c = 0; c < cols_; ++c) {
        shadow_[input.weight_row * cols_ + c] = (*input.weights)[c];
      }
    }
    for (std::size_t c = 0; input.ifmap != nullptr && c < cols_; ++c) {
      std::int64_t psum = 0;
      for (std::size_t r = 0; r < rows_; ++r) {
        const std::int64_t product = std::int64_t{(*input.ifmap)[r]} * active_[r * cols_ + c];
        psum = add_psum(psum, product, {32, Overflow::Wrap}, count_);
      }
    }
  }

  std::uint64_t count() const { return count_; }

 private:
  std::size_t rows_;
  std::size_t cols_;
  std::vector<std::int16_t> active_, shadow_;
  std::uint64_t count_ = 0;
};

}  // namespace systole::rtl
