#include "sim/legalize/fold_limits.hpp"

#include <algorithm>
#include <variant>

#include "sim/legalize/bias_width.hpp"

namespace systole {

FoldLimits limits_of_weights(const Network& network, const Layer& layer, std::size_t input,
                             const AcceleratorConfig& config) {
  const Tensor& weight = network.tensor(layer.inputs[input]);
  const Tensor& ifmap = network.tensor(layer.inputs[input == 0 ? 1 : 0]);
  const bool saturate = config.array.overflow == Overflow::Saturate;
  FoldLimits limits;
  limits.weight_min = weight.format.min() - weight.zero_point;
  limits.weight_max = weight.format.max() - weight.zero_point;
  limits.weights_are_signs = weight.format.is_binary;
  limits.ifmap_min = static_cast<std::int32_t>(ifmap.format.min());
  limits.ifmap_max = static_cast<std::int32_t>(ifmap.format.max());
  limits.ifmap_zero_point = ifmap.zero_point;
  limits.sum_max = largest_start(std::min(config.array.accumulator_bits, kSumBits));
  limits.sums_saturate = saturate;
  if (input == 1) {
    limits.start_max = largest_start(bias_bits(config));
    limits.start_min = -limits.start_max - 1;
    limits.start_takes_zero_point = !clips_bias_alone(config);
    limits.start_must_fit = std::holds_alternative<MatMul>(layer.op);
  } else if (saturate) {
    limits.sum_max = 0;  // its zero point times the columns of a computed matrix start the sums
  }
  return limits;
}

FoldLimits limits_of_operand(const Network& network, const Layer& layer, std::size_t input,
                             std::int32_t other_exponent) {
  const Tensor& constant = network.tensor(layer.inputs[input]);
  const Tensor& other = network.tensor(layer.inputs[1 - input]);
  FoldLimits limits;
  limits.weight_min = constant.format.min() - constant.zero_point;
  limits.weight_max = constant.format.max() - constant.zero_point;
  // The other operand less its zero point takes one bit more than it has, and the sum another.
  const auto room = static_cast<std::int32_t>(kSumBits) - 2 - other.format.bits;
  limits.least_exponent = std::max(limits.least_exponent, other_exponent - room);
  return limits;
}

}  // namespace systole
