#pragma once

#include <cstdint>
#include <limits>
#include <vector>

#include "sim/config/accelerator_config.hpp"
#include "sim/legalize/legalization_note.hpp"
#include "sim/network/network.hpp"

namespace systole {

/// Whether what the zero point takes off a sum may wrap in its start: it comes back with the
/// products, exactly, through any number of overflows. So where biases are as wide as accumulators
/// that wrap.
bool clips_bias_alone(const AcceleratorConfig& config);

/// The largest start of so many bits; the least is one further from 0.
constexpr std::int64_t largest_start(std::uint32_t bits) {
  return std::numeric_limits<std::int64_t>::max() >> (64 - bits);
}

/// Clips what sums start at to the width of biases, the bias less the ifmap's zero point times the
/// sum of the channel's weights, and changes the layer's bias to match. Where clips_bias_alone says
/// so, the bias alone; as wide as accumulators that saturate, these clip by themselves
/// and there is a note only. Throws Refusal where no bias can: of a product without one, or if it
/// would not be an int32. Layers without data stay as they are.
void clip_biases(Network& network, const AcceleratorConfig& config,
                 std::vector<LegalizationNote>& notes);

}  // namespace systole
