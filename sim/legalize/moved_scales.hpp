#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "sim/network/network.hpp"

namespace systole {

/// By tensor: the scale that a network of power-of-two scales has, over the one that it has now.
///
/// Each computed tensor's scale becomes the power of two that covers its range. Tensors that an
/// operator takes as they are (pools, concatenations, whatever moves or compares elements) share
/// their scale and so move together. What has to keep its scale keeps that of all that share it:
/// network inputs, results of fixed scale, and operands of operators whose constants do not tell
/// how they depend on a scale (tables, floating point, ONNX's integer products). 1 for constants.
std::vector<double> scale_growth(const Network& network);

/// Whether the operator's output has the numbers of its inputs, and so their scale.
bool shares_scale(const LayerOp& op);

/// The integer that is nearest to the same real number once the scale has grown.
std::int32_t rescaled(std::int32_t q, std::int32_t zero_point, double growth, ElementFormat format);

/// Both ends `rescaled`; says what changed, or nothing.
std::string rescale_clamp(std::int32_t& low, std::int32_t& high, std::int32_t zero_point,
                          double growth, ElementFormat format);

}  // namespace systole
