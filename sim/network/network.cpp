#include "sim/network/network.hpp"

#include <algorithm>

namespace systole {
namespace {

template <typename... F>
struct Overloaded : F... {
  using F::operator()...;
};
template <typename... F>
Overloaded(F...) -> Overloaded<F...>;

}  // namespace

std::string op_name(const Network& network, const Layer& layer) {
  return std::visit(Overloaded{
                        [&](const Conv2d& op) {
                          const bool depthwise =
                              op.groups > 1 &&
                              network.tensor(layer.inputs[0]).shape[3] == op.groups;
                          return std::string{depthwise       ? "depthwise_conv2d"
                                             : op.groups > 1 ? "grouped_conv2d"
                                                             : "conv2d"};
                        },
                        [](const FullyConnected&) { return std::string{"fully_connected"}; },
                        [](const MatMul&) { return std::string{"matmul"}; },
                        [](const MaxPool&) { return std::string{"max_pool2d"}; },
                        [](const AveragePool&) { return std::string{"average_pool2d"}; },
                        [](const Add&) { return std::string{"add"}; },
                        [](const Reshape&) { return std::string{"reshape"}; },
                    },
                    layer.op);
}

bool Network::has_data() const {
  return std::all_of(layers.begin(), layers.end(), [this](const Layer& layer) {
    const bool weighted = std::holds_alternative<Conv2d>(layer.op) ||
                          std::holds_alternative<FullyConnected>(layer.op);
    return !weighted || std::all_of(layer.inputs.begin() + 1, layer.inputs.end(),
                                    [this](TensorId id) { return tensor(id).data.has_value(); });
  });
}

GemmShape gemm_shape(const Network& network, const Layer& layer) {
  GemmShape gemm;
  if (std::holds_alternative<Conv2d>(layer.op)) {
    const Shape& weight = network.tensor(layer.inputs[1]).shape;
    const Shape& out = network.tensor(layer.output).shape;
    gemm.m = out[0] * out[1] * out[2];
    gemm.n = weight[0];
    gemm.k = weight[1] * weight[2] * weight[3];
  } else if (std::holds_alternative<FullyConnected>(layer.op)) {
    const Tensor& ifmap = network.tensor(layer.inputs[0]);
    const Shape& weight = network.tensor(layer.inputs[1]).shape;
    gemm.k = weight[1];
    gemm.n = weight[0];
    gemm.m = ifmap.elements() / gemm.k;
  } else if (std::holds_alternative<MatMul>(layer.op)) {
    const Shape& a = network.tensor(layer.inputs[0]).shape;
    const Shape& b = network.tensor(layer.inputs[1]).shape;
    gemm.m = a[0];
    gemm.k = a[1];
    gemm.n = b[1];
  }
  gemm.macs = gemm.m * gemm.n * gemm.k;
  return gemm;
}

}  // namespace systole
