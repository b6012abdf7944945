// Float networks of random numbers, for the tests of the room that quantizes them.
#pragma once

#include <cstdint>
#include <vector>

#include "sim/quantize/float_network.hpp"

namespace systole::quantize {

/// Numbers in [-1, 1).
std::vector<float> noise(std::size_t count, std::uint64_t seed);

/// Weights [out, kernel, kernel, in] and a bias, without padding.
FloatConv2d random_conv(std::int64_t out, std::int64_t kernel, std::int64_t in, std::uint64_t seed);

/// Variances in [0.5, 2.5).
FloatBatchNorm random_norm(std::size_t channels, std::uint64_t seed);

/// Batch norms behind a convolution, behind an activation and behind a fully connected layer;
/// activations behind a product, an addition, a reshape, and of a value that others read; a pool
/// that counts its padding; a layer that nothing reads.
FloatNetwork network_of_everything();

}  // namespace systole::quantize
