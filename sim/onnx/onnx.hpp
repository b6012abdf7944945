#pragma once

#include <string>

#include "sim/network/network.hpp"

namespace systole {

/// Reads a quantized ONNX model (*.onnx, opsets 10 to 21) as a network: quantized operators
/// (QLinearConv, ConvInteger, com.microsoft's QLinearAdd, ...) and float operators between
/// DequantizeLinear and QuantizeLinear, which become one integer layer each.
///
/// Layers are named "conv2d_7" after their operator and the node's index; tensors keep the names of
/// the file. Inside, images are NHWC; inputs and outputs of the network have the file's own
/// layout, and the transposes between are layers of the network. A first dimension that the file
/// leaves open is 1.
///
/// Throws ConfigError with all that is wrong, "FILE: node 3 (Conv 'name'): what" per line. Nothing
/// that the file says is trusted.
Network load_onnx(const std::string& path);

}  // namespace systole
