#include <gtest/gtest.h>

#include <cmath>
#include <limits>
#include <random>

#include "models/golden/golden.hpp"
#include "models/golden/requantize.hpp"
#include "sim/network/refusal.hpp"

namespace systole {
namespace {

using Rng = std::mt19937;

std::int64_t pick(Rng& rng, std::int64_t low, std::int64_t high) {
  return std::uniform_int_distribution<std::int64_t>{low, high}(rng);
}

TensorData random_data(Rng& rng, const Shape& shape, std::int64_t low, std::int64_t high) {
  TensorData data(static_cast<std::size_t>(element_count(shape)));
  for (std::int32_t& value : data) {
    value = static_cast<std::int32_t>(pick(rng, low, high));
  }
  return data;
}

Tensor tensor(Shape shape, std::int32_t zero_point = 0) {
  Tensor result;
  result.name = "t";
  result.shape = std::move(shape);
  result.zero_point = zero_point;
  return result;
}

// Accumulators as they are: no scaling, no clamp.
Requantizer as_is() {
  Requantizer requant;
  requant.mode = RequantMode::ShiftOnly;
  requant.exponent = {0};
  requant.clamp_min = std::numeric_limits<std::int32_t>::min();
  requant.clamp_max = std::numeric_limits<std::int32_t>::max();
  return requant;
}

// A network of one layer; every tensor but the last is an input.
struct OneLayer {
  Network network;
  std::vector<TensorData> inputs;

  OneLayer(LayerOp op, std::vector<Tensor> tensors, std::vector<TensorData> data)
      : inputs{std::move(data)} {
    Layer layer;
    layer.name = "layer";
    layer.op = std::move(op);
    for (TensorId id = 0; id + 1 < tensors.size(); ++id) {
      layer.inputs.push_back(id);
    }
    layer.output = tensors.size() - 1;
    network.inputs = layer.inputs;
    network.outputs = {layer.output};
    network.tensors = std::move(tensors);
    network.layers = {std::move(layer)};
  }

  TensorData run() const { return golden::run(network, inputs).back(); }
};

std::int32_t wrapped(std::int64_t value) {
  return static_cast<std::int32_t>(static_cast<std::uint32_t>(static_cast<std::uint64_t>(value)));
}

// Convolution from the ifmap's side: each input element is scattered to the outputs whose
// window covers it. Padding never appears, and the arithmetic is 64 bits wide.
std::vector<std::int64_t> scatter_conv(const Conv2d& op, const OneLayer& layer) {
  const Shape& in = layer.network.tensor(0).shape;
  const Shape& weight = layer.network.tensor(1).shape;
  const Shape& out = layer.network.tensors.back().shape;
  const Window& win = op.window;
  const std::int64_t group_out = weight[0] / op.groups;
  std::vector<std::int64_t> sums(static_cast<std::size_t>(element_count(out)));
  std::size_t next = 0;
  for (std::int64_t n = 0; n < in[0]; ++n) {
    for (std::int64_t h = 0; h < in[1]; ++h) {
      for (std::int64_t w = 0; w < in[2]; ++w) {
        for (std::int64_t c = 0; c < in[3]; ++c) {
          const std::int64_t x =
              std::int64_t{layer.inputs[0][next++]} - layer.network.tensor(0).zero_point;
          const std::int64_t first_oc = c / weight[3] * group_out;
          for (std::int64_t kh = 0; kh < weight[1]; ++kh) {
            for (std::int64_t kw = 0; kw < weight[2]; ++kw) {
              const std::int64_t top = h + win.pad_top - kh * win.dilation_h;
              const std::int64_t left = w + win.pad_left - kw * win.dilation_w;
              if (top < 0 || left < 0 || top % win.stride_h != 0 || left % win.stride_w != 0 ||
                  top / win.stride_h >= out[1] || left / win.stride_w >= out[2]) {
                continue;
              }
              for (std::int64_t oc = first_oc; oc < first_oc + group_out; ++oc) {
                const auto tap = static_cast<std::size_t>(
                    ((oc * weight[1] + kh) * weight[2] + kw) * weight[3] + c % weight[3]);
                const auto at = static_cast<std::size_t>(
                    ((n * out[1] + top / win.stride_h) * out[2] + left / win.stride_w) * out[3] +
                    oc);
                sums[at] += x * layer.inputs[1][tap];
              }
            }
          }
        }
      }
    }
  }
  return sums;
}

OneLayer random_conv(Rng& rng, std::int64_t groups, std::int64_t group_in, std::int64_t group_out,
                     std::int64_t magnitude) {
  Conv2d op;
  op.groups = groups;
  op.has_bias = pick(rng, 0, 1) == 1;
  Window& win = op.window;
  win.kernel_h = pick(rng, 1, 4);
  win.kernel_w = pick(rng, 1, 4);
  win.stride_h = pick(rng, 1, 3);
  win.stride_w = pick(rng, 1, 3);
  win.dilation_h = pick(rng, 1, 3);
  win.dilation_w = pick(rng, 1, 3);
  win.pad_top = pick(rng, 0, 3);
  win.pad_left = pick(rng, 0, 3);
  win.pad_bottom = pick(rng, 0, 3);
  win.pad_right = pick(rng, 0, 3);
  const Shape in{pick(rng, 1, 2), pick(rng, 10, 14), pick(rng, 10, 14), groups * group_in};
  const Shape weight{groups * group_out, win.kernel_h, win.kernel_w, group_in};
  const auto slid = [](std::int64_t padded, std::int64_t kernel, std::int64_t dilation,
                       std::int64_t stride) {
    return (padded - (kernel - 1) * dilation - 1) / stride + 1;
  };
  const Shape out{
      in[0], slid(in[1] + win.pad_top + win.pad_bottom, win.kernel_h, win.dilation_h, win.stride_h),
      slid(in[2] + win.pad_left + win.pad_right, win.kernel_w, win.dilation_w, win.stride_w),
      weight[0]};
  op.requant.zero_point = static_cast<std::int32_t>(pick(rng, -128, 127));
  for (std::int64_t oc = 0; oc < weight[0]; ++oc) {
    op.requant.multiplier.push_back(static_cast<std::int32_t>(pick(rng, 1 << 30, 2147483647)));
    op.requant.exponent.push_back(static_cast<std::int32_t>(pick(rng, -12, -4)));
  }
  std::vector<Tensor> tensors{tensor(in, static_cast<std::int32_t>(pick(rng, -128, 127))),
                              tensor(weight)};
  std::vector<TensorData> data{random_data(rng, in, -magnitude, magnitude - 1),
                               random_data(rng, weight, -magnitude, magnitude - 1)};
  if (op.has_bias) {
    tensors.push_back(tensor({weight[0]}));
    data.push_back(random_data(rng, {weight[0]}, -(1 << 20), 1 << 20));
  }
  tensors.push_back(tensor(out));
  return {op, std::move(tensors), std::move(data)};
}

void expect_equal_to_scatter(const OneLayer& layer) {
  const auto& op = std::get<Conv2d>(layer.network.layers[0].op);
  const std::vector<std::int64_t> sums = scatter_conv(op, layer);
  const TensorData ofmap = layer.run();
  const auto channels = static_cast<std::size_t>(layer.network.tensors.back().shape[3]);
  ASSERT_EQ(ofmap.size(), sums.size());
  for (std::size_t i = 0; i < sums.size(); ++i) {
    const std::size_t oc = i % channels;
    const std::int64_t bias = op.has_bias ? layer.inputs[2][oc] : 0;
    ASSERT_EQ(ofmap[i], golden::requantize(wrapped(sums[i] + bias), oc, op.requant)) << i;
  }
}

TEST(GoldenConv2d, EqualsTheScatteredSumOnRandomShapes) {
  Rng rng{1};
  for (int i = 0; i < 60; ++i) {
    expect_equal_to_scatter(random_conv(rng, 1, pick(rng, 1, 9), pick(rng, 1, 9), 128));
  }
}

TEST(GoldenConv2d, EqualsTheScatteredSumForGroupsAndDepthwiseWithMultiplier) {
  Rng rng{2};
  for (int i = 0; i < 40; ++i) {
    expect_equal_to_scatter(
        random_conv(rng, pick(rng, 2, 5), pick(rng, 1, 3), pick(rng, 1, 3), 128));
  }
  for (int i = 0; i < 40; ++i) {
    expect_equal_to_scatter(random_conv(rng, pick(rng, 2, 9), 1, pick(rng, 1, 3), 128));
  }
}

// Operands of 16 bits overflow 16-bit differences and 32-bit sums.
TEST(GoldenConv2d, WideOperandsWrapModulo32Bits) {
  Rng rng{3};
  for (int i = 0; i < 20; ++i) {
    expect_equal_to_scatter(random_conv(rng, 1, 8, 4, 32768));
  }
}

TEST(GoldenConv2d, TapsOutsideTheImageActAsTheZeroPoint) {
  Conv2d op;
  op.window.kernel_h = op.window.kernel_w = 3;
  op.window.pad_top = op.window.pad_left = op.window.pad_bottom = op.window.pad_right = 1;
  op.requant = as_is();
  const OneLayer layer{op,
                       {tensor({1, 1, 1, 1}, -7), tensor({1, 3, 3, 1}), tensor({1, 1, 1, 1})},
                       {{3}, {1, 1, 1, 1, 5, 1, 1, 1, 1}}};
  EXPECT_EQ(layer.run(), TensorData{50});
}

TEST(GoldenConv2d, RefusesAnOfmapThatSlidingDoesNotGive) {
  Conv2d op;
  op.window.kernel_h = op.window.kernel_w = 3;
  op.requant = as_is();
  const OneLayer layer{op,
                       {tensor({1, 4, 4, 1}), tensor({1, 3, 3, 1}), tensor({1, 2, 3, 1})},
                       {TensorData(16), TensorData(9)}};
  EXPECT_THROW(layer.run(), Refusal);
}

TEST(GoldenFullyConnected, MultipliesRowsByWeightsAndAddsTheBias) {
  FullyConnected op;
  op.has_bias = true;
  op.requant = as_is();
  const OneLayer layer{op,
                       {tensor({2, 3}, 1), tensor({2, 3}), tensor({2}), tensor({2, 2})},
                       {{2, 3, 4, 1, 1, 0}, {1, 10, 100, -1, 0, 1}, {5, -5}}};
  EXPECT_EQ(layer.run(), (TensorData{326, -3, -95, -6}));
}

TEST(GoldenFullyConnected, TakesAllLeadingDimensionsAsRows) {
  FullyConnected op;
  op.requant = as_is();
  const OneLayer layer{
      op, {tensor({1, 2, 1, 2}), tensor({1, 2}), tensor({1, 2, 1, 1})}, {{1, 2, 3, 4}, {1, 1}}};
  EXPECT_EQ(layer.run(), (TensorData{3, 7}));
}

TEST(GoldenFullyConnected, AccumulatorAndBiasWrapAt32Bits) {
  FullyConnected op;
  op.has_bias = true;
  op.requant = as_is();
  const OneLayer layer{op,
                       {tensor({1, 1}), tensor({1, 1}), tensor({1}), tensor({1, 1})},
                       {{1}, {1}, {std::numeric_limits<std::int32_t>::max()}}};
  EXPECT_EQ(layer.run(), TensorData{std::numeric_limits<std::int32_t>::min()});
}

TEST(GoldenMatMul, TakesBothZeroPointsOffOnRandomShapes) {
  Rng rng{4};
  for (int i = 0; i < 30; ++i) {
    const std::int64_t m = pick(rng, 1, 9);
    const std::int64_t k = pick(rng, 1, 40);
    const std::int64_t n = pick(rng, 1, 9);
    const Tensor a = tensor({m, k}, static_cast<std::int32_t>(pick(rng, -128, 127)));
    const Tensor b = tensor({k, n}, static_cast<std::int32_t>(pick(rng, -128, 127)));
    const OneLayer layer{
        MatMul{as_is()},
        {a, b, tensor({m, n})},
        {random_data(rng, a.shape, -128, 127), random_data(rng, b.shape, -128, 127)}};
    const TensorData result = layer.run();
    for (std::int64_t row = 0; row < m; ++row) {
      for (std::int64_t column = 0; column < n; ++column) {
        double sum = 0;  // exact: far below 2^53
        for (std::int64_t j = 0; j < k; ++j) {
          const double left = layer.inputs[0][static_cast<std::size_t>(row * k + j)];
          const double right = layer.inputs[1][static_cast<std::size_t>(j * n + column)];
          sum += (left - a.zero_point) * (right - b.zero_point);
        }
        ASSERT_EQ(result[static_cast<std::size_t>(row * n + column)], sum);
      }
    }
  }
}

TEST(GoldenMaxPool, LeavesPaddingOutOfTheMaximumAndClamps) {
  MaxPool op;
  op.window.kernel_h = op.window.kernel_w = 2;
  op.window.stride_h = op.window.stride_w = 2;
  op.window.pad_bottom = op.window.pad_right = 1;
  op.clamp_max = 6;
  const OneLayer layer{
      op, {tensor({1, 3, 3, 1}), tensor({1, 2, 2, 1})}, {{-9, -8, -7, -6, -5, -4, -3, 2, 9}}};
  EXPECT_EQ(layer.run(), (TensorData{-5, -4, 2, 6}));
}

TEST(GoldenAveragePool, CountsOnlyTapsInsideAndRoundsHalfAwayFromZero) {
  AveragePool op;
  op.window.kernel_h = op.window.kernel_w = 2;
  op.window.stride_h = op.window.stride_w = 2;
  op.window.pad_bottom = 1;
  const OneLayer layer{op,
                       {tensor({1, 3, 4, 1}, -100), tensor({1, 2, 2, 1}, -100)},
                       {{1, 2, -1, -2, 3, 4, -3, -4, 4, 5, -4, -5}}};
  EXPECT_EQ(layer.run(), (TensorData{3, -3, 5, -5}));  // 2.5, -2.5, 4.5, -4.5
}

TEST(GoldenAveragePool, EqualsTheRoundedMeanOnRandomWindows) {
  Rng rng{5};
  for (int i = 0; i < 50; ++i) {
    AveragePool op;
    op.window.kernel_h = pick(rng, 1, 5);
    op.window.kernel_w = pick(rng, 1, 5);
    const Shape in{1, op.window.kernel_h, op.window.kernel_w, 3};
    const OneLayer layer{op, {tensor(in), tensor({1, 1, 1, 3})}, {random_data(rng, in, -128, 127)}};
    const TensorData result = layer.run();
    for (std::size_t channel = 0; channel < 3; ++channel) {
      double sum = 0;
      for (std::size_t at = channel; at < layer.inputs[0].size(); at += 3) {
        sum += layer.inputs[0][at];
      }
      // Exact at ties: k + 1/2 is a double, so the quotient is that very number.
      const auto taps = static_cast<double>(in[1] * in[2]);
      ASSERT_EQ(result[channel], std::round(sum / taps));
    }
  }
}

TEST(GoldenPool, RefusesAWindowWhollyInThePadding) {
  MaxPool op;
  op.window.pad_top = 1;
  const OneLayer layer{op, {tensor({1, 1, 1, 1}), tensor({1, 2, 1, 1})}, {{0}}};
  EXPECT_THROW(layer.run(), Refusal);
}

OneLayer random_add(Rng& rng, RequantVariant variant, Rounding rounding) {
  Add op;
  const double s1 = std::ldexp(static_cast<double>(pick(rng, 100, 1000)), -12);
  const double s2 = std::ldexp(static_cast<double>(pick(rng, 100, 1000)), -12);
  const double so = s1 + s2;
  const double twice_max = 2 * std::max(s1, s2);
  op.input = {quantize_multiplier(s1 / twice_max), quantize_multiplier(s2 / twice_max)};
  op.input_zero_point = {static_cast<std::int32_t>(pick(rng, -128, 127)),
                         static_cast<std::int32_t>(pick(rng, -128, 127))};
  const QuantizedMultiplier out = quantize_multiplier(twice_max / (std::ldexp(1.0, 20) * so));
  op.output.variant = variant;
  op.output.rounding = rounding;
  op.output.multiplier = {out.multiplier};
  op.output.exponent = {out.exponent};
  op.output.zero_point = static_cast<std::int32_t>(pick(rng, -20, 20));
  const Shape shape{1, 4, 4, 8};
  Tensor first = tensor(shape);
  first.scale = {static_cast<float>(s1)};
  Tensor second = tensor(shape);
  second.scale = {static_cast<float>(s2)};
  Tensor sum = tensor(shape);
  sum.scale = {static_cast<float>(so)};
  return {op,
          {first, second, sum},
          {random_data(rng, shape, -128, 127), random_data(rng, shape, -128, 127)}};
}

// The 20 bits of headroom leave errors of under 2^-15 before the last rounding, so the
// result is the rounded real sum, or its neighbour where that sum is within 2^-15 of a tie.
TEST(GoldenAdd, IsTheRoundedRealSumOfDequantizedOperands) {
  Rng rng{6};
  for (int i = 0; i < 60; ++i) {
    const RequantVariant variant = i % 2 == 0 ? RequantVariant::Tflite : RequantVariant::Single;
    const OneLayer layer = random_add(rng, variant, Rounding::NearestEven);
    const auto& op = std::get<Add>(layer.network.layers[0].op);
    const TensorData result = layer.run();
    const double s1 = layer.network.tensor(0).scale[0];
    const double s2 = layer.network.tensor(1).scale[0];
    const double so = layer.network.tensor(2).scale[0];
    for (std::size_t at = 0; at < result.size(); ++at) {
      const double real = (s1 * (layer.inputs[0][at] - op.input_zero_point[0]) +
                           s2 * (layer.inputs[1][at] - op.input_zero_point[1])) /
                              so +
                          op.output.zero_point;
      const double expected = std::fmin(127.0, std::fmax(-128.0, real));
      ASSERT_LE(std::fabs(result[at] - expected), 0.5 + std::ldexp(1.0, -15));
    }
  }
}

// MBQM(3 << 20, 2^30, 0) = 3 << 19 for each operand; their sum is 6 << 19 = 3 << 20;
// times 2^30 / 2^31 * 2^-19 that is 3 * 2^20 * 2^-20 = 3.
TEST(GoldenAdd, ScalesOperandsAndSumByTheirOwnMultipliers) {
  Add op;
  op.input = {QuantizedMultiplier{1 << 30, 0}, QuantizedMultiplier{1 << 30, 0}};
  op.input_zero_point = {-2, 4};
  op.output.multiplier = {1 << 30};
  op.output.exponent = {-19};
  op.output.zero_point = 10;
  const OneLayer layer{op, {tensor({1}), tensor({1}), tensor({1})}, {{1}, {7}}};
  EXPECT_EQ(layer.run(), TensorData{13});
}

TEST(GoldenAdd, ShiftOnlyShiftsOperandsLeftAndTheSumRightOnce) {
  Add op;
  op.input = {QuantizedMultiplier{0, 2}, QuantizedMultiplier{0, 0}};
  op.input_zero_point = {1, -1};
  op.output.mode = RequantMode::ShiftOnly;
  op.output.exponent = {-3};
  op.output.zero_point = 5;
  const auto sums = [&](Rounding rounding) {
    op.output.rounding = rounding;
    // (q1 - 1) * 4 + (q2 + 1) = 12, 20, -12, -13
    return OneLayer{op, {tensor({4}), tensor({4}), tensor({4})}, {{3, 5, -2, -2}, {3, 3, -1, -2}}}
        .run();
  };
  EXPECT_EQ(sums(Rounding::NearestEven), (TensorData{7, 7, 3, 3}));
  EXPECT_EQ(sums(Rounding::NearestAway), (TensorData{7, 8, 3, 3}));
  EXPECT_EQ(sums(Rounding::HalfUp), (TensorData{7, 8, 4, 3}));
  EXPECT_EQ(sums(Rounding::Floor), (TensorData{6, 7, 3, 3}));
  EXPECT_EQ(sums(Rounding::TowardZero), (TensorData{6, 7, 4, 4}));
}

TEST(GoldenRun, FollowsTheLayersAndKeepsEveryTensor) {
  Network network;
  network.name = "two layers";
  network.tensors = {tensor({1, 2, 2, 1}), tensor({1, 1, 1, 1}), tensor({1, 1}), tensor({2, 1}),
                     tensor({1, 2})};
  network.tensors[3].data = TensorData{2, -3};
  MaxPool pool;
  pool.window.kernel_h = pool.window.kernel_w = 2;
  FullyConnected connected;
  connected.requant = as_is();
  network.layers = {Layer{"pool", pool, {0}, 1, {}}, Layer{"flatten", Reshape{}, {1}, 2, {}},
                    Layer{"fc", connected, {2, 3}, 4, {}}};
  network.inputs = {0};
  network.outputs = {4};
  const std::vector<TensorData> values = golden::run(network, {{1, 4, 2, 3}});
  EXPECT_EQ(values, (std::vector<TensorData>{{1, 4, 2, 3}, {4}, {4}, {2, -3}, {8, -12}}));
}

TEST(GoldenRun, RefusesInputsOfTheWrongSizeAndNamesTheLayer) {
  const OneLayer layer{Reshape{}, {tensor({2}), tensor({2})}, {{1, 2}}};
  EXPECT_THROW(golden::run(layer.network, {}), Refusal);
  EXPECT_THROW(golden::run(layer.network, {{1, 2, 3}}), Refusal);
  const TensorData short_data{1};
  try {
    golden::run_layer(layer.network, layer.network.layers[0], {&short_data});
    FAIL() << "a short input was taken";
  } catch (const Refusal& error) {
    EXPECT_STREQ(error.what(), "layer 'layer': tensor 't' has 1 elements, expected 2");
  }
}

}  // namespace
}  // namespace systole
