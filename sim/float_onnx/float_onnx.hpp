#pragma once

#include <string>

#include "sim/quantize/float_network.hpp"

namespace systole::quantize {

/// Reads a trained float model (*.onnx, opsets 10 to 21), as torch.onnx.export writes it: Conv,
/// Gemm, MatMul with constant weights, Add, BatchNormalization, Relu, Clip, MaxPool, AveragePool,
/// GlobalAveragePool, Concat, Flatten, Reshape; Identity and Dropout are passed over.
///
/// Images are NHWC inside; the input keeps the file's layout and is transposed first. Behind a
/// Flatten the columns of a fully connected layer change their order instead.
///
/// Throws ConfigError with all that is wrong, "FILE: node 3 (Conv 'name'): what" per line.
FloatNetwork load_float_onnx(const std::string& path);

}  // namespace systole::quantize
