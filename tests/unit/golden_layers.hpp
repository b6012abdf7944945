#pragma once

#include <gtest/gtest.h>

#include <algorithm>
#include <limits>
#include <random>
#include <utility>
#include <vector>

#include "models/golden/golden.hpp"

namespace systole::test {

using Rng = std::mt19937;

inline TensorData random_data(Rng& rng, const Shape& shape) {
  std::uniform_int_distribution<std::int32_t> any{-128, 127};
  TensorData data(static_cast<std::size_t>(element_count(shape)));
  for (std::int32_t& value : data) {
    value = any(rng);
  }
  return data;
}

inline Tensor tensor(Shape shape, float scale = 1, std::int32_t zero_point = 0) {
  Tensor result;
  result.name = "t";
  result.shape = std::move(shape);
  result.scale = {scale};
  result.zero_point = zero_point;
  return result;
}

/// One layer; the last tensor is the output.
inline TensorData run(LayerOp op, std::vector<Tensor> tensors,
                      const std::vector<TensorData>& data) {
  Network network;
  Layer layer;
  layer.op = std::move(op);
  layer.output = tensors.size() - 1;
  for (TensorId id = 0; id < layer.output; ++id) {
    layer.inputs.push_back(id);
  }
  network.tensors = std::move(tensors);
  std::vector<const TensorData*> operands;
  for (const TensorData& values : data) {
    operands.push_back(&values);
  }
  return golden::run_layer(network, layer, operands);
}

inline Requantizer scaled(double real, std::int32_t zero_point) {
  const QuantizedMultiplier q = quantize_multiplier(real);
  Requantizer requant;
  requant.multiplier = {q.multiplier};
  requant.exponent = {q.exponent};
  requant.zero_point = zero_point;
  return requant;
}

inline Requantizer as_is() {
  Requantizer requant;
  requant.mode = RequantMode::ShiftOnly;
  requant.exponent = {0};
  requant.clamp_min = std::numeric_limits<std::int32_t>::min();
  requant.clamp_max = std::numeric_limits<std::int32_t>::max();
  return requant;
}

inline double real_of(std::int32_t q, const Tensor& t) {
  return static_cast<double>(t.scale[0]) * (q - t.zero_point);
}

/// Within one step of `real`, clamped to 8 bits.
inline void expect_near(std::int32_t q, double real, const Tensor& t) {
  const double steps = real / static_cast<double>(t.scale[0]) + t.zero_point;
  EXPECT_NEAR(q, std::clamp(steps, -128.0, 127.0), 1.0);
}

}  // namespace systole::test
