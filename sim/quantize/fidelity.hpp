#pragma once

#include "sim/quantize/quantizer.hpp"

namespace systole::quantize {

/// Of activations that are rounded to a format.
Fidelity value_fidelity(const Activations& values, const IntegerFormat& format);

/// Of weights and the integers for them.
Fidelity weight_fidelity(const FloatTensor& weights, const IntegerWeights& integers);

}  // namespace systole::quantize
