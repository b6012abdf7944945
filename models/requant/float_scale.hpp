#pragma once

#include <cstdint>

namespace systole {

// The arithmetic of float_scale: IEEE 754 binary32 operations, each rounded to the nearest with
// ties to even, none fused with another. It is Gemmini's (its accumulator scale, a HardFloat
// multiplier between two converters, src/main/scala/gemmini/Arithmetic.scala) and that of ONNX's
// QLinearConv and QLinearMatMul.

/// The binary32 nearest to x.
float nearest_float(std::int64_t x);

float float_product(float a, float b);

float float_sum(float a, float b);

/// The integer nearest to x, ties to even; at most 2^62 in magnitude.
std::int64_t nearest_integer(float x);

}  // namespace systole
