#pragma once

#include <cstdint>

#include "sim/functional/fold_kernels.hpp"

namespace systole::portable {

// The kernels for computers without vectors that Highway knows. Weights lie as
// words, [product][column].
void pack_fold_weights(FoldBuffers& buffers, std::uint32_t fold, const ElementRows& weights,
                       std::uint32_t n);
void multiply_folds(FoldBuffers& buffers, const FoldChains& chains, const ElementRows& ifmap,
                    const PsumRows& psums);

}  // namespace systole::portable
