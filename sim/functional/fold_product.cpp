#include "sim/functional/fold_product.hpp"

namespace systole {

void multiply_vector(std::uint32_t* psums, const std::int16_t* ifmap, const std::int16_t* weights,
                     std::size_t k, std::size_t cols) {
  for (std::size_t r = 0; r < k; ++r) {
    const std::int32_t lane = ifmap[r];
    if (lane == 0) {
      continue;
    }
    const std::int16_t* row = weights + r * cols;
    for (std::size_t c = 0; c < cols; ++c) {
      psums[c] += static_cast<std::uint32_t>(lane * row[c]);
    }
  }
}

}  // namespace systole
