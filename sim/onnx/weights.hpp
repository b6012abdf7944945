#pragma once

#include "sim/onnx/builder.hpp"
#include "sim/onnx/layers.hpp"

namespace systole::onnx {

/// Constant weights as the array wants them: signed where they fit, with a zero point of 0 where
/// they do; `axis` is that of the output channels.
struct Weights {
  Constant constant;
  std::int32_t zero_point = 0;
};
Weights weights_of(const Builder& builder, const Operand& w, std::int64_t axis);

/// Their tensor, already in the network's order.
TensorId weight_tensor(Builder& builder, const Weights& weights, const Operand& w);

/// The bias in steps of `acc_scale` (one, or one per channel).
TensorId bias_tensor(Builder& builder, const Bias& bias, const std::vector<float>& acc_scale,
                     std::int64_t channels);

}  // namespace systole::onnx
