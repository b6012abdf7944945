#pragma once

#include <vector>

#include "sim/config/accelerator_config.hpp"
#include "sim/legalize/legalization_note.hpp"
#include "sim/network/network.hpp"

namespace systole {

struct Legalized {
  Network network;
  std::vector<LegalizationNote> notes;  ///< empty when nothing had to change
};

/// The given network as this accelerator's numbers can express it: requantizer mode, variant and
/// rounding are the hardware's; on a shift_only unit scales become powers of two; weights lose
/// their zero points where the array has the bits (weight_zero_points.hpp). Golden model and
/// machine both run the result. Throws Refusal for what has no neighbour.
Legalized legalize(Network network, const AcceleratorConfig& config);

}  // namespace systole
