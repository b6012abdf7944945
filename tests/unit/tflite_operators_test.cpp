// Models of one node, through the front end and the golden model, against the operator's
// definition.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <cstring>
#include <filesystem>
#include <functional>
#include <limits>

#include "models/golden/golden.hpp"
#include "sim/config/error_log.hpp"
#include "sim/tflite/tflite.hpp"
#include "tests/support/tflite_models.hpp"

namespace systole::test {
namespace {

using namespace tflite::file;
using ::testing::HasSubstr;

constexpr auto kInt8 = TensorType::INT8;
constexpr auto kUint8 = TensorType::UINT8;

std::int32_t code(BuiltinOperator op) { return static_cast<std::int32_t>(op); }

Network loaded(const TfliteModel& model) {
  const std::string path = write_bytes("operator.tflite", model.bytes());
  try {
    Network network = load_tflite(path);
    std::filesystem::remove(path);
    return network;
  } catch (const ConfigError&) {
    std::filesystem::remove(path);
    throw;
  }
}

TensorData result(const TfliteModel& model, const std::vector<TensorData>& inputs) {
  const Network network = loaded(model);
  return golden::run(network, inputs)[network.outputs.at(0)];
}

std::string error(const TfliteModel& model) {
  try {
    loaded(model);
  } catch (const ConfigError& e) {
    return e.what();
  }
  return "";
}

TensorData counted(std::size_t count, std::int32_t from = 0) {
  TensorData data(count);
  for (std::size_t i = 0; i < count; ++i) {
    data[i] = from + static_cast<std::int32_t>(i);
  }
  return data;
}

// A node with one activation and constants; numbers stay.
template <typename Options>
TfliteModel movement(BuiltinOperator op, std::vector<std::int32_t> in_shape,
                     std::vector<std::int32_t> out_shape,
                     const std::vector<std::vector<std::int32_t>>& constants, Options options) {
  TfliteModel m;
  const std::int32_t in = m.int8(std::move(in_shape), 0.5F, -3);
  std::vector<std::int32_t> inputs{in};
  for (const auto& values : constants) {
    inputs.push_back(m.integers(values));
  }
  const std::int32_t out = m.int8(std::move(out_shape), 0.5F, -3);
  m.node(code(op), inputs, {out}, options);
  m.set_ends({in}, {out});
  return m;
}
TfliteModel movement(BuiltinOperator op, std::vector<std::int32_t> in_shape,
                     std::vector<std::int32_t> out_shape,
                     const std::vector<std::vector<std::int32_t>>& constants) {
  TfliteModel m = movement(op, std::move(in_shape), std::move(out_shape), constants, AddOptionsT{});
  m.graph().operators.back()->options.Reset();
  return m;
}

TEST(TfliteOperators, BlocksOfPixelsBecomeChannelsAndPixelsAgain) {
  SpaceToDepthOptionsT to_depth;
  to_depth.block_size = 2;
  EXPECT_EQ(
      result(movement(BuiltinOperator::SPACE_TO_DEPTH, {1, 2, 4, 1}, {1, 1, 2, 4}, {}, to_depth),
             {{1, 2, 3, 4, 5, 6, 7, 8}}),
      (TensorData{1, 2, 5, 6, 3, 4, 7, 8}));
  DepthToSpaceOptionsT to_space;
  to_space.block_size = 2;
  EXPECT_EQ(
      result(movement(BuiltinOperator::DEPTH_TO_SPACE, {1, 1, 2, 4}, {1, 2, 4, 1}, {}, to_space),
             {{1, 2, 5, 6, 3, 4, 7, 8}}),
      counted(8, 1));
  EXPECT_THAT(
      error(movement(BuiltinOperator::DEPTH_TO_SPACE, {1, 1, 2, 3}, {1, 2, 4, 1}, {}, to_space)),
      HasSubstr("blocks of 4 for a size of 3"));
}

TEST(TfliteOperators, BlocksOfPixelsBecomeBatchesAndPixelsAgain) {
  // 3 x 3 pixels and a column of zeros, in batches by their position in 2 x 2 blocks.
  EXPECT_EQ(result(movement(BuiltinOperator::SPACE_TO_BATCH_ND, {1, 3, 3, 1}, {4, 2, 2, 1},
                            {{2, 2}, {0, 1, 1, 0}}),
                   {counted(9, 1)}),
            (TensorData{-3, 2, -3, 8, 1, 3, 7, 9, -3, 5, -3, -3, 4, 6, -3, -3}));
  EXPECT_EQ(result(movement(BuiltinOperator::BATCH_TO_SPACE_ND, {4, 2, 2, 1}, {1, 3, 3, 1},
                            {{2, 2}, {0, 1, 1, 0}}),
                   {{-3, 2, -3, 8, 1, 3, 7, 9, -3, 5, -3, -3, 4, 6, -3, -3}}),
            counted(9, 1));
  // One axis, two images and three channels.
  const TensorData lines = counted(24);
  const TensorData apart = result(
      movement(BuiltinOperator::SPACE_TO_BATCH_ND, {2, 4, 3}, {4, 2, 3}, {{2}, {0, 0}}), {lines});
  EXPECT_EQ((TensorData{apart.begin(), apart.begin() + 6}), (TensorData{0, 1, 2, 6, 7, 8}));
  EXPECT_EQ(
      result(movement(BuiltinOperator::BATCH_TO_SPACE_ND, {4, 2, 3}, {2, 4, 3}, {{2}, {0, 0}}),
             {apart}),
      lines);
  EXPECT_THAT(error(movement(BuiltinOperator::BATCH_TO_SPACE_ND, {4, 2, 2, 1}, {1, 3, 3, 1},
                             {{2, 2}, {2, 2, 0, 0}})),
              HasSubstr("cuts off all of 1 x 4 x 4 x 1"));
}

TEST(TfliteOperators, ElementsAreTakenRepeatedMirroredAndReversed) {
  GatherOptionsT gather;
  gather.axis = -1;
  TfliteModel model = movement(BuiltinOperator::GATHER, {2, 3}, {2, 2, 2}, {{2, 0, 1, 1}}, gather);
  model.graph().tensors[1]->shape = {2, 2};
  EXPECT_EQ(result(model, {counted(6, 1)}), (TensorData{3, 1, 2, 2, 6, 4, 5, 5}));
  MirrorPadOptionsT mirror;
  const std::vector<std::vector<std::int32_t>> amounts{{1, 0, 2, 1}};
  EXPECT_EQ(result(movement(BuiltinOperator::MIRROR_PAD, {2, 3}, {3, 6}, amounts, mirror),
                   {counted(6, 1)}),
            (TensorData{6, 5, 4, 5, 6, 5, 3, 2, 1, 2, 3, 2, 6, 5, 4, 5, 6, 5}));
  mirror.mode = MirrorPadMode::SYMMETRIC;
  EXPECT_EQ(result(movement(BuiltinOperator::MIRROR_PAD, {2, 3}, {3, 6}, amounts, mirror),
                   {counted(6, 1)}),
            (TensorData{2, 1, 1, 2, 3, 3, 2, 1, 1, 2, 3, 3, 5, 4, 4, 5, 6, 6}));
  EXPECT_EQ(result(movement(BuiltinOperator::TILE, {2, 1}, {4, 3}, {{2, 3}}), {{1, 2}}),
            (TensorData{1, 1, 1, 2, 2, 2, 1, 1, 1, 2, 2, 2}));
  EXPECT_EQ(
      result(movement(BuiltinOperator::BROADCAST_TO, {2, 1}, {2, 2, 2}, {{2, 2, 2}}), {{1, 2}}),
      (TensorData{1, 1, 2, 2, 1, 1, 2, 2}));
  EXPECT_EQ(result(movement(BuiltinOperator::REVERSE_V2, {2, 3}, {2, 3}, {{-1}}), {counted(6, 1)}),
            (TensorData{3, 2, 1, 6, 5, 4}));
  EXPECT_THAT(error(movement(BuiltinOperator::GATHER, {2, 3}, {2, 1}, {{3}}, gather)),
              HasSubstr("takes element 3 of 3"));
  EXPECT_THAT(error(movement(BuiltinOperator::TILE, {2, 1}, {4, 3}, {{1 << 30, 1}})),
              HasSubstr("expected 1..2^20"));
}

// Of 64 bits, which leave those of an int64 when they are multiplied.
TEST(TfliteOperators, RepeatsAreWholeAndPositive) {
  constexpr std::int64_t kLeast = std::numeric_limits<std::int64_t>::min();
  for (const std::int64_t times : {std::int64_t{0}, std::int64_t{-1}, kLeast + 1, kLeast / 2 + 1}) {
    std::vector<std::uint8_t> bytes(sizeof times);
    std::memcpy(bytes.data(), &times, sizeof times);
    TfliteModel m;
    const std::int32_t in = m.int8({4}, 0.5F, -3);
    const std::int32_t multiples = m.tensor(TensorType::INT64, {1}, {}, 0, bytes);
    const std::int32_t out = m.int8({4}, 0.5F, -3);
    m.node(code(BuiltinOperator::TILE), {in, multiples}, {out});
    m.set_ends({in}, {out});
    EXPECT_THAT(error(m), HasSubstr("of an axis, expected 1..2^20")) << times;
  }
}

// A node of one or two activations, its output with other numbers.
TfliteModel unary(BuiltinOperator op, TensorType type, float in_scale, std::int64_t in_zero,
                  float out_scale, std::int64_t out_zero, std::int32_t count = 256) {
  TfliteModel m;
  const std::int32_t in = m.tensor(type, {count}, {in_scale}, in_zero);
  const std::int32_t out = m.tensor(type, {count}, {out_scale}, out_zero);
  m.node(code(op), {in}, {out});
  m.set_ends({in}, {out});
  return m;
}

// For every integer within `steps` of the real function.
void expect_function(BuiltinOperator op, TensorType type, float in_scale, std::int64_t in_zero,
                     float out_scale, std::int64_t out_zero, double steps,
                     const std::function<double(double)>& function) {
  const std::int32_t least = type == kInt8 ? -128 : 0;
  const TensorData data = counted(256, least);
  const TensorData got = result(unary(op, type, in_scale, in_zero, out_scale, out_zero), {data});
  for (std::size_t i = 0; i < data.size(); ++i) {
    const double x = static_cast<double>(in_scale) * static_cast<double>(data[i] - in_zero);
    const double y = function(x) / static_cast<double>(out_scale) + static_cast<double>(out_zero);
    EXPECT_NEAR(got[i], std::clamp<double>(y, least, least + 255), steps)
        << EnumNameBuiltinOperator(op) << " of " << data[i] << " x " << in_scale;
  }
}

TEST(TfliteOperators, FunctionsOfOneElementAreTheRealOnesForEveryInteger) {
  const auto hard_swish = [](double x) { return x * std::clamp(x + 3, 0.0, 6.0) / 6; };
  const auto tanh = [](double x) { return std::tanh(x); };
  for (const float scale : {0.004F, 0.02F, 0.05F, 0.2F}) {
    expect_function(BuiltinOperator::HARD_SWISH, kInt8, scale, 4, scale, -100, 1.5, hard_swish);
    expect_function(BuiltinOperator::HARD_SWISH, kUint8, scale, 128, 2 * scale, 7, 1.5, hard_swish);
    expect_function(BuiltinOperator::TANH, kInt8, scale, -20, 1.0F / 128, 0, 1, tanh);
    expect_function(BuiltinOperator::TANH, kUint8, scale, 100, 1.0F / 128, 128, 0.6, tanh);
    expect_function(BuiltinOperator::LOGISTIC, kUint8, scale, 100, 1.0F / 256, 0, 0.6,
                    [](double x) { return 1 / (1 + std::exp(-x)); });
    expect_function(BuiltinOperator::ABS, kInt8, scale, 10, 0.7F * scale, -128, 1,
                    [](double x) { return std::abs(x); });
    expect_function(BuiltinOperator::RELU_N1_TO_1, kInt8, scale, 10, 0.7F * scale, -20, 1,
                    [](double x) { return std::clamp(x, -1.0, 1.0); });
    expect_function(BuiltinOperator::RELU_0_TO_1, kInt8, scale, 10, 0.7F * scale, -128, 1,
                    [](double x) { return std::clamp(x, 0.0, 1.0); });
  }
}

TEST(TfliteOperators, FunctionsRefuseOutputsThatTheKernelsDoNotTake) {
  EXPECT_THAT(error(unary(BuiltinOperator::TANH, kInt8, 0.1F, 0, 0.1F, 0)), HasSubstr("1/128"));
  EXPECT_THAT(error(unary(BuiltinOperator::HARD_SWISH, kInt8, 10.0F, 0, 0.001F, 0)),
              HasSubstr("scales that the kernels do not take"));
  EXPECT_THAT(error(unary(BuiltinOperator::L2_NORMALIZATION, kInt8, 0.1F, 0, 0.1F, 0)),
              HasSubstr("1/128"));
  // 1 / scale is no float32, and 0 times infinity no number.
  EXPECT_THAT(error(unary(BuiltinOperator::TANH, kUint8, 0.1F, 0, 1e-40F, 0)),
              HasSubstr("no result for some of the integers"));
}

template <typename Options>
TfliteModel reduction(BuiltinOperator op, TensorType out_type, std::vector<std::int32_t> shape,
                      std::vector<std::int32_t> axes, Options options) {
  TfliteModel m;
  const bool quantized = out_type == kInt8 || out_type == kUint8;
  const std::int32_t in = m.tensor(out_type == kUint8 ? kUint8 : kInt8, {2, 3}, {0.5F}, 2);
  const std::int32_t out = quantized ? m.tensor(out_type, std::move(shape), {0.5F}, 2)
                                     : m.tensor(out_type, std::move(shape));
  m.node(code(op), {in, m.integers(axes)}, {out}, options);
  m.set_ends({in}, {out});
  return m;
}

TEST(TfliteOperators, AxesAreAddedUpComparedAndSearched) {
  const TensorData data{10, 20, 30, 5, 25, 15};
  ReducerOptionsT keep;
  keep.keep_dims = true;
  EXPECT_EQ(result(reduction(BuiltinOperator::SUM, kInt8, {3}, {0}, ReducerOptionsT{}), {data}),
            (TensorData{13, 43, 43}));
  EXPECT_EQ(result(reduction(BuiltinOperator::REDUCE_MAX, kInt8, {2, 1}, {-1}, keep), {data}),
            (TensorData{30, 25}));
  EXPECT_EQ(result(reduction(BuiltinOperator::REDUCE_MIN, kUint8, {1, 1}, {0, 1}, keep), {data}),
            (TensorData{5}));
  EXPECT_EQ(result(reduction(BuiltinOperator::MEAN, kUint8, {2}, {1}, ReducerOptionsT{}), {data}),
            (TensorData{20, 15}));
  for (const TensorType type : {TensorType::INT32, TensorType::INT64}) {
    EXPECT_EQ(result(reduction(BuiltinOperator::ARG_MAX, type, {2}, {1}, AddOptionsT{}), {data}),
              (TensorData{2, 1}));
    EXPECT_EQ(result(reduction(BuiltinOperator::ARG_MIN, type, {3}, {0}, AddOptionsT{}), {data}),
              (TensorData{1, 0, 1}));
  }
  EXPECT_THAT(error(reduction(BuiltinOperator::ARG_MAX, kInt8, {2}, {1}, AddOptionsT{})),
              HasSubstr("expected INT32 or INT64"));
}

TEST(TfliteOperators, Uint8ConcatenationsBringTheirInputsToTheScaleOfTheOutput) {
  const auto joined = [](TensorType type, float first_scale, float scale) {
    TfliteModel m;
    const std::int64_t zero = type == kInt8 ? 0 : 100;
    const std::int32_t a = m.tensor(type, {1, 3}, {first_scale}, zero);
    const std::int32_t b = m.tensor(type, {1, 2}, {scale}, zero);
    const std::int32_t out = m.tensor(type, {1, 5}, {scale}, zero);
    ConcatenationOptionsT options;
    options.axis = 1;
    m.node(code(BuiltinOperator::CONCATENATION), {a, b}, {out}, options);
    m.set_ends({a, b}, {out});
    return m;
  };
  // Halves go away from zero.
  EXPECT_EQ(result(joined(kUint8, 0.5F, 1.0F), {{101, 99, 255}, {0, 255}}),
            (TensorData{101, 99, 178, 0, 255}));
  EXPECT_THAT(error(joined(kInt8, 0.5F, 1.0F)), HasSubstr("differ in type, scale or zero point"));
  EXPECT_THAT(error(joined(kUint8, 1e30F, 1e-30F)),
              HasSubstr("no result for some of the integers"));
}

TfliteModel binary(BuiltinOperator op, TensorType type, std::vector<std::int32_t> second,
                   float second_scale, float out_scale) {
  TfliteModel m;
  const std::int64_t zero = type == kInt8 ? 0 : 128;
  const std::int32_t a = m.tensor(type, {2, 3}, {0.5F}, zero);
  const std::int32_t b = m.tensor(type, std::move(second), {second_scale}, zero);
  const std::int32_t out = m.tensor(type, {2, 3}, {out_scale}, zero);
  m.node(code(op), {a, b}, {out});
  m.set_ends({a, b}, {out});
  return m;
}

TEST(TfliteOperators, PairsOfElementsAreComparedAndSubtracted) {
  const TensorData a{-10, 20, -30, 5, 25, -15};
  EXPECT_EQ(result(binary(BuiltinOperator::MAXIMUM, kInt8, {3}, 0.5F, 0.5F), {a, {0, 22, -20}}),
            (TensorData{0, 22, -20, 5, 25, -15}));
  EXPECT_EQ(result(binary(BuiltinOperator::MINIMUM, kInt8, {1}, 0.5F, 0.5F), {a, {0}}),
            (TensorData{-10, 0, -30, 0, 0, -15}));
  EXPECT_THAT(error(binary(BuiltinOperator::MAXIMUM, kInt8, {3}, 0.25F, 0.5F)),
              HasSubstr("differ in type, scale or zero point"));
  // x for x >= 0, -x / 4 below: alpha is -0.25.
  EXPECT_EQ(result(binary(BuiltinOperator::PRELU, kInt8, {1, 1}, 0.25F, 0.5F), {a, {-1}}),
            (TensorData{3, 20, 8, 5, 25, 4}));
  EXPECT_EQ(result(binary(BuiltinOperator::SQUARED_DIFFERENCE, kInt8, {3}, 0.5F, 1.0F),
                   {a, {-10, 10, -20}}),
            (TensorData{0, 25, 25, 56, 56, 6}));
  const TensorData moved{118, 148, 98, 133, 153, 113};
  EXPECT_EQ(
      result(binary(BuiltinOperator::SUB, kUint8, {3}, 0.25F, 0.5F), {moved, {128, 130, 120}}),
      (TensorData{118, 147, 102, 133, 152, 117}));
}

TEST(TfliteOperators, TheRatioOfAProductIsTakenInDoubleForInt8AndInFloat32ForUint8) {
  const auto multiplier = [](TensorType type) {
    const Network network = loaded(binary(BuiltinOperator::MUL, type, {3}, 0.3F, 0.7F));
    return std::get<Mul>(network.layers.at(0).op).output.multiplier.at(0);
  };
  const double exact = 0.5 * static_cast<double>(0.3F) / static_cast<double>(0.7F);
  EXPECT_EQ(multiplier(kInt8), quantize_multiplier(exact).multiplier);
  EXPECT_EQ(multiplier(kUint8),
            quantize_multiplier(static_cast<double>(0.5F * 0.3F / 0.7F)).multiplier);
  EXPECT_NE(multiplier(kInt8), multiplier(kUint8));
}

// As of scales whose ratio is next to nothing.
TEST(TfliteOperators, ASlopeMayBeZero) {
  TfliteModel m;
  const std::int32_t in = m.int8({4}, 0.5F, 3);
  const std::int32_t out = m.int8({4}, 0.25F, -5);
  m.node(code(BuiltinOperator::LEAKY_RELU), {in}, {out}, LeakyReluOptionsT{});  // alpha of 0
  m.set_ends({in}, {out});
  EXPECT_EQ(result(m, {{-128, 2, 3, 13}}), (TensorData{-5, -5, -5, 15}));
}

TEST(TfliteOperators, AZeroPointIsOneOfTheTypesIntegers) {
  for (const std::int64_t zero_point : {-129, 128}) {
    EXPECT_THAT(error(unary(BuiltinOperator::RELU, kInt8, 0.1F, zero_point, 0.1F, 0)),
                HasSubstr("has the zero point " + std::to_string(zero_point) +
                          ", which is outside -128..127"));
  }
}

}  // namespace
}  // namespace systole::test
