#pragma once

#include <functional>
#include <vector>

#include "sim/compiler/compiler.hpp"
#include "sim/compiler/conv_layer.hpp"
#include "sim/compiler/conv_lowering.hpp"
#include "sim/compiler/weight_image.hpp"
#include "sim/config/accelerator_config.hpp"
#include "sim/network/network.hpp"

namespace systole {

/// A layer's weights as its commands read them.
using WeightLayout = std::function<std::vector<std::uint8_t>(const TensorData& weights)>;

/// Appends what a layer of the array finds in DRAM beside activations: its weights, biases and
/// requantization constants, those of them that have values. `blocks`: its output channels, as
/// biases and constants are cut.
void append_constants(const Network& network, const ConvLayer& layer, const WeightImage& blocks,
                      const WeightLayout& layout, const ConvAddresses& at,
                      const AcceleratorConfig& config, std::vector<DramSegment>& image);

}  // namespace systole
