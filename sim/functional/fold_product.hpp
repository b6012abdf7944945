#pragma once

#include <array>
#include <cstddef>
#include <cstdint>

#include "sim/functional/fold_kernels.hpp"

namespace systole {

/// Operands of folds on their way through the vector unit of this computer: weights of one fold or
/// a few, and ifmap vectors that pass them. Products are exact sums modulo 2^32 on every
/// instruction set (instruction_sets.hpp). Not for sums that the products of a column may overflow
/// (products_may_overflow).
class FoldProduct {
 public:
  static constexpr std::size_t kSets = 4;  ///< folds whose weights it keeps

  explicit FoldProduct(std::uint32_t columns);

  /// Keeps the weights as those of fold `set`, for ifmap elements of one type: row r holds those of
  /// product r, of which the first `n` columns count.
  void take_weights(std::size_t set, const ElementRows& weights, std::uint32_t n,
                    ElementType ifmap);

  /// Whether both folds may be multiplied together.
  bool alike(std::size_t a, std::size_t b) const;

  /// Makes the weights of fold `set` those of fold 0.
  void move_to_front(std::size_t set);

  /// Multiplies the first `k` elements of each ifmap row with the weights of folds `first` to
  /// `first` + `count` - 1, into the row of psums beside it; those of fold f are `offsets[f]`
  /// accumulators behind.
  void multiply(std::size_t first, std::size_t count, const ElementRows& ifmap, std::uint32_t k,
                const PsumRows& psums, const std::array<std::ptrdiff_t, kSets>& offsets);

  /// Products so far with an operand of zero, of the n columns that count; starts again.
  std::uint64_t take_zero_operands();

  /// Additions to accumulators so far that left 32 bits; starts again.
  std::uint64_t take_overflows();

 private:
  struct Slot {
    FoldWeights weights;
    ElementType ifmap = ElementType::Int8;
  };

  void grow(FoldWeights& weights);

  FoldBuffers buffers_;
  std::array<Slot, kSets> slots_;
  std::uint64_t zero_operands_ = 0;
};

}  // namespace systole
