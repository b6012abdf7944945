#pragma once

#include <cstdint>
#include <vector>

#include "sim/config/accelerator_config.hpp"
#include "sim/program/matmul_loop.hpp"

namespace systole {

/// A matrix product C = A B (+ D) for the hardware's loop unroller; pitches in bytes.
struct LoopedMatmul {
  std::uint32_t m = 1, n = 1, k = 1;
  std::uint64_t a = 0, b = 0, c = 0, d = 0;  ///< DRAM addresses
  std::uint64_t a_pitch = 0, b_pitch = 0, c_pitch = 0;
  bool has_bias = false;
  std::uint64_t d_pitch = 0;  ///< 0: one row for all
  bool raw_c = false;         ///< C as 32-bit sums
};

/// What one loop takes at most, in tiles of the array's size.
struct MatmulTile {
  std::uint32_t i = 1, j = 1, k = 1;
};

/// The loops of a product in the order of Gemmini's library: rows, columns, products, the last
/// innermost.
std::vector<MatmulLoop> matmul_loops(const LoopedMatmul& matmul, const MatmulTile& tile,
                                     const AcceleratorConfig& config);

}  // namespace systole
