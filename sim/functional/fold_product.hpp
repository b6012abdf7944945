#pragma once

#include <cstddef>
#include <cstdint>

namespace systole {

/// psums[c] += sum over r of ifmap[r] * weights[r][c], modulo 2^32, for one ifmap vector of `k`
/// lanes and `cols` columns; weights row-major. Exact on every instruction set.
void multiply_vector(std::uint32_t* psums, const std::int16_t* ifmap, const std::int16_t* weights,
                     std::size_t k, std::size_t cols);

}  // namespace systole
