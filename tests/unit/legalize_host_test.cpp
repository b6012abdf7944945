// Operators of the host, and those that take tensors as they are, on a unit that only shifts: what
// their integers stand for stays as the scales around them move.

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <cstring>
#include <random>
#include <string>
#include <vector>

#include "models/golden/golden.hpp"
#include "sim/legalize/legalize.hpp"
#include "sim/network/tflite_multipliers.hpp"
#include "tests/unit/golden_layers.hpp"

namespace systole {
namespace {

constexpr double kScaleA = 0.03, kScaleB = 0.021;

/// An input of 2 x 4 pixels of 3 channels, and convolutions of it.
class Branches {
 public:
  Branches() {
    network.inputs = {tensor("input", {1, 2, 4, 3}, 0.05, 3)};
    std::mt19937 rng{7};
    image_.resize(24);
    std::generate(image_.begin(), image_.end(), [&] {
      return std::uniform_int_distribution<std::int32_t>{-128, 127}(rng);
    });
    a = convolution("a", kScaleA, 5, {60, -30, 9, -20, 70, 31, 12, -45, 99});
    b = convolution("b", kScaleB, -7, {-8, 33, 50, 64, -11, 20, 37, 41, -60});
  }

  TensorId tensor(const std::string& name, Shape shape, double scale, std::int32_t zero_point) {
    network.tensors.push_back(
        test::tensor(std::move(shape), static_cast<float>(scale), zero_point));
    network.tensors.back().name = name;
    return network.tensors.size() - 1;
  }

  TensorId constant(Shape shape, double scale, std::int32_t zero_point, TensorData data) {
    const TensorId id = tensor("constant", std::move(shape), scale, zero_point);
    network.tensors[id].data = std::move(data);
    return id;
  }

  TensorId convolution(const std::string& name, double scale, std::int32_t zero_point,
                       TensorData weights) {
    Conv2d op;
    op.requant = test::scaled(0.05 * 0.01 / scale, zero_point);
    return layer(name, op, {0, constant({3, 1, 1, 3}, 0.01, 0, std::move(weights))}, {1, 2, 4, 3},
                 scale, zero_point);
  }

  TensorId layer(const std::string& name, LayerOp op, std::vector<TensorId> inputs, Shape shape,
                 double scale, std::int32_t zero_point) {
    Layer layer;
    layer.name = name;
    layer.op = std::move(op);
    layer.inputs = std::move(inputs);
    layer.output = tensor(name, std::move(shape), scale, zero_point);
    network.outputs = {layer.output};
    network.layers.push_back(std::move(layer));
    return network.outputs[0];
  }

  static Legalized legalized(const Network& network) {
    AcceleratorConfig config;
    config.requant.mode = RequantMode::ShiftOnly;
    return legalize(network, config);
  }

  std::vector<double> reals(const Network& of) const {
    const Tensor& tensor = of.tensor(of.outputs[0]);
    std::vector<double> result;
    const std::vector<TensorData> values = golden::run(of, {image_});
    for (const std::int32_t q : values[of.outputs[0]]) {
      result.push_back(double{tensor.scale.at(0)} * (q - tensor.zero_point));
    }
    return result;
  }

  /// Of the whole network, legalized, against what it was.
  double sqnr_db() const {
    const std::vector<double> before = reals(network);
    const std::vector<double> after = reals(legalized(network).network);
    double signal = 0, noise = 1e-12;
    for (std::size_t i = 0; i < before.size(); ++i) {
      signal += before[i] * before[i];
      noise += (after[i] - before[i]) * (after[i] - before[i]);
    }
    return 10 * std::log10(signal / noise);
  }

  Network network;
  TensorId a = 0, b = 0;

 private:
  TensorData image_;
};

const Shape kPixels{1, 2, 4, 3};

// Two roundings of up to twice the step under signals of some 50 steps.
constexpr double kEnough = 28;

TEST(LegalizeHost, OperatorsOfOneInputFollowTheScalesAroundThem) {
  const auto sqnr = [](LayerOp op, Shape shape, double scale, std::int32_t zero_point) {
    Branches net;
    net.layer("host", std::move(op), {net.a}, std::move(shape), scale, zero_point);
    return net.sqnr_db();
  };
  const auto rescaling = [](double scale) { return test::scaled(kScaleA / scale, 4); };
  EXPECT_GT(sqnr(Relu{rescaling(0.025)}, kPixels, 0.025, 4), kEnough);
  EXPECT_GT(sqnr(Requantize{rescaling(0.035)}, kPixels, 0.035, 4), kEnough);
  Mean sum;
  sum.axes = {1};
  sum.is_sum = true;
  sum.requant = rescaling(0.05);
  EXPECT_GT(sqnr(sum, {1, 4, 3}, 0.05, 4), kEnough);
  LeakyRelu leaky{quantize_multiplier(kScaleA / 0.04), quantize_multiplier(0.3 * kScaleA / 0.04)};
  EXPECT_GT(sqnr(leaky, kPixels, 0.04, 4), kEnough);
  Softmax softmax;
  softmax.input = quantize_multiplier(tflite_multipliers::of_softmax(0.03F, 1));
  softmax.diff_min = -saturation_radius(tflite_multipliers::kSoftmaxIntegerBits, softmax.input);
  EXPECT_GT(sqnr(softmax, kPixels, 1.0 / 256, -128), kEnough);
  Logistic logistic;
  logistic.input = quantize_multiplier(tflite_multipliers::of_logistic(0.03F));
  logistic.radius = saturation_radius(tflite_multipliers::kLogisticIntegerBits, logistic.input);
  EXPECT_GT(sqnr(logistic, kPixels, 1.0 / 256, -128), kEnough);
  EXPECT_GT(sqnr(L2Normalization{}, kPixels, 1.0 / 128, 0), kEnough);
}

TEST(LegalizeHost, OperatorsOfTwoInputsFollowTheScalesAroundThem) {
  const auto sqnr = [](const LayerOp& op, double scale) {
    Branches net;
    net.layer("host", op, {net.a, net.b}, kPixels, scale, 4);
    return net.sqnr_db();
  };
  const double product = kScaleA * kScaleB;
  EXPECT_GT(sqnr(Mul{test::scaled(product / 0.04, 4)}, 0.04), kEnough - 3);
  Prelu prelu{quantize_multiplier(kScaleA / 0.03), quantize_multiplier(product / 0.03)};
  EXPECT_GT(sqnr(prelu, 0.03), kEnough - 3);
  const auto terms = [](const tflite_multipliers::Sum& reals, std::int32_t left_shift) {
    Add sum;
    sum.left_shift = left_shift;
    sum.input = {quantize_multiplier(reals.input[0]), quantize_multiplier(reals.input[1])};
    sum.input_zero_point = {5, -7};
    sum.output = test::scaled(reals.output, 4);
    return sum;
  };
  EXPECT_GT(
      sqnr(Sub{terms(tflite_multipliers::of_sub(0.03F, 0.021F, 0.045F, 20, true), 20)}, 0.045),
      kEnough - 3);
  const auto square = tflite_multipliers::of_squared_difference(0.03F, 0.021F, 0.08F, 7);
  EXPECT_GT(sqnr(SquaredDifference{terms(square, 7)}, 0.08), kEnough - 3);
}

TEST(LegalizeHost, TensorsThatShareAScaleMoveTogetherAndConstantsBesideThemToo) {
  Branches net;
  const TensorId twin = net.convolution("twin", kScaleA, 5, {9, 8, 70, -66, 50, 4, 3, 20, 61});
  const TensorId constant = net.constant({1, 2, 4, 1}, kScaleA, 5, {99, 9, -9, -99, 30, 3, 5, 70});
  const TensorId joined =
      net.layer("joined", Concat{3}, {net.a, constant, twin}, {1, 2, 4, 7}, kScaleA, 5);
  const TensorId level = net.constant({1}, kScaleA, 5, {40});
  const TensorId top = net.layer("top", Extremum{}, {joined, level}, {1, 2, 4, 7}, kScaleA, 5);
  const TensorId first = net.layer("first", Gather{3, {6, 0, 3}}, {top}, kPixels, kScaleA, 5);
  net.layer("most", ReduceExtremum{{1}, false}, {first}, {1, 4, 3}, kScaleA, 5);
  EXPECT_GT(net.sqnr_db(), kEnough);
  const Legalized legal = Branches::legalized(net.network);
  for (const TensorId id : {net.a, twin, constant, joined, level, top, first}) {
    EXPECT_EQ(legal.network.tensor(id).scale, std::vector<float>{1.0F / 32}) << id;
  }
  EXPECT_EQ(legal.network.tensor(level).data, TensorData{39});  // 5 + 35 * 0.96
  const auto note = std::find_if(legal.notes.begin(), legal.notes.end(),
                                 [](const LegalizationNote& n) { return n.layer == "joined"; });
  ASSERT_NE(note, legal.notes.end());
  EXPECT_EQ(note->what,
            "ofmap scale 0.03 -> 2^-5; 'constant' times 0.96, to the scale of the ofmap");
  EXPECT_TRUE(note->sqnr_db);
}

TEST(LegalizeHost, WhatSharesTheScaleOfANetworkInputKeepsIt) {
  Branches net;
  net.network.tensors[net.a].scale = {0.05F};
  net.network.tensors[net.a].zero_point = 3;
  auto& conv = std::get<Conv2d>(net.network.layers[0].op);
  conv.requant = test::scaled(0.01, 3);
  net.layer("joined", Concat{3}, {net.a, 0}, {1, 2, 4, 6}, 0.05, 3);
  EXPECT_GT(net.sqnr_db(), kEnough);
  const Network legal = Branches::legalized(net.network).network;
  EXPECT_EQ(legal.tensor(net.a).scale[0], 0.05F);
  EXPECT_EQ(legal.tensor(net.b).scale[0], 1.0F / 32);
}

// No formula tells what a table does, so its producer keeps the scale and folds the rest.
TEST(LegalizeHost, AnOperandOfATableKeepsItsScale) {
  Branches net;
  Lookup op;
  for (std::int32_t i = 0; i < 256; ++i) {
    op.table.push_back((i * i) / 300 - 100);
  }
  const TensorId pool = net.layer("pool", MaxPool{}, {net.a}, kPixels, kScaleA, 5);
  net.layer("table", op, {pool}, kPixels, 0.1, 0);
  EXPECT_GT(net.sqnr_db(), kEnough);
  const Network legal = Branches::legalized(net.network).network;
  EXPECT_EQ(legal.tensor(net.a).scale, net.network.tensor(net.a).scale);
  EXPECT_EQ(legal.tensor(net.network.outputs[0]).scale, std::vector<float>{0.1F});
}

TEST(LegalizeHost, PositionsAndFloatsTakeAnyScale) {
  Branches net;
  net.layer("where", ArgExtremum{3, true}, {net.a}, {1, 2, 4}, 1, 0);
  EXPECT_GT(net.sqnr_db(), kEnough);
  Branches floats;
  const TensorId id = floats.layer("floats", Dequantize{}, {floats.a}, kPixels, 1, 0);
  floats.network.tensors[id].format = {32, true, true};
  const auto real = [&](const Network& network) {
    const std::int32_t bits = golden::run(network, {TensorData(24, 90)})[id][0];
    float value = 0;
    std::memcpy(&value, &bits, sizeof value);
    return value;
  };
  EXPECT_NEAR(real(Branches::legalized(floats.network).network), real(floats.network), 0.05);
}

TEST(LegalizeHost, PaddingKeepsItsRealValue) {
  Branches net;
  net.layer("padded", Pad{{0, 1, 0, 0}, {0, 0, 0, 0}, 100}, {net.b}, {1, 3, 4, 3}, kScaleB, -7);
  EXPECT_GT(net.sqnr_db(), kEnough);
  const Legalized legal = Branches::legalized(net.network);
  EXPECT_EQ(std::get<Pad>(legal.network.layers.back().op).value, 65);  // -7 + 107 * 0.021 * 32
  EXPECT_EQ(legal.notes.back().what, "ofmap scale 0.021 -> 2^-5; value 100 -> 65");
}

TEST(LegalizeHost, OfSeveralConstantsTheLossOfAllIsTold) {
  const auto note_with = [](const std::vector<TensorData>& constants) {
    Branches net;
    std::vector<TensorId> inputs{net.a};
    for (const TensorData& data : constants) {
      inputs.push_back(net.constant({1, 2, 4, 1}, kScaleA, 5, data));
    }
    const auto channels = static_cast<std::int64_t>(3 + constants.size());
    net.layer("joined", Concat{3}, inputs, {1, 2, 4, channels}, kScaleA, 5);
    return Branches::legalized(net.network).notes.back();
  };
  const TensorData lossy{99, 9, -9, -99, 30, 3, 5, 70};
  const TensorData zero(8, 5);
  const LegalizationNote one = note_with({lossy});
  ASSERT_TRUE(one.sqnr_db);
  for (const LegalizationNote& both : {note_with({lossy, zero}), note_with({zero, lossy})}) {
    EXPECT_EQ(both.sqnr_db, one.sqnr_db);
    EXPECT_EQ(both.what, one.what) << "what is zero everywhere does not change";
  }
  const LegalizationNote twice = note_with({lossy, lossy});
  ASSERT_TRUE(twice.sqnr_db);
  EXPECT_DOUBLE_EQ(*twice.sqnr_db, *one.sqnr_db);
}

}  // namespace
}  // namespace systole
