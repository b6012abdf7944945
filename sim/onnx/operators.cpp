#include "sim/onnx/operators.hpp"

#include <map>

namespace systole::onnx {
namespace {

using Build = void (*)(Graph&, const Node&);

const std::map<std::string, Build>& operators() {
  static const std::map<std::string, Build> table{
      {"Abs", build_function},
      {"Add", build_arithmetic},
      {"ArgMax", build_arg_extremum},
      {"ArgMin", build_arg_extremum},
      {"AveragePool", build_average_pool},
      {"Cast", build_cast},
      {"Clip", build_clip},
      {"Concat", build_concat},
      {"Constant", build_constant},
      {"Conv", build_conv},
      {"ConvInteger", build_conv_integer},
      {"DepthToSpace", build_depth_to_space},
      {"DequantizeLinear", build_dequantize_linear},
      {"Div", build_arithmetic},
      {"Dropout", build_identity},
      {"DynamicQuantizeLinear", build_dynamic_quantize_linear},
      {"Elu", build_function},
      {"Erf", build_function},
      {"Exp", build_function},
      {"Expand", build_expand},
      {"Flatten", build_flatten},
      {"Gather", build_gather},
      {"Gelu", build_function},
      {"Gemm", build_gemm},
      {"GlobalAveragePool", build_global_average_pool},
      {"GlobalMaxPool", build_reduce_extremum},
      {"HardSigmoid", build_function},
      {"HardSwish", build_function},
      {"Identity", build_identity},
      {"LeakyRelu", build_function},
      {"MatMul", build_matmul},
      {"MatMulInteger", build_matmul_integer},
      {"Max", build_min_max},
      {"MaxPool", build_max_pool},
      {"Min", build_min_max},
      {"Mish", build_function},
      {"Mul", build_arithmetic},
      {"Neg", build_function},
      {"PRelu", build_function},
      {"Pad", build_pad},
      {"Pow", build_function},
      {"QLinearConv", build_qlinear_conv},
      {"QLinearMatMul", build_qlinear_matmul},
      {"QuantizeLinear", build_quantize_linear},
      {"Reciprocal", build_function},
      {"ReduceMax", build_reduce_extremum},
      {"ReduceMean", build_reduce_sum},
      {"ReduceMin", build_reduce_extremum},
      {"ReduceSum", build_reduce_sum},
      {"Relu", build_clip},
      {"Reshape", build_reshape},
      {"Resize", build_resize},
      {"Shape", build_shape},
      {"Sigmoid", build_function},
      {"Slice", build_slice},
      {"Softmax", build_softmax},
      {"Softplus", build_function},
      {"Softsign", build_function},
      {"SpaceToDepth", build_depth_to_space},
      {"Split", build_split},
      {"Sqrt", build_function},
      {"Squeeze", build_squeeze},
      {"Sub", build_arithmetic},
      {"Tanh", build_function},
      {"Tile", build_tile},
      {"Transpose", build_transpose},
      {"Unsqueeze", build_unsqueeze},
      {"com.microsoft.DequantizeLinear", build_dequantize_linear},
      {"com.microsoft.QGemm", build_qgemm},
      {"com.microsoft.QLinearAdd", build_qlinear_add},
      {"com.microsoft.QLinearAveragePool", build_qlinear_average_pool},
      {"com.microsoft.QLinearConcat", build_qlinear_concat},
      {"com.microsoft.QLinearGlobalAveragePool", build_qlinear_global_average_pool},
      {"com.microsoft.QLinearLeakyRelu", build_qlinear_function},
      {"com.microsoft.QLinearMul", build_qlinear_mul},
      {"com.microsoft.QLinearSigmoid", build_qlinear_function},
      {"com.microsoft.QuantizeLinear", build_quantize_linear},
  };
  return table;
}

std::size_t most_outputs(const std::string& op) {
  static const std::map<std::string, std::size_t> others_than_one{
      {"Dropout", 2},  // and MaxPool: the second is for training, and nobody reads it
      {"DynamicQuantizeLinear", 3},
      {"MaxPool", 2},
      {"Split", kAnyNumber},
  };
  const auto found = others_than_one.find(op);
  return found == others_than_one.end() ? 1 : found->second;
}

}  // namespace

void build_node(Graph& graph, const Node& node) {
  const auto found = operators().find(node.op());
  if (found == operators().end()) {
    throw UnknownOperator{"is not supported"};
  }
  node.expect_outputs(most_outputs(found->first));
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
