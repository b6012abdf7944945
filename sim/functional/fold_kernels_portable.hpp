#pragma once

#include <cstddef>
#include <cstdint>

#include "sim/functional/fold_kernels.hpp"

namespace systole::portable {

// The kernels for computers without vectors that Highway knows. Weights lie as
// words, [product][column].
void pack_fold_weights(FoldWeights& to, std::uint32_t columns, const ElementRows& weights);
ZeroCounts zero_counts(const FoldBuffers& buffers, const FoldWeights& weights);
void multiply_fold(FoldBuffers& buffers, const FoldSets& folds, const ElementRows& ifmap,
                   std::size_t k, const PsumRows& psums);

}  // namespace systole::portable
