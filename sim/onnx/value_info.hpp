#pragma once

#include "sim/onnx/constant.hpp"

namespace systole::onnx {

// What a model says of the shapes of its inputs and outputs.

/// The shape of an input. A first size that is left open is the batch: 1. Throws NodeError.
Shape input_shape(const file::ValueInfoProto& input);

/// Throws NodeError where the model declares an output other than it is. Sizes may be left open,
/// and INT64 is declared of positions, which are INT32 here.
void check_declared(const file::ValueInfoProto& output, const Shape& shape, ElementType type);

}  // namespace systole::onnx
