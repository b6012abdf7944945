#include "models/golden/golden.hpp"

#include <string>

#include "models/golden/operators.hpp"
#include "sim/network/refusal.hpp"

namespace systole::golden {
namespace {

void check_size(const Tensor& tensor, const TensorData& data) {
  if (data.size() != static_cast<std::size_t>(tensor.elements())) {
    throw Refusal{"tensor '" + tensor.name + "' has " + std::to_string(data.size()) +
                  " elements, expected " + std::to_string(tensor.elements())};
  }
}

// The layer with its inputs, one call per operator.
class Evaluation {
 public:
  Evaluation(const Network& network, const Layer& layer,
             const std::vector<const TensorData*>& inputs)
      : network_{network}, layer_{layer}, inputs_{inputs} {}

  TensorData operator()(const Conv2d& op) const {
    expect_inputs(op.has_bias ? 3 : 2);
    return conv2d(op, input(0), input(1), op.has_bias ? inputs_[2] : nullptr, ofmap());
  }
  TensorData operator()(const FullyConnected& op) const {
    expect_inputs(op.has_bias ? 3 : 2);
    return fully_connected(op, input(0), input(1), op.has_bias ? inputs_[2] : nullptr);
  }
  TensorData operator()(const MatMul& op) const {
    expect_inputs(2);
    return matmul(op, input(0), input(1));
  }
  TensorData operator()(const MaxPool& op) const {
    expect_inputs(1);
    return max_pool(op, input(0), ofmap());
  }
  TensorData operator()(const AveragePool& op) const {
    expect_inputs(1);
    return average_pool(op, input(0), ofmap());
  }
  TensorData operator()(const Add& op) const {
    expect_inputs(2);
    return add(op, input(0), input(1), ofmap());
  }
  TensorData operator()(const Sub& op) const {
    expect_inputs(2);
    return sub(op, input(0), input(1), ofmap());
  }
  TensorData operator()(const Mul& op) const {
    expect_inputs(2);
    return mul(op, input(0), input(1), ofmap());
  }
  TensorData operator()(const Mean& op) const { return mean(op, only_input(), output()); }
  TensorData operator()(const Extremum& op) const {
    expect_inputs(2);
    return extremum(op, input(0), input(1), ofmap());
  }
  TensorData operator()(const ReduceExtremum& op) const {
    return reduce_extremum(op, only_input(), output());
  }
  TensorData operator()(const ArgExtremum& op) const { return arg_extremum(op, only_input()); }
  TensorData operator()(const SquaredDifference& op) const {
    expect_inputs(2);
    return squared_difference(op, input(0), input(1), ofmap());
  }
  TensorData operator()(const Lookup& op) const { return lookup(op, only_input()); }
  TensorData operator()(const Gather& op) const { return gather(op, only_input(), ofmap()); }
  TensorData operator()(const Prelu& op) const {
    expect_inputs(2);
    return prelu(op, input(0), input(1), output());
  }
  TensorData operator()(const L2Normalization&) const {
    return l2_normalization(only_input(), output());
  }
  TensorData operator()(const Pad& op) const { return pad(op, only_input(), ofmap()); }
  TensorData operator()(const Concat& op) const {
    return concat(op, all_inputs(layer_.inputs.size()), ofmap());
  }
  TensorData operator()(const Transpose& op) const { return transpose(op, only_input(), ofmap()); }
  TensorData operator()(const StridedSlice& op) const { return strided_slice(op, only_input()); }
  TensorData operator()(const Softmax& op) const { return softmax(op, only_input(), output()); }
  TensorData operator()(const Logistic& op) const { return logistic(op, only_input(), output()); }
  TensorData operator()(const Relu& op) const { return rescale(op.requant, only_input()); }
  TensorData operator()(const LeakyRelu& op) const {
    return leaky_relu(op, only_input(), output());
  }
  TensorData operator()(const Requantize& op) const { return rescale(op.requant, only_input()); }
  TensorData operator()(const Quantize&) const { return quantize(only_input(), output()); }
  TensorData operator()(const Dequantize&) const { return dequantize(only_input(), output()); }
  TensorData operator()(const ResizeNearest& op) const {
    return resize_nearest(op, only_input(), ofmap());
  }
  TensorData operator()(const ResizeBilinear& op) const {
    return resize_bilinear(op, only_input(), ofmap());
  }
  TensorData operator()(const TransposeConv& op) const {
    expect_inputs(op.has_bias ? 3 : 2);
    return transpose_conv(op, input(0), input(1), op.has_bias ? inputs_[2] : nullptr, ofmap());
  }
  TensorData operator()(const BatchMatMul& op) const {
    expect_inputs(2);
    return batch_matmul(op, input(0), input(1), ofmap());
  }
  TensorData operator()(const QuantizeLinear& op) const {
    return quantize_linear(op, all_inputs(3), output());
  }
  TensorData operator()(const DequantizeLinear& op) const {
    return dequantize_linear(op, all_inputs(3));
  }
  TensorData operator()(const DynamicScale&) const { return dynamic_scale(only_input()); }
  TensorData operator()(const DynamicZeroPoint&) const {
    expect_inputs(2);
    return dynamic_zero_point(input(0), input(1));
  }
  TensorData operator()(const ConvInteger& op) const {
    return conv_integer(op, all_inputs(4), ofmap());
  }
  TensorData operator()(const MatMulInteger&) const {
    return matmul_integer(all_inputs(4), ofmap());
  }
  TensorData operator()(const FloatClip& op) const { return float_clip(op, only_input()); }
  TensorData operator()(const FloatSoftmax& op) const { return float_softmax(op, only_input()); }
  TensorData operator()(const FloatSigmoid&) const { return float_sigmoid(only_input()); }
  TensorData operator()(const FloatArithmetic& op) const {
    expect_inputs(2);
    return float_arithmetic(op, input(0), input(1), ofmap());
  }
  TensorData operator()(const Reshape&) const {
    expect_inputs(1);
    return *inputs_[0];
  }

 private:
  void expect_inputs(std::size_t count) const {
    if (layer_.inputs.size() != count || inputs_.size() != count) {
      throw Refusal{std::to_string(inputs_.size()) + " inputs, expected " + std::to_string(count)};
    }
    for (std::size_t i = 0; i < count; ++i) {
      check_size(network_.tensor(layer_.inputs[i]), *inputs_[i]);
    }
  }
  Operand input(std::size_t i) const { return {network_.tensor(layer_.inputs[i]), *inputs_[i]}; }
  std::vector<Operand> all_inputs(std::size_t count) const {
    expect_inputs(count);
    std::vector<Operand> operands;
    for (std::size_t i = 0; i < count; ++i) {
      operands.push_back(input(i));
    }
    return operands;
  }
  Operand only_input() const {
    expect_inputs(1);
    return input(0);
  }
  const Tensor& output() const { return network_.tensor(layer_.output); }
  const Shape& ofmap() const { return output().shape; }

  const Network& network_;
  const Layer& layer_;
  const std::vector<const TensorData*>& inputs_;
};

}  // namespace

TensorData run_layer(const Network& network, const Layer& layer,
                     const std::vector<const TensorData*>& inputs) {
  try {
    TensorData ofmap = std::visit(Evaluation{network, layer, inputs}, layer.op);
    check_size(network.tensor(layer.output), ofmap);
    return ofmap;
  } catch (const Refusal& error) {
    throw Refusal{"layer '" + layer.name + "': " + error.what()};
  }
}

std::vector<TensorData> run(const Network& network, const std::vector<TensorData>& inputs) {
  if (inputs.size() != network.inputs.size()) {
    throw Refusal{"network '" + network.name + "': " + std::to_string(inputs.size()) +
                  " inputs, expected " + std::to_string(network.inputs.size())};
  }
  std::vector<TensorData> values(network.tensors.size());
  for (std::size_t id = 0; id < values.size(); ++id) {
    values[id] = network.tensors[id].data.value_or(TensorData{});
  }
  for (std::size_t i = 0; i < inputs.size(); ++i) {
    check_size(network.tensor(network.inputs[i]), inputs[i]);
    values[network.inputs[i]] = inputs[i];
  }
  for (const Layer& layer : network.layers) {
    std::vector<const TensorData*> operands;
    for (const TensorId id : layer.inputs) {
      operands.push_back(&values.at(id));
    }
    values.at(layer.output) = run_layer(network, layer, operands);
  }
  return values;
}

}  // namespace systole::golden
