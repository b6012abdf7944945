#pragma once

#include <vector>

#include "sim/config/accelerator_config.hpp"
#include "sim/legalize/legalization_note.hpp"
#include "sim/network/network.hpp"

namespace systole {

/// Bits of a tensor's values less its zero point, signed, at least its own; of values that nobody
/// has looked at, those that any may take.
std::uint32_t bits_without_zero_point(const Tensor& weights);

/// The array multiplies weights without a zero point: constants with one become the same numbers
/// without, a bit wider where they must, if the array's weights are as wide. Others stay as they
/// are, for the compiler to refuse.
void take_weight_zero_points(Network& network, const ArrayConfig& array,
                             std::vector<LegalizationNote>& notes);

}  // namespace systole
