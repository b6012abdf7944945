#pragma once

#include <cstdint>

#include "sim/network/network.hpp"

namespace systole {

/// `elements` values of a tensor that nobody gave: uniform over the format's range (floats: over
/// [0, 1)), by splitmix64 of `stream` and the element's index.
TensorData random_values(const Tensor& tensor, std::uint64_t stream);

/// Gives every constant without values random ones, and every requantizer without constants
/// those that spread the layer's sums over its output's range, so that a network of shapes runs
/// with data. The same for the same seed, everywhere, whatever file the network was read from: a
/// constant's numbers follow from its place among the constant operands of the layers, in their
/// order. Weights are uniform over their range, biases over an eighth of the spread of the sums.
void fill_with_random_data(Network& network, std::uint64_t seed);

}  // namespace systole
