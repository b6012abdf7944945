#include "sim/onnx/operators.hpp"

#include <map>

namespace systole::onnx {
namespace {

using Build = void (*)(Graph&, const Node&);

const std::map<std::string, Build>& operators() {
  static const std::map<std::string, Build> table{
      {"Add", build_arithmetic},
      {"AveragePool", build_average_pool},
      {"Cast", build_cast},
      {"Clip", build_clip},
      {"Concat", build_concat},
      {"Constant", build_constant},
      {"Conv", build_conv},
      {"ConvInteger", build_conv_integer},
      {"DequantizeLinear", build_dequantize_linear},
      {"Div", build_arithmetic},
      {"Dropout", build_identity},
      {"DynamicQuantizeLinear", build_dynamic_quantize_linear},
      {"Flatten", build_flatten},
      {"Gather", build_gather},
      {"Gemm", build_gemm},
      {"GlobalAveragePool", build_global_average_pool},
      {"Identity", build_identity},
      {"MatMul", build_matmul},
      {"MatMulInteger", build_matmul_integer},
      {"MaxPool", build_max_pool},
      {"Mul", build_arithmetic},
      {"Pad", build_pad},
      {"QLinearConv", build_qlinear_conv},
      {"QLinearMatMul", build_qlinear_matmul},
      {"QuantizeLinear", build_quantize_linear},
      {"Relu", build_clip},
      {"Reshape", build_reshape},
      {"Shape", build_shape},
      {"Sigmoid", build_sigmoid},
      {"Softmax", build_softmax},
      {"Squeeze", build_squeeze},
      {"Sub", build_arithmetic},
      {"Transpose", build_transpose},
      {"Unsqueeze", build_unsqueeze},
      {"com.microsoft.DequantizeLinear", build_dequantize_linear},
      {"com.microsoft.QGemm", build_qgemm},
      {"com.microsoft.QLinearAdd", build_qlinear_add},
      {"com.microsoft.QLinearAveragePool", build_qlinear_average_pool},
      {"com.microsoft.QLinearConcat", build_qlinear_concat},
      {"com.microsoft.QLinearGlobalAveragePool", build_qlinear_global_average_pool},
      {"com.microsoft.QLinearMul", build_qlinear_mul},
      {"com.microsoft.QuantizeLinear", build_quantize_linear},
  };
  return table;
}

}  // namespace

void build_node(Graph& graph, const Node& node) {
  const auto found = operators().find(node.op());
  if (found == operators().end()) {
    throw UnknownOperator{"is not supported"};
  }
  node.expect_outputs(node.outputs());
  found->second(graph, node);
  node.expect_no_other_attributes();
}

std::string supported_operators() {
  std::string text;
  for (const auto& [name, build] : operators()) {
    text += (text.empty() ? "" : ", ") + name;
  }
  return text;
}

}  // namespace systole::onnx
