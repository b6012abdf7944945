#pragma once

#include <string>

#include "sim/onnx/graph.hpp"

namespace systole::onnx {

/// Why a node cannot be run: nobody knows its operator.
class UnknownOperator : public NodeError {
 public:
  using NodeError::NodeError;
};

/// Reads a node: defines its outputs. Throws NodeError.
void build_node(Graph& graph, const Node& node);

/// The operators that can be read, "Add, AveragePool, ...".
std::string supported_operators();

// By group: quantized operators,
void build_qlinear_conv(Graph& graph, const Node& node);
void build_qlinear_matmul(Graph& graph, const Node& node);
void build_qgemm(Graph& graph, const Node& node);
void build_qlinear_add(Graph& graph, const Node& node);
void build_qlinear_mul(Graph& graph, const Node& node);
void build_qlinear_concat(Graph& graph, const Node& node);
void build_qlinear_average_pool(Graph& graph, const Node& node);
void build_qlinear_global_average_pool(Graph& graph, const Node& node);
void build_qlinear_function(Graph& graph, const Node& node);
void build_conv_integer(Graph& graph, const Node& node);
void build_matmul_integer(Graph& graph, const Node& node);
void build_dynamic_quantize_linear(Graph& graph, const Node& node);
// the way into integers and back,
void build_quantize_linear(Graph& graph, const Node& node);
void build_dequantize_linear(Graph& graph, const Node& node);
void build_cast(Graph& graph, const Node& node);
// float operators, which wait for their quantization,
void build_conv(Graph& graph, const Node& node);
void build_matmul(Graph& graph, const Node& node);
void build_gemm(Graph& graph, const Node& node);
void build_arithmetic(Graph& graph, const Node& node);
void build_clip(Graph& graph, const Node& node);
void build_average_pool(Graph& graph, const Node& node);
void build_global_average_pool(Graph& graph, const Node& node);
void build_softmax(Graph& graph, const Node& node);
void build_function(Graph& graph, const Node& node);  ///< of one real number
void build_min_max(Graph& graph, const Node& node);
void build_reduce_sum(Graph& graph, const Node& node);  ///< and ReduceMean
// and what integers and floats do alike.
void build_max_pool(Graph& graph, const Node& node);
void build_concat(Graph& graph, const Node& node);
void build_identity(Graph& graph, const Node& node);
void build_reshape(Graph& graph, const Node& node);
void build_flatten(Graph& graph, const Node& node);
void build_squeeze(Graph& graph, const Node& node);
void build_unsqueeze(Graph& graph, const Node& node);
void build_transpose(Graph& graph, const Node& node);
void build_pad(Graph& graph, const Node& node);
void build_constant(Graph& graph, const Node& node);
void build_shape(Graph& graph, const Node& node);
void build_gather(Graph& graph, const Node& node);
void build_slice(Graph& graph, const Node& node);
void build_split(Graph& graph, const Node& node);
void build_resize(Graph& graph, const Node& node);
void build_tile(Graph& graph, const Node& node);
void build_expand(Graph& graph, const Node& node);
void build_depth_to_space(Graph& graph, const Node& node);  ///< and back
void build_reduce_extremum(Graph& graph, const Node& node);
void build_arg_extremum(Graph& graph, const Node& node);

}  // namespace systole::onnx
