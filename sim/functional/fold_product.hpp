#pragma once

#include <cstddef>
#include <cstdint>

#include "sim/functional/fold_kernels.hpp"

namespace systole {

/// A fold's operands on their way through the vector unit of this computer: weights that stay, and
/// ifmap vectors that pass. Products are exact sums modulo 2^32 on every instruction set
/// (instruction_sets.hpp). Not for sums that the products of a column may overflow
/// (products_may_overflow).
class FoldProduct {
 public:
  explicit FoldProduct(std::uint32_t columns);

  /// Keeps the weights, for ifmap elements of one type: row r holds those of product r, of which
  /// the first `n` columns count.
  void take_weights(const ElementRows& weights, std::uint32_t n, ElementType ifmap);

  /// Multiplies the first `k` elements of each ifmap row with the weights, into the row of psums
  /// beside it.
  void multiply(const ElementRows& ifmap, std::uint32_t k, const PsumRows& psums);

  /// Products so far with an operand of zero, of the n columns that count; starts again.
  std::uint64_t take_zero_operands();

  /// Additions to accumulators so far that left 32 bits; starts again.
  std::uint64_t take_overflows();

 private:
  void count_zeros();

  FoldBuffers buffers_;
  std::uint32_t n_ = 0;
  ElementType ifmap_ = ElementType::Int8;
  std::uint64_t vectors_ = 0;   // since the weights came
  std::uint64_t products_ = 0;  // of these vectors
  std::uint64_t zero_operands_ = 0;
};

}  // namespace systole
