#pragma once

#include <cstddef>
#include <cstdint>

#include "sim/network/requantizer.hpp"
#include "sim/network/tensor.hpp"

namespace systole::golden {

/// Whether the order of additions matters (struct Accumulator), so that sums must be
/// saturating_sum's.
bool saturates(const Requantizer& requant);

/// Operands under one window, [tap][channel], the raw ifmap value where the window lies in padding.
struct Products {
  const std::int32_t* ifmap = nullptr;
  const std::int32_t* weight = nullptr;
  std::int64_t channels = 0;       ///< of a tap
  std::int64_t first_channel = 0;  ///< of the ifmap, the first of them
  std::int32_t ifmap_zero_point = 0;
};

/// The accumulator of output channel `channel`: the bias less zero point times weights, then the
/// folds of accumulator.order, every addition saturating. Throws Refusal if the order
/// does not name each of `count` products once.
std::int64_t saturating_sum(const Products& products, std::size_t count, const TensorData* bias,
                            std::size_t channel, const Accumulator& accumulator);

}  // namespace systole::golden
