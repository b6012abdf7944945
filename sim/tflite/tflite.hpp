#pragma once

#include <string>

#include "sim/network/network.hpp"

namespace systole {

/// Reads a quantized TensorFlow Lite model (*.tflite), int8 or uint8, as a network: one layer per
/// node, in the file's order, named "conv2d_0" after its operator and the node's index. Tensor i of
/// the network is tensor i of the file; weights that had to be turned are appended.
///
/// Activations keep their type. Constant weights of uint8 models become int8, their zero points
/// 128 less, which is the same numbers. Float tensors may stand at QUANTIZE and DEQUANTIZE.
///
/// Throws ConfigError with all that is wrong, "FILE: node 3 (CONV_2D): what" per line. The file is
/// verified before anything of it is used; nothing that it says is trusted.
Network load_tflite(const std::string& path);

}  // namespace systole
