// The part of LayerBuilder that is about constants and requantization.

#include <algorithm>
#include <utility>

#include "sim/workload/geometry.hpp"
#include "sim/workload/layer_builder.hpp"
#include "sim/workload/scales.hpp"

namespace systole {
namespace {

/// "[out_channels, 3, 3, 16]": the sizes that are known, the names of the others.
std::string expected_text(const Shape& expected, const std::vector<std::string>& meaning) {
  std::string text;
  for (std::size_t i = 0; i < expected.size(); ++i) {
    text += (text.empty() ? "" : ", ") +
            (expected[i] == 0 ? meaning.at(i) : std::to_string(expected[i]));
  }
  return "[" + text + "]";
}

bool fits(const Shape& shape, const Shape& expected) {
  return shape.size() == expected.size() &&
         std::equal(shape.begin(), shape.end(), expected.begin(),
                    [](std::int64_t size, std::int64_t want) { return want == 0 || size == want; });
}

}  // namespace

bool LayerBuilder::add_weights(const Shape& expected, const std::vector<std::string>& meaning) {
  ConstantTrace& weights = trace_.weights;
  Shape shape = expected;
  if (weights.file) {
    shape = weights.file->shape;
    if (!fits(shape, expected)) {
      return fail("weights.file", "its shape is " + shape_text(shape) + ", expected " +
                                      expected_text(expected, meaning));
    }
  } else if (!shapes_only_) {
    return fail("weights",
                "missing: without tensors a workload can only be timed (--no-data) or run on "
                "made-up values (--random-data)");
  } else if (trace_.out_channels == 0) {
    return fail("out_channels", "missing, expected it where weights have no file");
  } else if (std::find(shape.begin(), shape.end(), 0) != shape.end()) {
    return fail("kernel", "missing, expected it where weights have no file");
  }
  if (!checked_elements(shape)) {
    return fail("weights", "of shape " + shape_text(shape) + ", expected 1 to 2^31 elements");
  }
  inputs_.push_back(network_.tensors.size());
  network_.tensors.push_back({trace_.name + ".weights", std::move(shape), weights.format,
                              weights.scale, weights.zero_point,
                              weights.file ? std::move(weights.file->data) : std::nullopt,
                              weights.file ? weights.file->range : std::nullopt});
  return true;
}

bool LayerBuilder::add_bias(std::int64_t channels) {
  ConstantTrace& bias = trace_.bias;
  if (!bias.given) {
    return true;
  }
  if (bias.file && bias.file->shape != Shape{channels}) {
    return fail("bias.file", "its shape is " + shape_text(bias.file->shape) + ", expected " +
                                 shape_text({channels}));
  }
  std::vector<float> scale;
  if (!input(0).scale.empty()) {
    for (const float weight_scale : input(1).scale) {
      scale.push_back(input(0).scale[0] * weight_scale);
    }
  }
  inputs_.push_back(network_.tensors.size());
  network_.tensors.push_back({trace_.name + ".bias",
                              {channels},
                              bias.format,
                              std::move(scale),
                              0,
                              bias.file ? std::move(bias.file->data) : std::nullopt});
  return true;
}

bool LayerBuilder::has_scales(const Tensor& second) {
  if (shapes_only_) {
    return true;
  }
  const bool second_is_weights = second.name == trace_.name + ".weights";
  const std::string hint = trace_.op == TraceOp::Add ? "" : ", expected one, or requant";
  bool complete = true;
  if (input(0).scale.empty()) {
    complete = fail("inputs[0]", "'" + input(0).name + "' has no scale" + hint);
  }
  if (second.scale.empty()) {
    complete = second_is_weights ? fail("weights", "have no scale" + hint)
                                 : fail("inputs[1]", "'" + second.name + "' has no scale" + hint);
  }
  if (ofmap_.scale.empty()) {
    complete = fail("output", "has no scale" + hint);
  }
  return complete;
}

bool LayerBuilder::set_requantizer(Requantizer& requant, std::int64_t channels,
                                   bool product_in_float) {
  const Tensor& weights = input(1);
  const auto fits_channels = [&](const std::string& key, std::size_t count) {
    return count <= 1 || count == static_cast<std::size_t>(channels) ||
           fail(key, "has " + std::to_string(count) + " values, expected 1 or " +
                         std::to_string(channels) + ", one per output channel");
  };
  requant.zero_point = ofmap_.zero_point;
  bool good = set_limits(requant.clamp_min, requant.clamp_max);
  good = fits_channels("weights.scale", weights.scale.size()) && good;
  good = fits_channels("requant.multiplier", trace_.requant.multiplier.size()) && good;
  good = fits_channels("requant.scale", trace_.requant.scale.size()) && good;
  if (trace_.requant.given()) {
    take_constants(requant);
    return good;
  }
  good = has_scales(weights) && good;
  return good && derive_multipliers(requant, product_in_float);
}

void LayerBuilder::take_constants(Requantizer& requant) const {
  requant.variant = trace_.requant.variant;
  requant.rounding = trace_.requant.rounding;
  if (!trace_.requant.scale.empty()) {
    requant.mode = RequantMode::FloatScale;
    requant.scale = trace_.requant.scale;
  } else {
    requant.multiplier = trace_.requant.multiplier;
    requant.exponent = trace_.requant.exponent;
  }
}

bool LayerBuilder::derive_multipliers(Requantizer& requant, bool product_in_float) {
  const std::vector<float>& weight_scale = input(1).scale;
  if (input(0).scale.empty() || weight_scale.empty() || ofmap_.scale.empty()) {
    return true;
  }
  const auto derive = product_in_float ? product_multipliers : convolution_multipliers;
  const auto multipliers = derive(input(0).scale[0], weight_scale, ofmap_.scale[0]);
  if (!multipliers) {
    return fail("output",
                "its scale is too small for those of input and weights: sums would "
                "be multiplied by 2^30 or more");
  }
  for (const QuantizedMultiplier multiplier : *multipliers) {
    requant.multiplier.push_back(multiplier.multiplier);
    requant.exponent.push_back(multiplier.exponent);
  }
  return true;
}

bool LayerBuilder::set_limits(std::int32_t& lo, std::int32_t& hi) {
  const ElementFormat format = ofmap_.format;
  const LimitsTrace& limits = trace_.limits;
  lo = static_cast<std::int32_t>(format.min());
  hi = static_cast<std::int32_t>(format.max());
  if (limits.clamp_min) {
    if (*limits.clamp_min < lo || *limits.clamp_max > hi) {
      return fail("clamp", "[" + std::to_string(*limits.clamp_min) + ", " +
                               std::to_string(*limits.clamp_max) + "] is out of range, expected " +
                               std::to_string(lo) + ".." + std::to_string(hi));
    }
    lo = *limits.clamp_min;
    hi = *limits.clamp_max;
  }
  for (const auto& [real, limit] : {std::pair{limits.real.min, &lo}, {limits.real.max, &hi}}) {
    if (!real) {
      continue;
    }
    if (*real != 0.0F && ofmap_.scale.empty()) {
      if (!shapes_only_) {
        return fail("activation", "needs the scale of the layer's output");
      }
      continue;
    }
    const float scale = ofmap_.scale.empty() ? 1.0F : ofmap_.scale[0];
    *limit = quantize_value(*real, scale, ofmap_.zero_point, format);
  }
  return true;
}

}  // namespace systole
