#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <optional>
#include <stdexcept>
#include <string>
#include <utility>
#include <vector>

#include "sim/quantize/float_trace.hpp"
#include "sim/quantize/fused_network.hpp"
#include "sim/quantize/integer_format.hpp"
#include "sim/quantize/scheme.hpp"
#include "sim/quantize/weights.hpp"

namespace systole::quantize {

/// How often each stretch of the range occurs.
struct Histogram {
  double low = 0, high = 0;
  std::vector<std::uint64_t> counts;
};

/// How well integers stand for real numbers.
struct Fidelity {
  Range values;                ///< least and largest real number
  double sqnr_db = 0;          ///< power of the numbers over that of their rounding error
  double saturated_share = 0;  ///< of the numbers, those beyond the integers' ends
  double mean_error = 0;       ///< of the integers' real values, in steps of the scale
  Histogram histogram;
};

/// An activation tensor.
struct QuantizedValue {
  IntegerFormat format;
  Fidelity fidelity;           ///< of this rounding alone
  double network_sqnr_db = 0;  ///< integers of the quantized network against the float network
};

/// A layer's constants, where it has any.
struct QuantizedLayer {
  std::optional<IntegerWeights> weights;
  Fidelity weight_fidelity;
  std::optional<TensorData> bias;
  std::size_t raised_scales = 0;       ///< of weights, so that biases fit
  std::uint64_t clipped_biases = 0;    ///< beyond the bias's width
  std::uint32_t accumulator_bits = 0;  ///< hold every partial sum of any input, in any order
};

/// A network and the integers for it; values and layers by their index in `fused`.
struct QuantizedNetwork {
  FusedNetwork fused;
  std::vector<QuantizedValue> values;
  std::vector<QuantizedLayer> layers;
  Activations output;       ///< of the quantized network, as real numbers, for each image
  Activations real_output;  ///< of the float network
  std::uint8_t bias_bits = 32;
};

/// Widths that differ from the scheme's, by layer (or input) name.
struct BitsByName {
  std::map<std::string, std::uint8_t> activations, weights;
};
BitsByName bits_by_name(const Scheme& scheme);

/// What does not change from one walk to the next with other widths: by value (or layer) and bits.
struct CalibrationCache {
  std::map<std::pair<ValueId, std::uint8_t>, IntegerFormat> formats;
  std::map<std::pair<std::size_t, std::uint8_t>, IntegerWeights> weights;
};

struct WalkOptions {
  bool measure = false;               ///< fill in what only the report needs
  CalibrationCache* cache = nullptr;  ///< for walks of one network, scheme and images
  std::function<void(const std::string& layer)> tell;  ///< hears of each layer before it runs
};

/// Quantizes layer by layer, the float network and the quantized one side by side: formats come
/// from the float values (dynamic fixed point: from the quantized network's, before they are
/// rounded, against the float ones), the correction of biases from the difference. Throws
/// NotFinite, and ConfigError where a value needs more bits than the scheme gives it, or a layer
/// a multiplier that no requantizer has.
QuantizedNetwork quantize_network(const FusedNetwork& fused, const Scheme& scheme,
                                  const BitsByName& bits, const FloatImages& images,
                                  const WalkOptions& options = {});

/// Power of `wanted` over that of the difference, in dB; at most 200.
double sqnr_db(const std::vector<float>& wanted, const std::vector<float>& got);

}  // namespace systole::quantize
