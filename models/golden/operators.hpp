#pragma once

#include "sim/network/network.hpp"

namespace systole::golden {

/// A layer's input: what it is and its integers.
struct Operand {
  const Tensor& tensor;
  const TensorData& data;
};

// One function per operator of sim/network/network.hpp, where each is defined. `bias` may be
// null. All throw std::invalid_argument when shapes and layer do not fit together.
TensorData conv2d(const Conv2d& op, const Operand& ifmap, const Operand& weight,
                  const TensorData* bias, const Shape& ofmap);
TensorData fully_connected(const FullyConnected& op, const Operand& ifmap, const Operand& weight,
                           const TensorData* bias);
TensorData matmul(const MatMul& op, const Operand& a, const Operand& b);
TensorData max_pool(const MaxPool& op, const Operand& ifmap, const Shape& ofmap);
TensorData average_pool(const AveragePool& op, const Operand& ifmap, const Shape& ofmap);
TensorData add(const Add& op, const Operand& first, const Operand& second);

}  // namespace systole::golden
