// Operators of one 8-bit input whose results the kernels tabulate, or could: a table of 256 entries
// is exact whatever the arithmetic behind it.

#include <algorithm>
#include <cmath>
#include <cstdlib>
#include <functional>

#include "models/golden/fixed_point.hpp"
#include "sim/network/tflite_multipliers.hpp"
#include "sim/tflite/operators.hpp"
#include "sim/tflite/quantization.hpp"
#include "sim/tflite/windows.hpp"

namespace systole::tflite {
namespace {

// The integer of `steps`, the output's zero point among them.
std::int32_t clamped(double steps, ElementFormat format) {
  if (std::isnan(steps)) {  // 0 * infinity, where 1 / scale is beyond float32
    throw NodeError{"has no result for some of the integers that it takes"};
  }
  return static_cast<std::int32_t>(
      std::clamp(steps, static_cast<double>(format.min()), static_cast<double>(format.max())));
}

// The table of what `value` gives for each integer less the input's zero point; the output's zero
// point is added, and the sum clamped.
Lookup tabulated(Node& node, const std::function<double(std::int32_t centred)>& value) {
  node.expect_inputs(1, 1);
  node.expect_same_quantized_type(1);
  expect_output_shape(node, node.in(0).shape);
  const Tensor& in = node.in(0);
  const Tensor& out = node.out();
  Lookup lookup;
  for (std::int64_t q = in.format.min(); q <= in.format.max(); ++q) {
    lookup.table.push_back(
        clamped(value(static_cast<std::int32_t>(q) - in.zero_point) + out.zero_point, out.format));
  }
  node.feed(0);
  return lookup;
}

// PopulateLookupTable of TensorFlow Lite (kernels/activations.cc): all in float32.
Lookup tabulated_real(Node& node, const std::function<float(float)>& function) {
  node.expect_inputs(1, 1);
  node.expect_same_quantized_type(1);
  const float scale = node.in(0).scale[0];
  const float steps_of_one = 1.0F / node.out().scale[0];
  return tabulated(node, [&](std::int32_t centred) {
    const float real = function(scale * static_cast<float>(centred));
    return static_cast<double>(std::round(real * steps_of_one));
  });
}

constexpr std::int32_t kIntegerBits = tflite_multipliers::kLogisticIntegerBits;  // tanh's, too

QuantizedMultiplier fixed_point_input(const Node& node) {
  return multiplier_of(tflite_multipliers::of_logistic(node.in(0).scale[0]));
}

// 16-bit arithmetic of HardSwish (internal/reference/hard_swish.h). Values stay 16 bits wide.
std::int32_t saturated(std::int64_t value) {
  return static_cast<std::int32_t>(std::clamp<std::int64_t>(value, -32768, 32767));
}

// SaturatingRoundingDoublingHighMul of 16 bits: ties towards +infinity.
std::int32_t high_product(std::int32_t a, std::int32_t b) {
  return saturated((std::int64_t{a} * b + (1 << 14)) >> 15);
}

struct Multiplier16 {
  std::int32_t multiplier = 0, exponent = 0;
};

Multiplier16 multiplier_16(float real) {
  const QuantizedMultiplier q = multiplier_of(static_cast<double>(real));
  return {saturated((std::int64_t{q.multiplier} + (1 << 15)) >> 16), q.exponent};
}

// x times relu6(x + 3) / 6; the latter from 0 to 1 as Q0.15.
class HardSwish {
 public:
  HardSwish(float in_scale, float out_scale) {
    const float fine_scale = (1.0F / 128.0F) * in_scale;
    to_output_ = multiplier_16(fine_scale / out_scale);
    to_gate_ = multiplier_16(fine_scale / (3.0F / 32768.0F));
    constexpr std::int32_t kMostBits = 15;  // that 16 bits can be shifted by
    if (to_output_.exponent > 0 || to_output_.exponent < -kMostBits ||
        std::abs(to_gate_.exponent) > kMostBits) {
      throw NodeError{"has scales that the kernels do not take"};
    }
  }

  double operator()(std::int32_t centred) const {
    const std::int32_t fine = centred * 128;  // 255 * 128 fits
    const std::int32_t unshifted = high_product(fine, to_output_.multiplier);
    // The kernel's products of Q0.15 numbers drop what lies below, towards zero.
    const std::int32_t product = gate(fine) * unshifted / 32768;
    return golden::divide_by_power_of_two(product, -to_output_.exponent);
  }

 private:
  std::int32_t gate(std::int32_t fine) const {
    std::int32_t value = fine;
    if (to_gate_.exponent > 0) {
      value = saturated(std::int64_t{value} * (std::int64_t{1} << (to_gate_.exponent - 1)));
    }
    value = high_product(value, to_gate_.multiplier);
    if (to_gate_.exponent > 0) {
      value = saturated(std::int64_t{value} * 2);
    } else {
      value = golden::divide_by_power_of_two(value, -to_gate_.exponent);
    }
    return (value + (1 << 15)) >> 1;
  }

  Multiplier16 to_output_, to_gate_;
};

}  // namespace

// ConcatenationWithScaling of TensorFlow Lite (internal/reference/concatenation.h), in float32.
Lookup concatenation_table(const Tensor& from, const Tensor& to) {
  const float scale = from.scale[0] * (1.0F / to.scale[0]);
  const float bias = static_cast<float>(-from.zero_point) * scale;
  Lookup lookup;
  for (std::int64_t q = from.format.min(); q <= from.format.max(); ++q) {
    const float real = static_cast<float>(q) * scale + bias;
    lookup.table.push_back(
        clamped(static_cast<double>(std::round(real)) + to.zero_point, to.format));
  }
  return lookup;
}

LayerOp build_logistic(Node& node) {
  node.expect_inputs(1, 1);
  node.expect_same_quantized_type(1);
  expect_fixed_output(node, 256, node.out().format.min());
  if (node.out_type() == file::TensorType::UINT8) {
    return tabulated_real(node, [](float x) { return 1.0F / (1.0F + std::exp(-x)); });
  }
  expect_output_shape(node, node.in(0).shape);
  Logistic logistic;
  logistic.input = fixed_point_input(node);
  logistic.radius = saturation_radius(kIntegerBits, logistic.input);
  node.feed(0);
  return logistic;
}

// int8: Tanh of TensorFlow Lite Micro (integer_ops/tanh.h), in fixed point.
LayerOp build_tanh(Node& node) {
  node.expect_inputs(1, 1);
  node.expect_same_quantized_type(1);
  if (node.out_type() == file::TensorType::UINT8) {
    return tabulated_real(node, [](float x) { return std::tanh(x); });
  }
  expect_fixed_output(node, 128, 0);
  const QuantizedMultiplier input = fixed_point_input(node);
  const std::int32_t radius = saturation_radius(kIntegerBits, input);
  return tabulated(node, [&](std::int32_t centred) {
    constexpr double kOutside = 1000;  // beyond the format: clamped
    if (centred <= -radius || centred >= radius) {
      return centred < 0 ? -kOutside : kOutside;
    }
    const std::int32_t q31 =
        golden::fixed_point_tanh(golden::multiply_by_quantized(centred, input), kIntegerBits);
    return static_cast<double>(golden::divide_by_power_of_two(q31, 31 - 7));
  });
}

LayerOp build_hard_swish(Node& node) {
  node.expect_inputs(1, 1);
  node.expect_same_quantized_type(1);
  return tabulated(node, HardSwish{node.in(0).scale[0], node.out().scale[0]});
}

// AbsEvalQuantized of TensorFlow Lite Micro (elementwise.cc).
LayerOp build_abs(Node& node) {
  node.expect_inputs(1, 1);
  node.expect_same_quantized_type(1);
  node.expect_int8_only();
  const bool rescales = node.in(0).scale != node.out().scale;
  const QuantizedMultiplier q = multiplier_of(scale_ratio(node.in(0), node.out()));
  return tabulated(node, [&](std::int32_t centred) {
    const std::int32_t magnitude = std::abs(centred);
    return static_cast<double>(rescales ? golden::multiply_by_quantized(magnitude, q) : magnitude);
  });
}

}  // namespace systole::tflite
