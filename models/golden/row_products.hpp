#pragma once

#include <cstddef>
#include <cstdint>

namespace systole::golden {

/// sums[i * n + j] = row i of `a` [m,k] times row j of `b` [n,k], modulo 2^32.
void row_products(const std::int16_t* a, std::size_t m, const std::int16_t* b, std::size_t n,
                  std::size_t k, std::uint32_t* sums);

}  // namespace systole::golden
