#pragma once

#include <cstdint>
#include <optional>
#include <vector>

#include "sim/network/network.hpp"

namespace systole {

/// What decides a layer's tiling and commands on one accelerator, places in DRAM and tensors that
/// stay in the scratchpad apart: operator, shapes, formats, pinned tiles. `run_time`: by tensor,
/// given or computed. None for layers that have no commands.
std::optional<std::vector<std::uint64_t>> likeness(const Network& network, const Layer& layer,
                                                   const std::vector<bool>& run_time);

}  // namespace systole
