#pragma once

#include <vector>

#include "sim/network/network.hpp"

namespace systole::golden {

/// Output of one layer from its inputs, by the layer's definition: plain loops over
/// integers, no tiles, no time, and no code of the machine. `inputs` follow layer.inputs.
/// Accumulators are 32 bits and wrap. Throws Refusal for inputs of the wrong size.
TensorData run_layer(const Network& network, const Layer& layer,
                     const std::vector<const TensorData*>& inputs);

/// Every tensor of the network for the given values of network.inputs; constants included.
std::vector<TensorData> run(const Network& network, const std::vector<TensorData>& inputs);

}  // namespace systole::golden
