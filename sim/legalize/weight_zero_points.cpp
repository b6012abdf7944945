#include "sim/legalize/weight_zero_points.hpp"

#include <fmt/format.h>

#include <set>
#include <variant>

namespace systole {
namespace {

/// Operand that is the weights of a layer that the array runs.
constexpr std::size_t kWeights = 1;

bool multiplies(const Layer& layer) {
  return std::holds_alternative<Conv2d>(layer.op) ||
         std::holds_alternative<FullyConnected>(layer.op) ||
         std::holds_alternative<MatMul>(layer.op);
}

/// Tensors that a layer computes or the user gives, and those that something else reads too.
std::set<TensorId> not_weights_alone(const Network& network) {
  std::set<TensorId> others{network.inputs.begin(), network.inputs.end()};
  others.insert(network.outputs.begin(), network.outputs.end());
  for (const Layer& layer : network.layers) {
    others.insert(layer.output);
    for (std::size_t i = 0; i < layer.inputs.size(); ++i) {
      if (i != kWeights || !multiplies(layer)) {
        others.insert(layer.inputs[i]);
      }
    }
  }
  return others;
}

}  // namespace

std::uint32_t bits_without_zero_point(const Tensor& weights) {
  std::int64_t low = weights.format.min();
  std::int64_t high = weights.format.max();
  const bool has_values = weights.data && !weights.data->empty();
  if (has_values || weights.range) {
    const ValueRange range = has_values ? range_of(*weights.data) : *weights.range;
    low = range.least;
    high = range.most;
  }
  ElementFormat format;
  format.bits = weights.format.bits;
  while (low - weights.zero_point < format.min() || high - weights.zero_point > format.max()) {
    ++format.bits;
  }
  return format.bits;
}

void take_weight_zero_points(Network& network, const ArrayConfig& array,
                             std::vector<LegalizationNote>& notes) {
  const std::set<TensorId> others = not_weights_alone(network);
  for (const Layer& layer : network.layers) {
    if (!multiplies(layer) || others.count(layer.inputs.at(kWeights)) != 0) {
      continue;
    }
    Tensor& weights = network.tensors.at(layer.inputs[kWeights]);
    if (weights.zero_point == 0 || weights.format.is_binary) {
      continue;
    }
    const std::uint32_t bits = bits_without_zero_point(weights);
    if (bits > array.weight_bits) {
      continue;
    }
    notes.push_back({layer.name,
                     fmt::format("weights less their zero point {}: {} bits in place of {}",
                                 weights.zero_point, bits, weights.format.bits),
                     std::nullopt});
    if (weights.data) {
      for (std::int32_t& value : *weights.data) {
        value -= weights.zero_point;
      }
    }
    weights.range.reset();
    weights.zero_point = 0;
    weights.format.bits = static_cast<std::uint8_t>(bits);
    weights.format.is_signed = true;
  }
}

}  // namespace systole
