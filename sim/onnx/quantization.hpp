#pragma once

#include <vector>

#include "sim/network/requantizer.hpp"
#include "sim/onnx/value.hpp"

namespace systole::onnx {

/// q = clamp(zero_point + round(real / scale)) as QuantizeLinear computes it: in binary32, half to
/// even.
std::int32_t quantized(float real, float scale, std::int32_t zero_point, ElementFormat format);

/// The requantization from accumulators with these scales to `out`, limited to `clip`: the one
/// place where ONNX's scales become a requantizer's. It is what onnxruntime computes: the scale
/// x_scale * w_scale / y_scale in binary32, in this order; the accumulator as binary32 times that
/// scale, half to even. Hardware without float_scale gets its nearest by sim/legalize.
Requantizer requantizer(const std::vector<float>& acc_scale, const QuantParams& out,
                        const Clip& clip);

/// x_scale * w_scale of each channel, in binary32.
std::vector<float> product_scale(const QuantParams& x, const QuantParams& w);

/// Throws NodeError unless scales are positive and finite, zero points of the type, and their
/// counts agree.
void check_params(const QuantParams& params);

/// Throws NodeError where a zero point is not of its integers' type.
void check_zero_point_type(ElementType zero_point, ElementType integers);

}  // namespace systole::onnx
