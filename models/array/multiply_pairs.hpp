#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

namespace systole {

/// Operands of two array rows that meet the same sum.
struct OperandPairOfRows {
  std::int16_t upper = 0;
  std::int16_t lower = 0;
};

/// sums[i] += weights_0[i] . ifmap_0[i] + weights_1[i] . ifmap_1[i], modulo 2^32, where a . b is
/// a.upper * b.upper + a.lower * b.lower.
using MultiplyPairs = void (*)(std::uint32_t* sums, const OperandPairOfRows* weights_0,
                               const OperandPairOfRows* ifmap_0, const OperandPairOfRows* weights_1,
                               const OperandPairOfRows* ifmap_1, std::size_t count);

/// All that this processor can run, the fastest last: they differ in nothing else.
std::vector<MultiplyPairs> multiply_pairs_here();

}  // namespace systole
