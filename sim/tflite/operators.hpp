#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "sim/tflite/node.hpp"

namespace systole::tflite {

/// "CONV_2D", or "operator 300" for numbers that have no name here.
std::string operator_name(std::int32_t code);

/// The layers of a node, in the order in which they run; none has a name yet. Throws NodeError.
std::vector<Layer> build_layers(std::int32_t code, Node& node);

/// What the node computes if that is known before the network runs: shapes, and integers cut out of
/// them and put together; nothing if it is not.
std::optional<std::vector<std::int64_t>> known_integers(std::int32_t code, const Node& node);

/// The layer of a node that is one: reads its options, feeds its operands. Throws NodeError.
LayerOp build_operator(std::int32_t code, Node& node);

// By group, one for each builtin operator or a family of them.
LayerOp build_conv_2d(Node& node);
LayerOp build_depthwise_conv_2d(Node& node);
LayerOp build_fully_connected(Node& node);
LayerOp build_transpose_conv(Node& node);
LayerOp build_batch_matmul(Node& node);
LayerOp build_max_pool_2d(Node& node);
LayerOp build_average_pool_2d(Node& node);
LayerOp build_mean(Node& node);
LayerOp build_sum(Node& node);
LayerOp build_reduce_extremum(Node& node, bool largest);
LayerOp build_arg_extremum(Node& node, bool largest);
LayerOp build_extremum(Node& node, bool largest);
LayerOp build_add(Node& node);
LayerOp build_sub(Node& node);
LayerOp build_mul(Node& node);
LayerOp build_squared_difference(Node& node);
LayerOp build_l2_normalization(Node& node);
LayerOp build_softmax(Node& node);
LayerOp build_logistic(Node& node);
LayerOp build_tanh(Node& node);
LayerOp build_hard_swish(Node& node);
LayerOp build_abs(Node& node);
LayerOp build_relu(Node& node, file::Activation activation);
LayerOp build_relu_0_to_1(Node& node);
LayerOp build_leaky_relu(Node& node);
LayerOp build_prelu(Node& node);
LayerOp build_quantize(Node& node);
LayerOp build_dequantize(Node& node);
LayerOp build_reshape(Node& node);
LayerOp build_pad(Node& node);
LayerOp build_transpose(Node& node);
LayerOp build_slice(Node& node);
LayerOp build_strided_slice(Node& node);
LayerOp build_resize_nearest_neighbor(Node& node);
LayerOp build_resize_bilinear(Node& node);

/// What the integers of one tensor are in another's scale and zero point, as uint8 CONCATENATION
/// has it.
Lookup concatenation_table(const Tensor& from, const Tensor& to);

// Of several layers.
std::vector<Layer> build_concatenation(Node& node);
std::vector<Layer> build_space_to_depth(Node& node);
std::vector<Layer> build_depth_to_space(Node& node);
std::vector<Layer> build_space_to_batch(Node& node);
std::vector<Layer> build_batch_to_space(Node& node);
std::vector<Layer> build_gather(Node& node);
std::vector<Layer> build_mirror_pad(Node& node);
std::vector<Layer> build_tile(Node& node);
std::vector<Layer> build_broadcast_to(Node& node);
std::vector<Layer> build_reverse(Node& node);

}  // namespace systole::tflite
