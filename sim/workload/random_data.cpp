#include "sim/workload/random_data.hpp"

#include <algorithm>
#include <cmath>
#include <cstring>

#include "sim/network/splitmix64.hpp"
#include "sim/network/tflite_multipliers.hpp"

namespace systole {
namespace {

constexpr unsigned kElementBits = 40;  // of an index: the stream lies above

/// The upper 24 bits as a float in [0, 1), which holds them exactly.
float unit_interval(std::uint64_t random) {
  return std::ldexp(static_cast<float>(random >> 40U), -24);
}

std::int32_t bits_of(float real) {
  std::int32_t bits = 0;
  std::memcpy(&bits, &real, sizeof bits);
  return bits;
}

TensorData uniform(std::size_t count, std::int64_t least, std::int64_t most, std::uint64_t stream) {
  const auto span = static_cast<std::uint64_t>(most - least) + 1;
  const bool power_of_two = (span & (span - 1)) == 0;  // the remainder is its lower bits
  TensorData data(count);
  for (std::size_t i = 0; i < count; ++i) {
    const std::uint64_t random = splitmix64((stream << kElementBits) + i);
    const std::uint64_t value = power_of_two ? random & (span - 1) : random % span;
    data[i] = static_cast<std::int32_t>(least + static_cast<std::int64_t>(value));
  }
  return data;
}

/// Root mean square of a uniform variable over the format, about the zero point.
double spread_of(const Tensor& tensor) {
  const double least = static_cast<double>(tensor.format.min()) - tensor.zero_point;
  const double most = static_cast<double>(tensor.format.max()) - tensor.zero_point;
  return std::max(1.0, std::sqrt((least * least + least * most + most * most) / 3));
}

/// Standard deviation of the sums of a layer of uniform operands, by the central limit.
double sum_spread(const Network& network, const Layer& layer) {
  const auto terms = static_cast<double>(std::max<std::int64_t>(1, gemm_shape(network, layer).k));
  return std::sqrt(terms) * spread_of(network.tensor(layer.inputs.at(0))) *
         spread_of(network.tensor(layer.inputs.at(1)));
}

/// Of the output's range, at two standard deviations of the sum its ends.
double requant_target(const Tensor& output) {
  return static_cast<double>(output.format.max() - output.format.min()) / 4;
}

Requantizer* product_requantizer(Layer& layer) {
  if (auto* conv = std::get_if<Conv2d>(&layer.op)) {
    return &conv->requant;
  }
  if (auto* dense = std::get_if<FullyConnected>(&layer.op)) {
    return &dense->requant;
  }
  if (auto* product = std::get_if<MatMul>(&layer.op)) {
    return &product->requant;
  }
  if (auto* transposed = std::get_if<TransposeConv>(&layer.op)) {
    return &transposed->requant;
  }
  if (auto* elements = std::get_if<Mul>(&layer.op)) {
    return &elements->output;
  }
  auto* batch = std::get_if<BatchMatMul>(&layer.op);
  return batch == nullptr ? nullptr : &batch->requant;
}

/// Half of each operand: two full ranges make one.
void set_mean(Add& add) {
  if (add.output.mode == RequantMode::FloatScale) {
    add.input_scale = {0.5F, 0.5F};
    add.output.scale = {1.0F};
    return;
  }
  const QuantizedMultiplier half = quantize_multiplier(0.5);
  const QuantizedMultiplier unshift = quantize_multiplier(std::ldexp(1.0, -add.left_shift));
  add.input = {half, half};
  add.output.multiplier = {unshift.multiplier};
  add.output.exponent = {unshift.exponent};
}

void set_real(Requantizer& requant, double real, bool again = false) {
  if (requant.entries() != 0 && !again) {
    return;
  }
  if (requant.mode == RequantMode::FloatScale) {
    requant.scale = {static_cast<float>(real)};
    return;
  }
  const QuantizedMultiplier q = quantize_multiplier(real);
  requant.multiplier = {q.multiplier};
  requant.exponent = {q.exponent};
}

/// Operators of the host whose constants come from scales that nobody gave: outputs of the
/// inputs' scale; exponentials of inputs from -8 to 8, logistic from -4 to 4.
void set_host_constants(Network& network, Layer& layer) {
  if (auto* sub = std::get_if<Sub>(&layer.op); sub != nullptr && sub->terms.output.entries() == 0) {
    set_mean(sub->terms);
  } else if (auto* square = std::get_if<SquaredDifference>(&layer.op);
             square != nullptr && square->terms.output.entries() == 0) {
    set_mean(square->terms);
    // Two shifts in the square, which is over 2^6 of the range.
    set_real(square->terms.output, std::ldexp(1.0, -20), /*again=*/true);
  } else if (auto* prelu = std::get_if<Prelu>(&layer.op);
             prelu != nullptr && prelu->identity.multiplier == 0) {
    *prelu = {quantize_multiplier(1), quantize_multiplier(0.01)};
  } else if (auto* mean = std::get_if<Mean>(&layer.op)) {
    const auto ratio = static_cast<double>(network.tensor(layer.output).elements()) /
                       static_cast<double>(network.tensor(layer.inputs.at(0)).elements());
    set_real(mean->requant, ratio);
  } else if (auto* relu = std::get_if<Relu>(&layer.op)) {
    set_real(relu->requant, 1);
  } else if (auto* requantize = std::get_if<Requantize>(&layer.op)) {
    set_real(requantize->requant, 1);
  } else if (auto* leaky = std::get_if<LeakyRelu>(&layer.op);
             leaky != nullptr && leaky->identity.multiplier == 0) {
    *leaky = {quantize_multiplier(1), quantize_multiplier(0.1)};
  } else if (auto* softmax = std::get_if<Softmax>(&layer.op);
             softmax != nullptr && softmax->input.multiplier == 0) {
    softmax->input = quantize_multiplier(tflite_multipliers::of_softmax(1.0F / 16, 1));
    softmax->diff_min = -saturation_radius(tflite_multipliers::kSoftmaxIntegerBits, softmax->input);
  } else if (auto* logistic = std::get_if<Logistic>(&layer.op);
             logistic != nullptr && logistic->input.multiplier == 0) {
    logistic->input = quantize_multiplier(tflite_multipliers::of_logistic(1.0F / 32));
    logistic->radius = saturation_radius(tflite_multipliers::kLogisticIntegerBits, logistic->input);
  } else if (std::holds_alternative<Quantize>(layer.op) ||
             std::holds_alternative<Dequantize>(layer.op)) {
    const bool to_float = std::holds_alternative<Dequantize>(layer.op);
    Tensor& quantized = network.tensors.at(to_float ? layer.inputs.at(0) : layer.output);
    if (quantized.scale.empty()) {
      quantized.scale = {1.0F / 128};
    }
  }
}

void set_requantizer(Network& network, Layer& layer) {
  if (auto* add = std::get_if<Add>(&layer.op); add != nullptr && add->output.entries() == 0) {
    set_mean(*add);
  }
  set_host_constants(network, layer);
  Requantizer* const requant = product_requantizer(layer);
  if (requant != nullptr) {
    set_real(*requant, requant_target(network.tensor(layer.output)) / sum_spread(network, layer));
  }
}

/// The biases of products; they are sums, not operands.
bool is_bias(const Layer& layer, std::size_t operand) {
  const auto* conv = std::get_if<Conv2d>(&layer.op);
  const auto* dense = std::get_if<FullyConnected>(&layer.op);
  const auto* transposed = std::get_if<TransposeConv>(&layer.op);
  return operand == 2 && (conv != nullptr || dense != nullptr || transposed != nullptr);
}

}  // namespace

TensorData random_values(const Tensor& tensor, std::uint64_t stream) {
  const auto count = static_cast<std::size_t>(tensor.elements());
  if (tensor.format.is_binary) {
    TensorData signs = uniform(count, 0, 1, stream);
    std::transform(signs.begin(), signs.end(), signs.begin(),
                   [](std::int32_t bit) { return 2 * bit - 1; });
    return signs;
  }
  if (!tensor.format.is_float) {
    return uniform(count, tensor.format.min(), tensor.format.max(), stream);
  }
  TensorData data(count);
  for (std::size_t i = 0; i < count; ++i) {
    data[i] = bits_of(unit_interval(splitmix64((stream << kElementBits) + i)));
  }
  return data;
}

void fill_with_random_data(Network& network, std::uint64_t seed) {
  const std::vector<bool> run_time = run_time_tensors(network);
  // Ids and names are each front end's own: the place among the operands is the network's. The
  // inputs have the streams in front (inference_inputs).
  std::uint64_t next_stream = splitmix64(seed) + network.inputs.size();
  for (Layer& layer : network.layers) {
    set_requantizer(network, layer);
    for (std::size_t i = 0; i < layer.inputs.size(); ++i) {
      const TensorId id = layer.inputs[i];
      if (run_time[id]) {
        continue;
      }
      const std::uint64_t stream = next_stream++;
      Tensor& tensor = network.tensors.at(id);
      if (tensor.data) {
        continue;
      }
      if (is_bias(layer, i)) {
        const auto most =
            std::min(tensor.format.max(),
                     static_cast<std::int64_t>(std::llround(sum_spread(network, layer) / 8)));
        tensor.data = uniform(static_cast<std::size_t>(tensor.elements()),
                              std::max(tensor.format.min(), -most), most, stream);
      } else {
        tensor.data = random_values(tensor, stream);
      }
    }
  }
}

}  // namespace systole
