#pragma once

#include <cstdint>
#include <string>
#include <utility>

#include "sim/network/network.hpp"

namespace systole {

inline TensorId add_tensor(Network& network, Shape shape, TensorData data = {}) {
  Tensor tensor;
  tensor.name = "tensor" + std::to_string(network.tensors.size());
  tensor.shape = std::move(shape);
  if (!data.empty()) {
    tensor.data = std::move(data);
  }
  network.tensors.push_back(std::move(tensor));
  return network.tensors.size() - 1;
}

/// `rows` of four activations times the weights of channels, with one multiplier and no scales.
inline Network product_network(std::int64_t rows, std::int32_t ifmap_zero_point, TensorData weights,
                               QuantizedMultiplier multiplier, TensorData biases = {}) {
  Network network;
  const auto channels = static_cast<std::int64_t>(weights.size() / 4);
  network.inputs = {add_tensor(network, {rows, 4})};
  network.tensors[0].zero_point = ifmap_zero_point;
  Layer layer;
  layer.name = "fc";
  FullyConnected op;
  op.has_bias = !biases.empty();
  op.requant.variant = RequantVariant::Single;
  op.requant.multiplier = {multiplier.multiplier};
  op.requant.exponent = {multiplier.exponent};
  layer.inputs = {0, add_tensor(network, {channels, 4}, std::move(weights))};
  if (op.has_bias) {
    layer.inputs.push_back(add_tensor(network, {channels}, std::move(biases)));
    network.tensors.back().format.bits = 32;
  }
  layer.op = op;
  layer.output = add_tensor(network, {rows, channels});
  network.outputs = {layer.output};
  network.layers.push_back(std::move(layer));
  return network;
}

}  // namespace systole
