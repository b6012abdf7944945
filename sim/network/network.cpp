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

const char* host_op_name(const Sub&) { return "sub"; }
const char* host_op_name(const Mul&) { return "mul"; }
const char* host_op_name(const Mean& op) { return op.is_sum ? "sum" : "mean"; }
const char* host_op_name(const Extremum& op) { return op.largest ? "maximum" : "minimum"; }
const char* host_op_name(const ReduceExtremum& op) {
  return op.largest ? "reduce_max" : "reduce_min";
}
const char* host_op_name(const ArgExtremum& op) { return op.largest ? "arg_max" : "arg_min"; }
const char* host_op_name(const SquaredDifference&) { return "squared_difference"; }
const char* host_op_name(const Lookup&) { return "lookup"; }
const char* host_op_name(const Gather&) { return "gather"; }
const char* host_op_name(const Prelu&) { return "prelu"; }
const char* host_op_name(const L2Normalization&) { return "l2_normalization"; }
const char* host_op_name(const Pad&) { return "pad"; }
const char* host_op_name(const Concat&) { return "concat"; }
const char* host_op_name(const Transpose&) { return "transpose"; }
const char* host_op_name(const StridedSlice&) { return "strided_slice"; }
const char* host_op_name(const Softmax&) { return "softmax"; }
const char* host_op_name(const Logistic&) { return "logistic"; }
const char* host_op_name(const Relu&) { return "relu"; }
const char* host_op_name(const LeakyRelu&) { return "leaky_relu"; }
const char* host_op_name(const Requantize&) { return "requantize"; }
const char* host_op_name(const Quantize&) { return "quantize"; }
const char* host_op_name(const Dequantize&) { return "dequantize"; }
const char* host_op_name(const ResizeNearest&) { return "resize_nearest"; }
const char* host_op_name(const ResizeBilinear&) { return "resize_bilinear"; }
const char* host_op_name(const TransposeConv&) { return "transpose_conv2d"; }
const char* host_op_name(const BatchMatMul&) { return "batch_matmul"; }
const char* host_op_name(const QuantizeLinear&) { return "quantize_linear"; }
const char* host_op_name(const DequantizeLinear&) { return "dequantize_linear"; }
const char* host_op_name(const DynamicScale&) { return "dynamic_scale"; }
const char* host_op_name(const DynamicZeroPoint&) { return "dynamic_zero_point"; }
const char* host_op_name(const ConvInteger&) { return "conv_integer"; }
const char* host_op_name(const MatMulInteger&) { return "matmul_integer"; }
const char* host_op_name(const FloatClip&) { return "float_clip"; }
const char* host_op_name(const FloatSoftmax&) { return "float_softmax"; }
const char* host_op_name(const FloatSigmoid&) { return "float_sigmoid"; }
const char* host_op_name(const FloatArithmetic& op) {
  switch (op.kind) {
    case FloatArithmetic::Kind::Add:
      return "float_add";
    case FloatArithmetic::Kind::Subtract:
      return "float_subtract";
    case FloatArithmetic::Kind::Multiply:
      return "float_multiply";
    case FloatArithmetic::Kind::Divide:
      break;
  }
  return "float_divide";
}

bool rows_are_whole_bytes(const Tensor& tensor) {
  return tensor.shape.empty() ||
         static_cast<std::uint64_t>(tensor.shape.back()) * tensor.format.bits % 8 == 0;
}

/// The vector unit's windows have no gaps; a kernel of one element has none either.
Place place_of_pool(const Window& window) {
  const bool has_gaps = (window.kernel_h > 1 && window.dilation_h > 1) ||
                        (window.kernel_w > 1 && window.dilation_w > 1);
  return has_gaps ? Place::Host : Place::Vector;
}

/// It repeats no operand, reads and writes one format, and walks through packed elements without a
/// look at rows.
bool vector_unit_adds(const Network& network, const Layer& layer) {
  const Tensor& sum = network.tensor(layer.output);
  return rows_are_whole_bytes(sum) &&
         std::all_of(layer.inputs.begin(), layer.inputs.end(), [&](TensorId input) {
           const Tensor& operand = network.tensor(input);
           return operand.elements() == sum.elements() && operand.format == sum.format;
         });
}

/// The same bytes: a row of packed elements that ends within a byte has bits behind it that other
/// rows have elsewhere.
bool only_renames(const Network& network, const Layer& reshape) {
  const Tensor& in = network.tensor(reshape.inputs.at(0));
  const Tensor& out = network.tensor(reshape.output);
  const bool same_rows =
      !in.shape.empty() && !out.shape.empty() && in.shape.back() == out.shape.back();
  return same_rows || (rows_are_whole_bytes(in) && rows_are_whole_bytes(out));
}

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
                        [](const auto& op) { return std::string{host_op_name(op)}; },
                    },
                    layer.op);
}

bool Network::has_data() const {
  const std::vector<bool> run_time = run_time_tensors(*this);
  return std::all_of(layers.begin(), layers.end(), [&](const Layer& layer) {
    return std::all_of(layer.inputs.begin(), layer.inputs.end(),
                       [&](TensorId id) { return run_time[id] || tensor(id).data.has_value(); });
  });
}

std::vector<bool> run_time_tensors(const Network& network) {
  std::vector<bool> run_time(network.tensors.size(), false);
  for (const TensorId input : network.inputs) {
    run_time.at(input) = true;
  }
  for (const Layer& layer : network.layers) {
    run_time.at(layer.output) = true;
  }
  return run_time;
}

std::vector<std::size_t> last_readers(const Network& network) {
  std::vector<std::size_t> readers(network.tensors.size());
  for (std::size_t i = 0; i < network.layers.size(); ++i) {
    for (const TensorId id : network.layers[i].inputs) {
      readers[id] = i;
    }
  }
  return readers;
}

Place place_of(const Network& network, const Layer& layer) {
  return std::visit(Overloaded{
                        [](const Conv2d&) { return Place::Array; },
                        [](const FullyConnected&) { return Place::Array; },
                        [](const MatMul&) { return Place::Array; },
                        [](const MaxPool& op) { return place_of_pool(op.window); },
                        [](const AveragePool& op) { return place_of_pool(op.window); },
                        [&](const Add&) {
                          return vector_unit_adds(network, layer) ? Place::Vector : Place::Host;
                        },
                        [](const auto&) { return Place::Host; },
                    },
                    layer.op);
}

const char* place_name(Place place) {
  switch (place) {
    case Place::Array:
      return "array";
    case Place::Vector:
      return "vector";
    case Place::Host:
      break;
  }
  return "host";
}

bool runs_on_host(const Network& network, const Layer& layer) {
  const bool renames = std::holds_alternative<Reshape>(layer.op) && only_renames(network, layer);
  return place_of(network, layer) == Place::Host && !renames;
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
  } else if (std::holds_alternative<TransposeConv>(layer.op)) {
    const Shape& ifmap = network.tensor(layer.inputs[0]).shape;
    const Shape& weight = network.tensor(layer.inputs[1]).shape;
    gemm.m = ifmap[0] * ifmap[1] * ifmap[2];
    gemm.n = weight[0] * weight[1] * weight[2];
    gemm.k = weight[3];
  } else if (const auto* product = std::get_if<BatchMatMul>(&layer.op)) {
    const Shape& a = network.tensor(layer.inputs[0]).shape;
    const Tensor& out = network.tensor(layer.output);
    gemm.k = a[a.size() - (product->transpose_a ? 2 : 1)];
    gemm.n = out.shape.back();
    gemm.m = out.elements() / gemm.n;
  } else if (std::holds_alternative<ConvInteger>(layer.op)) {
    const Shape& weight = network.tensor(layer.inputs[1]).shape;
    gemm.n = weight[0];
    gemm.k = weight[1] * weight[2] * weight[3];
    gemm.m = network.tensor(layer.output).elements() / gemm.n;
  } else if (std::holds_alternative<MatMulInteger>(layer.op)) {
    const Shape& b = network.tensor(layer.inputs[1]).shape;
    gemm.k = b[b.size() - 2];
    gemm.n = b.back();
    gemm.m = network.tensor(layer.output).elements() / gemm.n;
  }
  gemm.macs = gemm.m * gemm.n * gemm.k;
  return gemm;
}

}  // namespace systole
