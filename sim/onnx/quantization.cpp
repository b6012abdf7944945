#include "sim/onnx/quantization.hpp"

#include <algorithm>
#include <cmath>

#include "sim/onnx/node_error.hpp"

namespace systole::onnx {

std::int32_t quantized(float real, float scale, std::int32_t zero_point, ElementFormat format) {
  const double steps = std::nearbyint(static_cast<double>(real / scale));
  return static_cast<std::int32_t>(std::clamp(steps + zero_point, static_cast<double>(format.min()),
                                              static_cast<double>(format.max())));
}

Requantizer requantizer(const std::vector<float>& acc_scale, const QuantParams& out,
                        const Clip& clip) {
  const ElementFormat format = format_of(out.type);
  const float scale = out.scale.at(0);
  const std::int32_t zero_point = out.zero_point.at(0);
  Requantizer requant;
  requant.mode = RequantMode::FloatScale;
  requant.zero_point = zero_point;
  requant.clamp_min = quantized(clip.low, scale, zero_point, format);
  requant.clamp_max = quantized(clip.high, scale, zero_point, format);
  for (const float from : acc_scale) {
    const float ratio = from / scale;
    if (ratio == 0 || !is_requant_scale(ratio)) {
      throw NodeError{"has scales whose ratio is not from 2^-126 to 2^31"};
    }
    requant.scale.push_back(ratio);
  }
  return requant;
}

std::vector<float> product_scale(const QuantParams& x, const QuantParams& w) {
  std::vector<float> result;
  for (const float scale : w.scale) {
    result.push_back(x.scale.at(0) * scale);
  }
  return result;
}

void check_params(const QuantParams& params) {
  for (const float scale : params.scale) {
    if (!std::isfinite(scale) || scale <= 0) {
      throw NodeError{"has a scale that is not positive and finite"};
    }
  }
  if (params.scale.empty() ||
      (params.zero_point.size() != params.scale.size() && params.zero_point.size() != 1)) {
    throw NodeError{"has " + std::to_string(params.scale.size()) + " scales and " +
                    std::to_string(params.zero_point.size()) +
                    " zero points, expected as many of both, or one zero point"};
  }
}

void check_zero_point_type(ElementType zero_point, ElementType integers) {
  if (zero_point != integers) {
    throw NodeError{std::string{"has a zero point of "} + type_name(zero_point) +
                    " for integers of " + type_name(integers)};
  }
}

}  // namespace systole::onnx
