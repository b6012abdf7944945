#pragma once

#include <cstdint>
#include <vector>

#include "sim/network/tensor.hpp"
#include "sim/quantize/float_network.hpp"
#include "sim/quantize/integer_format.hpp"

namespace systole::quantize {

/// Weights as integers: one format, or one per output channel (of equal width and zero point).
struct IntegerWeights {
  std::vector<IntegerFormat> formats;
  Shape shape;
  TensorData values;

  const IntegerFormat& format_of_element(std::size_t index) const {
    return formats[index / (values.size() / formats.size())];
  }
  /// The real numbers that the integers stand for.
  FloatTensor real() const;
};

/// Quantizes the weights of one layer (output channels first). `layer` numbers the layers, so that
/// each has its own draws of stochastic rounding.
///
/// Ternary weights (Li et al. 2016): 0 up to 0.7 of the mean of |w|, the rest -1 or 1 times the
/// mean |w| of the rest. Binary weights (Rastegari et al., XNOR-Net, 2016): the sign times the mean
/// of |w|, zero being positive.
IntegerWeights quantize_weights(const FloatTensor& weights, const WeightScheme& scheme,
                                std::uint8_t bits, std::size_t layer);

/// A bias has the scale of its input times that of its channel's weights: beside weights of next to
/// nothing it fits no 32 bits. As TensorFlow Lite's quantizer does (AdjustWeightsForBiasScale in
/// tools/optimize/quantization_utils.cc), raises each scale of `integers` with which a bias would
/// take more than half of an int32, the other half is for the products, to that with which it takes
/// half of it; powers of two to the next one. `weights` are rounded anew then. Scales that a scheme
/// gives, or that are the magnitude of the weights (binary, ternary), stay. Tells how many it
/// raised.
std::size_t make_room_for_biases(IntegerWeights& integers, const FloatTensor& weights,
                                 const std::vector<float>& bias, float input_scale,
                                 const WeightScheme& scheme, std::size_t layer);

}  // namespace systole::quantize
