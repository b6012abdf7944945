#pragma once

#include <cstdint>
#include <optional>
#include <vector>

#include "sim/compiler/conv_lowering.hpp"
#include "sim/compiler/dram_map.hpp"
#include "sim/network/network.hpp"
#include "sim/program/dram_places.hpp"

namespace systole {

/// What decides a layer's tiling and commands on one accelerator, places in DRAM and tensors that
/// stay in the scratchpad apart: operator, shapes, formats, pinned tiles. `run_time`: by tensor,
/// given or computed. None for layers that have no commands.
std::optional<std::vector<std::uint64_t>> likeness(const Network& network, const Layer& layer,
                                                   const std::vector<bool>& run_time);

/// Appends where the layer's operands are in DRAM, as far as it matters to a machine. Pieces of the
/// map share no block if `places.period` is at most their alignment.
void append_places(const DramMap& dram, const Layer& layer, const ConvAddresses& at,
                   const DramPlaces& places, std::vector<std::uint64_t>& numbers);

}  // namespace systole
