#include "sim/onnx/weights.hpp"

#include <algorithm>
#include <cmath>
#include <cstring>

namespace systole::onnx {
namespace {

constexpr ElementFormat kInt8{8, true};

// Index on `axis` of an element.
class AxisIndex {
 public:
  AxisIndex(const Shape& shape, std::int64_t axis)
      : size_{shape.at(static_cast<std::size_t>(axis))} {
    for (auto i = static_cast<std::size_t>(axis) + 1; i < shape.size(); ++i) {
      distance_ *= shape[i];
    }
  }
  std::size_t operator()(std::size_t element) const {
    return static_cast<std::size_t>(static_cast<std::int64_t>(element) / distance_ % size_);
  }

 private:
  std::int64_t size_, distance_ = 1;
};

float float_of(std::int32_t bits) {
  float real = 0;
  std::memcpy(&real, &bits, sizeof real);
  return real;
}

template <typename Values>
auto of_channel(const Values& values, std::size_t channel) {
  return values.size() == 1 ? values.front() : values.at(channel);
}

}  // namespace

Weights weights_of(const Builder& builder, const Operand& w, std::int64_t axis) {
  const ConstantPtr& constant = builder.value(w.integers).constant;
  if (!constant) {
    throw NodeError{"has weights that are computed, expected constants"};
  }
  const std::int64_t channels = constant->shape.at(static_cast<std::size_t>(axis));
  const QuantParams& params = w.params;
  for (const std::size_t count : {params.scale.size(), params.zero_point.size()}) {
    if (count != 1 && (params.axis != axis || count != static_cast<std::size_t>(channels))) {
      throw NodeError{"has weights with " + std::to_string(count) + " scales on axis " +
                      std::to_string(params.axis) + ", expected one, or " +
                      std::to_string(channels) + " on axis " + std::to_string(axis)};
    }
  }
  Weights result{*constant, 0};
  result.constant.type = ElementType::Int8;
  const AxisIndex channel{constant->shape, axis};
  bool fits = true;
  for (std::size_t i = 0; i < constant->values.size(); ++i) {
    std::int32_t& value = result.constant.values[i];
    value -= of_channel(params.zero_point, channel(i));
    fits = fits && value >= kInt8.min() && value <= kInt8.max();
  }
  if (fits) {
    return result;
  }
  const std::int32_t zero_point = params.zero_point.front();
  if (std::any_of(params.zero_point.begin(), params.zero_point.end(),
                  [&](std::int32_t z) { return z != zero_point; })) {
    throw NodeError{
        "has weights whose zero points differ and which less these do not fit int8, expected one "
        "zero point"};
  }
  const std::int32_t offset = constant->type == ElementType::UInt8 ? 128 : 0;
  result.zero_point = zero_point - offset;
  std::transform(constant->values.begin(), constant->values.end(), result.constant.values.begin(),
                 [offset](std::int32_t q) { return q - offset; });
  return result;
}

TensorId weight_tensor(Builder& builder, const Weights& weights, const Operand& w) {
  const TensorId id = builder.constant_tensor(weights.constant, builder.value(w.integers).name);
  Tensor& tensor = builder.network().tensors[id];
  tensor.scale = w.params.scale;
  tensor.zero_point = weights.zero_point;
  return id;
}

TensorId bias_tensor(Builder& builder, const Bias& bias, const std::vector<float>& acc_scale,
                     std::int64_t channels) {
  const Constant& from = *bias.constant;
  const auto count = static_cast<std::size_t>(channels);
  if (from.values.size() != count && from.values.size() != 1) {
    throw NodeError{"has a bias of " + shape_text(from.shape) + ", expected one for each of " +
                    std::to_string(channels) + " output channels"};
  }
  const bool is_integer = from.type != ElementType::Float;
  if (is_integer && from.type != ElementType::Int32) {
    throw NodeError{std::string{"has a bias of "} + type_name(from.type) +
                    ", expected INT32 or FLOAT"};
  }
  Constant steps{ElementType::Int32, {channels}, TensorData(count)};
  for (std::size_t i = 0; i < count; ++i) {
    const std::int32_t value = of_channel(from.values, i);
    const float step = of_channel(acc_scale, i);
    if (is_integer && (!bias.params || (of_channel(bias.params->scale, i) == step &&
                                        of_channel(bias.params->zero_point, i) == 0))) {
      steps.values[i] = value;
      continue;
    }
    auto real = static_cast<double>(float_of(value));
    if (is_integer) {
      real = (static_cast<double>(value) - of_channel(bias.params->zero_point, i)) *
             static_cast<double>(of_channel(bias.params->scale, i));
    }
    const double rounded = std::nearbyint(real / static_cast<double>(step));
    if (!(std::fabs(rounded) < 0x1p31)) {
      throw NodeError{"has a bias that no INT32 holds in steps of x_scale * w_scale"};
    }
    steps.values[i] = static_cast<std::int32_t>(rounded);
  }
  const TensorId id = builder.constant_tensor(steps, "");
  builder.network().tensors[id].scale = acc_scale;
  return id;
}

}  // namespace systole::onnx
