#include "sim/tflite/operators.hpp"

namespace systole::tflite {

LayerOp build_operator(std::int32_t code, Node& node) {
  using Code = file::BuiltinOperator;
  switch (static_cast<Code>(code)) {
    case Code::CONV_2D:
      return build_conv_2d(node);
    case Code::DEPTHWISE_CONV_2D:
      return build_depthwise_conv_2d(node);
    case Code::FULLY_CONNECTED:
      return build_fully_connected(node);
    case Code::TRANSPOSE_CONV:
      return build_transpose_conv(node);
    case Code::BATCH_MATMUL:
      return build_batch_matmul(node);
    case Code::MAX_POOL_2D:
      return build_max_pool_2d(node);
    case Code::AVERAGE_POOL_2D:
      return build_average_pool_2d(node);
    case Code::MEAN:
      return build_mean(node);
    case Code::SUM:
      return build_sum(node);
    case Code::REDUCE_MAX:
      return build_reduce_extremum(node, /*largest=*/true);
    case Code::REDUCE_MIN:
      return build_reduce_extremum(node, /*largest=*/false);
    case Code::ARG_MAX:
      return build_arg_extremum(node, /*largest=*/true);
    case Code::ARG_MIN:
      return build_arg_extremum(node, /*largest=*/false);
    case Code::MAXIMUM:
      return build_extremum(node, /*largest=*/true);
    case Code::MINIMUM:
      return build_extremum(node, /*largest=*/false);
    case Code::SQUARED_DIFFERENCE:
      return build_squared_difference(node);
    case Code::L2_NORMALIZATION:
      return build_l2_normalization(node);
    case Code::ADD:
      return build_add(node);
    case Code::SUB:
      return build_sub(node);
    case Code::MUL:
      return build_mul(node);
    case Code::SOFTMAX:
      return build_softmax(node);
    case Code::LOGISTIC:
      return build_logistic(node);
    case Code::RELU:
      return build_relu(node, file::Activation::RELU);
    case Code::RELU6:
      return build_relu(node, file::Activation::RELU6);
    case Code::RELU_N1_TO_1:
      return build_relu(node, file::Activation::RELU_N1_TO_1);
    case Code::RELU_0_TO_1:
      return build_relu_0_to_1(node);
    case Code::TANH:
      return build_tanh(node);
    case Code::HARD_SWISH:
      return build_hard_swish(node);
    case Code::ABS:
      return build_abs(node);
    case Code::PRELU:
      return build_prelu(node);
    case Code::LEAKY_RELU:
      return build_leaky_relu(node);
    case Code::QUANTIZE:
      return build_quantize(node);
    case Code::DEQUANTIZE:
      return build_dequantize(node);
    case Code::RESHAPE:
    case Code::SQUEEZE:
    case Code::EXPAND_DIMS:
      return build_reshape(node);
    case Code::PAD:
    case Code::PADV2:
      return build_pad(node);
    case Code::TRANSPOSE:
      return build_transpose(node);
    case Code::SLICE:
      return build_slice(node);
    case Code::STRIDED_SLICE:
      return build_strided_slice(node);
    case Code::RESIZE_NEAREST_NEIGHBOR:
      return build_resize_nearest_neighbor(node);
    case Code::RESIZE_BILINEAR:
      return build_resize_bilinear(node);
    case Code::SHAPE:
    case Code::CONCATENATION:
    case Code::PACK:
    case Code::UNPACK:
    case Code::SPLIT:
    case Code::SPLIT_V:
    case Code::SPACE_TO_DEPTH:
    case Code::DEPTH_TO_SPACE:
    case Code::SPACE_TO_BATCH_ND:
    case Code::BATCH_TO_SPACE_ND:
    case Code::GATHER:
    case Code::MIRROR_PAD:
    case Code::TILE:
    case Code::BROADCAST_TO:
    case Code::REVERSE_V2:
      break;  // several layers, or none
  }
  throw NodeError{"is an operator that is not supported"};
}

}  // namespace systole::tflite
