#pragma once

#include <cstdint>

#include "sim/functional/fold_kernels.hpp"

namespace systole {

// Products with a zero operand are events. By product of a fold, those without are the ifmap's
// elements that are not zero times the weights that are not. The portable kernels count their own.

/// Fills nonzero of a fold, of weights as pack_fold_weights() takes them.
void count_nonzero_weights(FoldBuffers& buffers, std::uint32_t fold, const ElementRows& weights,
                           std::uint32_t n);

/// Adds those of all chains to nonzero_products.
void count_nonzero_products(FoldBuffers& buffers, const FoldChains& chains,
                            const ElementRows& ifmap);

/// Whether the weights are 16 rows of 16 bytes, one behind the other.
inline bool is_square_piece(const ElementRows& weights, std::uint32_t n) {
  return weights.pitch == 16 && n == 16 && weights.count == 16 &&
         weights.type != ElementType::Int16;
}

}  // namespace systole
