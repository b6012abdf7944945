#pragma once

#include <cstddef>

#include "sim/functional/fold_kernels.hpp"

namespace systole::portable {

// The kernels for computers without vectors that Highway knows. Weights lie as
// words, [product][column].
void pack_fold_weights(FoldBuffers& buffers, const ElementRows& weights, std::size_t n);
void multiply_fold(FoldBuffers& buffers, const ElementRows& ifmap, std::size_t k,
                   const PsumRows& psums);

}  // namespace systole::portable
