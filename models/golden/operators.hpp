#pragma once

#include <vector>

#include "sim/network/network.hpp"

namespace systole::golden {

/// A layer's input: what it is and its integers.
struct Operand {
  const Tensor& tensor;
  const TensorData& data;
};

// One function per operator of sim/network/network.hpp, where each is defined. `bias` may be
// null. All throw Refusal when shapes and layer do not fit together.
TensorData conv2d(const Conv2d& op, const Operand& ifmap, const Operand& weight,
                  const TensorData* bias, const Shape& ofmap);
TensorData fully_connected(const FullyConnected& op, const Operand& ifmap, const Operand& weight,
                           const TensorData* bias);
TensorData matmul(const MatMul& op, const Operand& a, const Operand& b);
TensorData max_pool(const MaxPool& op, const Operand& ifmap, const Shape& ofmap);
TensorData average_pool(const AveragePool& op, const Operand& ifmap, const Shape& ofmap);
TensorData add(const Add& op, const Operand& first, const Operand& second, const Shape& ofmap);
TensorData sub(const Sub& op, const Operand& first, const Operand& second, const Shape& ofmap);
TensorData mul(const Mul& op, const Operand& first, const Operand& second, const Shape& ofmap);
TensorData mean(const Mean& op, const Operand& input, const Tensor& output);
TensorData extremum(const Extremum& op, const Operand& first, const Operand& second,
                    const Shape& ofmap);
TensorData reduce_extremum(const ReduceExtremum& op, const Operand& input, const Tensor& output);
TensorData arg_extremum(const ArgExtremum& op, const Operand& input);
TensorData squared_difference(const SquaredDifference& op, const Operand& first,
                              const Operand& second, const Shape& ofmap);
TensorData lookup(const Lookup& op, const Operand& input);
TensorData gather(const Gather& op, const Operand& input, const Shape& ofmap);
TensorData prelu(const Prelu& op, const Operand& input, const Operand& alpha, const Tensor& output);
TensorData l2_normalization(const Operand& input, const Tensor& output);
TensorData pad(const Pad& op, const Operand& input, const Shape& ofmap);
TensorData concat(const Concat& op, const std::vector<Operand>& inputs, const Shape& ofmap);
TensorData transpose(const Transpose& op, const Operand& input, const Shape& ofmap);
TensorData strided_slice(const StridedSlice& op, const Operand& input);
TensorData softmax(const Softmax& op, const Operand& input, const Tensor& output);
TensorData logistic(const Logistic& op, const Operand& input, const Tensor& output);
TensorData rescale(const Requantizer& requant, const Operand& input);  ///< Relu, Requantize
TensorData leaky_relu(const LeakyRelu& op, const Operand& input, const Tensor& output);
TensorData quantize(const Operand& input, const Tensor& output);
TensorData dequantize(const Operand& input, const Tensor& output);
TensorData resize_nearest(const ResizeNearest& op, const Operand& input, const Shape& ofmap);
TensorData resize_bilinear(const ResizeBilinear& op, const Operand& input, const Shape& ofmap);
TensorData transpose_conv(const TransposeConv& op, const Operand& ifmap, const Operand& weight,
                          const TensorData* bias, const Shape& ofmap);
TensorData batch_matmul(const BatchMatMul& op, const Operand& a, const Operand& b,
                        const Shape& ofmap);
TensorData quantize_linear(const QuantizeLinear& op, const std::vector<Operand>& inputs,
                           const Tensor& output);
TensorData dequantize_linear(const DequantizeLinear& op, const std::vector<Operand>& inputs);
TensorData dynamic_scale(const Operand& input);
TensorData dynamic_zero_point(const Operand& input, const Operand& scale);
TensorData conv_integer(const ConvInteger& op, const std::vector<Operand>& inputs,
                        const Shape& ofmap);
TensorData matmul_integer(const std::vector<Operand>& inputs, const Shape& ofmap);
TensorData float_clip(const FloatClip& op, const Operand& input);
TensorData float_softmax(const FloatSoftmax& op, const Operand& input);
TensorData float_sigmoid(const Operand& input);
TensorData float_arithmetic(const FloatArithmetic& op, const Operand& first, const Operand& second,
                            const Shape& ofmap);

}  // namespace systole::golden
