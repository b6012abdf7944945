#pragma once

#include <cstddef>
#include <cstdint>

#include "sim/functional/fold_kernels.hpp"

namespace systole {

/// Operands of folds on their way through the vector unit of this computer: weights of folds, and
/// ifmap vectors that pass them. Products are exact sums modulo 2^32 on every instruction set
/// (instruction_sets.hpp). Not for sums that the products of a column may overflow
/// (products_may_overflow).
class FoldProduct {
 public:
  explicit FoldProduct(std::uint32_t columns);

  /// How many it keeps the weights of, numbered from 0.
  std::uint32_t folds() const { return folds_; }

  /// Whether weights of `k` products and these types may be kept beside those that it has.
  bool keeps_beside(std::uint32_t k, ElementType weights, ElementType ifmap) const;

  /// Forgets all weights: others come, of `k` products for ifmap elements of one type.
  void start(std::uint32_t k, ElementType weights, ElementType ifmap);

  /// Keeps the weights as those of `fold`: row r holds those of product r, of which the first `n`
  /// columns count. Throws std::logic_error unless they may be kept.
  void take_weights(std::uint32_t fold, const ElementRows& weights, std::uint32_t n);

  /// Adds the products of all chains with the ifmap's vectors, of `k` elements at least as many as
  /// the folds have products, into the row of psums beside each.
  void multiply(const FoldChains& chains, const ElementRows& ifmap, std::uint32_t k,
                const PsumRows& psums);

  /// Products so far of operands that are both not zero; starts again.
  std::uint64_t take_nonzero_products();

  /// Additions to accumulators so far that left 32 bits; starts again.
  std::uint64_t take_overflows();

 private:
  FoldBuffers buffers_;
  std::uint32_t folds_ = 1;
};

}  // namespace systole
