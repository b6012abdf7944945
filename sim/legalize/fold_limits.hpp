#pragma once

#include <cstddef>
#include <cstdint>

#include "sim/config/accelerator_config.hpp"
#include "sim/legalize/folding.hpp"
#include "sim/network/network.hpp"

namespace systole {

/// Bits of sums, the vector unit's and the array's widest: beyond them they would wrap.
constexpr std::uint32_t kSumBits = 32;

/// Of a product's constant, input 0 or 1, by what it is multiplied with and where that is summed.
FoldLimits limits_of_weights(const Network& network, const Layer& layer, std::size_t input,
                             const AcceleratorConfig& config);

/// Of a sum's constant operand: its shift has to stay in reach of the other's.
FoldLimits limits_of_operand(const Network& network, const Layer& layer, std::size_t input,
                             std::int32_t other_exponent);

}  // namespace systole
