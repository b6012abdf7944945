#pragma once

#include <cstdint>
#include <string>

#include "tests/validation/rtl_table.hpp"

namespace systole::test {

/// A matrix product C = A B (+ D) of the table and where its operands lie; pitches in bytes.
struct Product {
  explicit Product(const RtlCase& rtl);

  std::uint32_t out_bytes() const { return raw ? 4 : 1; }

  std::uint32_t m, n, k;
  std::uint32_t tile_i, tile_j, tile_k;
  std::string bias;
  bool wide_bias;  ///< of all magnitudes: what the scale rounds and saturates
  bool raw;        ///< C as 32-bit sums
  std::uint64_t a_pitch = 0, b_pitch = 0, c_pitch = 0;
  std::uint64_t a = 0, b = 0, c = 0, d = 0;
};

}  // namespace systole::test
