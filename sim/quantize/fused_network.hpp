#pragma once

#include <vector>

#include "sim/quantize/float_network.hpp"

namespace systole::quantize {

/// A float network in the form in which it is quantized. Batch norms are folded into the products
/// in front of them, or are depthwise convolutions of 1 x 1 where there is none; activations
/// belong to the layer in front of them, or are max pools of 1 x 1; averages that count their
/// padding are depthwise convolutions; what no output needs is gone. Names of layers are fit for
/// file names.
struct FusedNetwork {
  FloatNetwork network;           ///< without FloatBatchNorm and FloatClip
  std::vector<FloatClip> limits;  ///< of each layer's output, by the layer's index
};

/// Throws ConfigError with the places of all layers that cannot be brought to this form.
FusedNetwork fuse(const FloatNetwork& network);

}  // namespace systole::quantize
