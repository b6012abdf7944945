#include "sim/tflite/tflite.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstring>
#include <filesystem>
#include <functional>
#include <random>

#include "models/golden/golden.hpp"
#include "sim/config/error_log.hpp"
#include "tests/support/tflite_models.hpp"

namespace systole::test {
namespace {

using namespace tflite::file;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::SizeIs;

constexpr auto kConv = static_cast<std::int32_t>(BuiltinOperator::CONV_2D);

std::int32_t code(BuiltinOperator op) { return static_cast<std::int32_t>(op); }

/// A file that is gone after the test.
class ModelFile {
 public:
  explicit ModelFile(const std::vector<std::uint8_t>& bytes)
      : path_{write_bytes("model.tflite", bytes)} {}
  ~ModelFile() { std::filesystem::remove(path_); }
  ModelFile(const ModelFile&) = delete;
  ModelFile& operator=(const ModelFile&) = delete;

  const std::string& path() const { return path_; }

 private:
  std::string path_;
};

Network load(const TfliteModel& model) { return load_tflite(ModelFile{model.bytes()}.path()); }

std::vector<std::string> errors_of(const std::vector<std::uint8_t>& bytes) {
  const ModelFile file{bytes};
  try {
    load_tflite(file.path());
  } catch (const ConfigError& error) {
    std::vector<std::string> lines;
    for (const std::string& line : error.lines()) {
      EXPECT_EQ(line.rfind(file.path() + ": ", 0), 0U) << line;
      lines.push_back(line.substr(file.path().size() + 2));
    }
    return lines;
  }
  return {};
}

/// The only error after `spoil` has been at the small model.
std::string error_after(const std::function<void(TfliteModel&)>& spoil) {
  TfliteModel model = small_tflite_model();
  spoil(model);
  const std::vector<std::string> errors = errors_of(model.bytes());
  EXPECT_THAT(errors, SizeIs(1)) << ::testing::PrintToString(errors);
  return errors.empty() ? "" : errors.front();
}

OperatorT& node_of(TfliteModel& model, std::size_t index) {
  return *model.graph().operators.at(index);
}

TensorT& output_of(TfliteModel& model, std::size_t node) {
  return *model.graph().tensors.at(static_cast<std::size_t>(node_of(model, node).outputs.at(0)));
}

TEST(Tflite, LayersFollowTheNodesAndAreNamedAfterThem) {
  const Network network = load(small_tflite_model());
  std::vector<std::string> names;
  for (const Layer& layer : network.layers) {
    names.push_back(layer.name);
  }
  EXPECT_EQ(names,
            (std::vector<std::string>{"conv2d_0", "depthwise_conv2d_1", "add_2", "average_pool2d_3",
                                      "reshape_4", "fully_connected_5", "softmax_6"}));
  EXPECT_TRUE(network.has_data());
}

TEST(Tflite, ConvolutionsTakeSamePaddingMultipliersAndTheClampOfTheirActivation) {
  const Network network = load(small_tflite_model());
  const auto& conv = std::get<Conv2d>(network.layers[0].op);
  EXPECT_EQ(conv.window.pad_top, 1);
  EXPECT_EQ(conv.window.pad_right, 1);
  EXPECT_EQ(conv.groups, 1);
  EXPECT_TRUE(conv.has_bias);
  ASSERT_THAT(conv.requant.multiplier, SizeIs(2));
  EXPECT_NEAR(real_multiplier({conv.requant.multiplier[1], conv.requant.exponent[1]}),
              0.5 * 0.02 / 0.75, 1e-8);
  EXPECT_EQ(conv.requant.zero_point, 5);
  EXPECT_EQ(conv.requant.clamp_min, 5);
  EXPECT_EQ(conv.requant.clamp_max, 5 + 8);  // 6 / 0.75
}

TEST(Tflite, DepthwiseWeightsAreTurnedToOneFilterPerChannel) {
  const Network network = load(small_tflite_model());
  const Layer& layer = network.layers[1];
  const auto& conv = std::get<Conv2d>(layer.op);
  EXPECT_EQ(conv.groups, 2);
  EXPECT_FALSE(conv.has_bias);
  const systole::Tensor& weight = network.tensor(layer.inputs[1]);
  EXPECT_EQ(weight.shape, (Shape{2, 3, 3, 1}));
  const auto recorded = [](std::size_t i) {
    return std::int32_t{static_cast<std::int8_t>(static_cast<std::uint8_t>(37 * i + 11))};
  };
  for (std::size_t tap = 0; tap < 9; ++tap) {
    EXPECT_EQ((*weight.data)[tap], recorded(2 * tap));
    EXPECT_EQ((*weight.data)[9 + tap], recorded(2 * tap + 1));
  }
}

// The same network, its integers moved by 128 and unsigned, computes the same moved integers.
TEST(Tflite, Uint8ModelsComputeWhatTheInt8OnesDo) {
  const auto with_scale = [](TensorType type, std::int64_t moved) {
    TfliteModel m;
    const std::int32_t in = m.tensor(type, {1, 4, 4, 2}, {0.5F}, -3 + moved);
    const std::int32_t out = m.tensor(type, {1, 4, 4, 3}, {0.75F}, 5 + moved);
    std::vector<std::uint8_t> bytes(54);
    for (std::size_t i = 0; i < bytes.size(); ++i) {
      bytes[i] = static_cast<std::uint8_t>(static_cast<std::int64_t>(41 * i + 7) + moved);
    }
    const std::int32_t weight = m.tensor(type, {3, 3, 3, 2}, {0.0078125F}, moved, bytes);
    Conv2DOptionsT options;
    options.stride_h = options.stride_w = 1;
    m.node(kConv, {in, weight}, {out}, options);
    m.set_ends({in}, {out});
    return m;
  };
  std::mt19937 rng{1};
  std::uniform_int_distribution<std::int32_t> any{-128, 127};
  TensorData input(32);
  TensorData moved(32);
  for (std::size_t i = 0; i < input.size(); ++i) {
    input[i] = any(rng);
    moved[i] = input[i] + 128;
  }
  const Network signed_network = load(with_scale(TensorType::INT8, 0));
  const Network unsigned_network = load(with_scale(TensorType::UINT8, 128));
  EXPECT_FALSE(unsigned_network.tensor(unsigned_network.inputs[0]).format.is_signed);
  const TensorData expected = golden::run(signed_network, {input})[signed_network.outputs[0]];
  TensorData got = golden::run(unsigned_network, {moved})[unsigned_network.outputs[0]];
  for (std::int32_t& value : got) {
    value -= 128;
  }
  EXPECT_EQ(got, expected);
}

TEST(Tflite, TurnsFloatsToIntegersAndBackAtTheEnds) {
  TfliteModel m;
  const std::int32_t in = m.tensor(TensorType::FLOAT32, {1, 4});
  const std::int32_t quantized = m.int8({1, 4}, 0.5F, 10);
  const std::int32_t out = m.tensor(TensorType::FLOAT32, {1, 4});
  m.node(code(BuiltinOperator::QUANTIZE), {in}, {quantized});
  m.node(code(BuiltinOperator::DEQUANTIZE), {quantized}, {out});
  m.set_ends({in}, {out});
  const Network network = load(m);
  const std::vector<float> real{0.25F, -0.25F, 1000, -3.2F};  // ties go away from zero
  TensorData bits(real.size());
  std::memcpy(bits.data(), real.data(), sizeof(float) * real.size());
  const std::vector<TensorData> values = golden::run(network, {bits});
  EXPECT_EQ(values[static_cast<std::size_t>(quantized)], (TensorData{11, 9, 127, 4}));
  std::vector<float> back(real.size());
  std::memcpy(back.data(), values[static_cast<std::size_t>(out)].data(),
              sizeof(float) * back.size());
  EXPECT_EQ(back, (std::vector<float>{0.5F, -0.5F, 58.5F, -3.0F}));
}

TEST(Tflite, StridedSlicesFollowPythonsRules) {
  const auto slice = [](std::vector<std::int32_t> begin, std::vector<std::int32_t> end,
                        std::vector<std::int32_t> stride, StridedSliceOptionsT options,
                        std::vector<std::int32_t> shape) {
    TfliteModel m;
    const std::int32_t in = m.int8({2, 5}, 1, 0);
    const std::int32_t out = m.int8(std::move(shape), 1, 0);
    m.node(code(BuiltinOperator::STRIDED_SLICE),
           {in, m.integers(begin), m.integers(end), m.integers(stride)}, {out}, options);
    m.set_ends({in}, {out});
    const Network network = load(m);
    return golden::run(network, {{0, 1, 2, 3, 4, 5, 6, 7, 8, 9}})[network.outputs[0]];
  };
  EXPECT_EQ(slice({0, 1}, {2, 4}, {1, 2}, {}, {2, 2}), (TensorData{1, 3, 6, 8}));
  EXPECT_EQ(slice({0, -2}, {2, 100}, {1, 1}, {}, {2, 2}), (TensorData{3, 4, 8, 9}));
  StridedSliceOptionsT masks;
  masks.begin_mask = masks.end_mask = 2;
  EXPECT_EQ(slice({1, 3}, {2, 4}, {1, -2}, masks, {1, 3}), (TensorData{9, 7, 5}));
  StridedSliceOptionsT shrink;
  shrink.shrink_axis_mask = 1;
  EXPECT_EQ(slice({-1, 0}, {0, 5}, {1, 1}, shrink, {5}), (TensorData{5, 6, 7, 8, 9}));
  EXPECT_EQ(slice({-1}, {0}, {1}, shrink, {5}), (TensorData{5, 6, 7, 8, 9}));  // x[-1]
  EXPECT_EQ(slice({1}, {2}, {1}, {}, {1, 5}), (TensorData{5, 6, 7, 8, 9}));    // x[1:2]
}

TEST(Tflite, SplitsAndPacksAreSlicesAndConcatenations) {
  TfliteModel m;
  const std::int32_t in = m.int8({2, 4}, 1, 0);
  const std::int32_t left = m.int8({2, 2}, 1, 0);
  const std::int32_t right = m.int8({2, 2}, 1, 0);
  m.node(code(BuiltinOperator::SPLIT), {m.integers({-1}), in}, {left, right});
  const std::int32_t first = m.int8({2}, 1, 0);
  const std::int32_t second = m.int8({2}, 1, 0);
  UnpackOptionsT unpack;
  unpack.num = 2;
  unpack.axis = 1;
  m.node(code(BuiltinOperator::UNPACK), {right}, {first, second}, unpack);
  const std::int32_t packed = m.int8({2, 2}, 1, 0);
  PackOptionsT pack;
  pack.values_count = 2;
  m.node(code(BuiltinOperator::PACK), {second, first}, {packed}, pack);
  const std::int32_t top = m.int8({1, 2}, 1, 0);
  const std::int32_t bottom = m.int8({1, 2}, 1, 0);
  m.node(code(BuiltinOperator::SPLIT_V), {packed, m.integers({1, -1}), m.integers({0})},
         {top, bottom});
  m.set_ends({in}, {left, packed, bottom});
  const Network network = load(m);
  const auto values = golden::run(network, {{0, 1, 2, 3, 4, 5, 6, 7}});
  EXPECT_EQ(values[network.outputs[0]], (TensorData{0, 1, 4, 5}));
  EXPECT_EQ(values[network.outputs[1]], (TensorData{3, 7, 2, 6}));
  EXPECT_EQ(values[network.outputs[2]], (TensorData{2, 6}));
}

/// What converters make of a Flatten layer whose batch they did not know.
TEST(Tflite, ShapesThatNodesPutTogetherAreKnownBeforeTheNetworkRuns) {
  TfliteModel m;
  const std::int32_t in = m.int8({1, 2, 3}, 1, 0);
  const std::int32_t shape = m.tensor(TensorType::INT32, {3});
  m.node(code(BuiltinOperator::SHAPE), {in}, {shape});
  const std::int32_t batch = m.tensor(TensorType::INT32, {});
  StridedSliceOptionsT shrink;
  shrink.shrink_axis_mask = 1;
  m.node(code(BuiltinOperator::STRIDED_SLICE),
         {shape, m.integers({0}), m.integers({1}), m.integers({1})}, {batch}, shrink);
  const std::int32_t size = m.tensor(TensorType::INT32, {}, {}, 0, little_endian({6}));
  const std::int32_t wanted = m.tensor(TensorType::INT32, {2});
  m.node(code(BuiltinOperator::PACK), {batch, size}, {wanted}, PackOptionsT{});
  const std::int32_t out = m.int8({1, 6}, 1, 0);
  m.node(code(BuiltinOperator::RESHAPE), {in, wanted}, {out});
  m.set_ends({in}, {out});
  const Network network = load(m);
  ASSERT_THAT(network.layers, SizeIs(1));
  EXPECT_EQ(golden::run(network, {{1, 2, 3, 4, 5, 6}})[network.outputs[0]],
            (TensorData{1, 2, 3, 4, 5, 6}));
}

TEST(Tflite, RefusesSplitsThatDoNotFillTheirInput) {
  const auto split = [](std::vector<std::int32_t> parts, std::int32_t outputs) {
    TfliteModel m;
    const std::int32_t in = m.int8({4}, 1, 0);
    std::vector<std::int32_t> ends;
    for (std::int32_t i = 0; i < outputs; ++i) {
      ends.push_back(m.int8({2}, 1, 0));
    }
    m.node(code(BuiltinOperator::SPLIT_V), {in, m.integers(parts), m.integers({0})}, ends);
    m.set_ends({in}, ends);
    return errors_of(m.bytes());
  };
  EXPECT_THAT(split({2, 2}, 2), ::testing::IsEmpty());
  EXPECT_THAT(split({2, 2}, 1), ElementsAre("node 0 (SPLIT_V): has 2 sizes for 1 outputs"));
  EXPECT_THAT(split({3, 3}, 2),
              ElementsAre("node 0 (SPLIT_V): has an output of 2, its operator gives 3"));
  EXPECT_THAT(split({2, 3}, 2), ElementsAre("node 0 (SPLIT_V): takes 3 from 2 on of 4"));
}

TEST(Tflite, NamesTheNodeAndItsOperatorInAnError) {
  EXPECT_EQ(error_after([](TfliteModel& m) { m.model.operator_codes[2]->builtin_code = 27; }),
            "node 2 (SVDF): is an operator that is not supported");
  EXPECT_EQ(error_after([](TfliteModel& m) {
              m.model.operator_codes[2]->builtin_code = 32;
              m.model.operator_codes[2]->custom_code = "My\nOp";
            }),
            "node 2 (CUSTOM My?Op): is an operator that is not supported");
  EXPECT_EQ(error_after([](TfliteModel& m) { node_of(m, 3).opcode_index = 99; }),
            "node 3 (?): names operator code 99, which does not exist");
}

TEST(Tflite, ReportsAllErrorsOfAFileAtOnce) {
  TfliteModel model = small_tflite_model();
  model.model.operator_codes[0]->builtin_code = 27;
  model.model.operator_codes[2]->builtin_code = 44;
  output_of(model, 5).quantization->scale = {0.0F};
  EXPECT_THAT(errors_of(model.bytes()), SizeIs(4));  // the softmax reads the last one, too
}

TEST(Tflite, RefusesTensorsThatItCannotUse) {
  const auto spoiled = [](const std::function<void(TensorT&)>& spoil) {
    return error_after([&](TfliteModel& m) { spoil(output_of(m, 6)); });
  };
  EXPECT_THAT(spoiled([](TensorT& t) { t.shape = {-1, 3}; }), HasSubstr("dimension of -1"));
  EXPECT_THAT(spoiled([](TensorT& t) { t.shape = {1 << 30, 1 << 30}; }), HasSubstr("2^28"));
  EXPECT_THAT(spoiled([](TensorT& t) { t.type = TensorType::INT16; }), HasSubstr("INT16"));
  EXPECT_THAT(spoiled([](TensorT& t) { t.is_variable = true; }), HasSubstr("variable"));
  EXPECT_THAT(spoiled([](TensorT& t) { t.quantization->zero_point = {300}; }), HasSubstr("300"));
  EXPECT_THAT(spoiled([](TensorT& t) { t.quantization->scale = {0.5F}; }), HasSubstr("1/256"));
  EXPECT_THAT(spoiled([](TensorT& t) { t.buffer = 1000; }), HasSubstr("buffer 1000"));
  EXPECT_THAT(spoiled([](TensorT& t) { t.quantization.reset(); }), HasSubstr("0 scales"));
}

TEST(Tflite, RefusesGraphsThatDoNotHoldTogether) {
  EXPECT_THAT(error_after([](TfliteModel& m) { node_of(m, 2).inputs[1] = 1000; }),
              HasSubstr("tensor 1000, which does not exist"));
  EXPECT_THAT(error_after([](TfliteModel& m) { node_of(m, 2).inputs[0] = -1; }),
              HasSubstr("2 inputs and 1 outputs"));
  EXPECT_THAT(error_after([](TfliteModel& m) {
                std::swap(m.graph().operators[2], m.graph().operators[3]);
              }),
              HasSubstr("node 2 (AVERAGE_POOL_2D): reads tensor 3 't3', which no node before"));
  TfliteModel twice = small_tflite_model();
  node_of(twice, 4).outputs = {0};
  EXPECT_THAT(errors_of(twice.bytes()),
              ElementsAre(HasSubstr("node 4 (RESHAPE): writes tensor 0"), HasSubstr("node 5")));
  EXPECT_THAT(error_after([](TfliteModel& m) { m.graph().inputs.clear(); }),
              HasSubstr("no inputs"));
  EXPECT_THAT(error_after([](TfliteModel& m) {
                m.model.subgraphs.push_back(std::make_unique<SubGraphT>());
              }),
              HasSubstr("2 subgraphs"));
  EXPECT_THAT(error_after([](TfliteModel& m) { m.model.version = 2; }), HasSubstr("version 2"));
  EXPECT_THAT(error_after([](TfliteModel& m) { m.graph().operators.clear(); }),
              HasSubstr("no operators"));
}

TEST(Tflite, RefusesOptionsThatDoNotFitTheTensors) {
  EXPECT_THAT(
      error_after([](TfliteModel& m) { node_of(m, 0).options.AsConv2DOptions()->stride_h = 2; }),
      HasSubstr("sliding gives 2"));
  EXPECT_THAT(
      error_after([](TfliteModel& m) { node_of(m, 0).options.AsConv2DOptions()->stride_w = 0; }),
      HasSubstr("stride or dilation of 0"));
  EXPECT_THAT(error_after([](TfliteModel& m) {
                node_of(m, 0).options.AsConv2DOptions()->activation = Activation::TANH;
              }),
              HasSubstr("fused activation"));
  EXPECT_THAT(error_after([](TfliteModel& m) { node_of(m, 3).options.Reset(); }),
              HasSubstr("no options"));
  EXPECT_THAT(error_after([](TfliteModel& m) {
                node_of(m, 3).options.AsPool2DOptions()->filter_h = 1 << 30;
              }),
              HasSubstr("window"));
}

TEST(Tflite, RefusesFilesThatAreNoModels) {
  EXPECT_THROW(load_tflite("/nowhere/at/all.tflite"), ConfigError);
  EXPECT_THAT(errors_of({}), SizeIs(1));
  EXPECT_THAT(errors_of(std::vector<std::uint8_t>(100, 0xFF)), SizeIs(1));
}

// Every truncation, and every byte of the file wrong in several ways: an error or a network,
// within the address space that the sanitizers watch.
TEST(Tflite, DamagedFilesAreErrorsAndNothingWorse) {
  const std::vector<std::uint8_t> good = small_tflite_model().bytes();
  ASSERT_TRUE(errors_of(good).empty());
  for (std::size_t size = 0; size < good.size(); size += 3) {
    EXPECT_FALSE(
        errors_of({good.begin(), good.begin() + static_cast<std::ptrdiff_t>(size)}).empty())
        << size;
  }
  for (std::size_t at = 0; at < good.size(); ++at) {
    for (const unsigned flip : {0x01U, 0x80U, 0xFFU}) {
      std::vector<std::uint8_t> bad = good;
      bad[at] = static_cast<std::uint8_t>(bad[at] ^ flip);
      errors_of(bad);
    }
  }
}

}  // namespace
}  // namespace systole::test
