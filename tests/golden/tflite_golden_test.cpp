// The golden model against TensorFlow Lite's reference kernels, operator by operator, on real
// models. scripts/tflite_operator_cases.py cuts the recorded models into the cases read here.
#include <gtest/gtest.h>

#include <fstream>
#include <nlohmann/json.hpp>
#include <set>
#include <string>
#include <vector>

#include "models/golden/golden.hpp"

namespace systole {
namespace {

using Json = nlohmann::json;

const std::string kCases = std::string{SYSTOLE_BINARY_DIR} + "/tests/golden/tflite_cases";

Window read_window(const Json& json) {
  Window window;
  window.kernel_h = json.at("kernel_h");
  window.kernel_w = json.at("kernel_w");
  window.stride_h = json.at("stride_h");
  window.stride_w = json.at("stride_w");
  window.dilation_h = json.at("dilation_h");
  window.dilation_w = json.at("dilation_w");
  window.pad_top = json.at("pad_top");
  window.pad_left = json.at("pad_left");
  window.pad_bottom = json.at("pad_bottom");
  window.pad_right = json.at("pad_right");
  return window;
}

Requantizer read_requantizer(const Json& json) {
  Requantizer requant;
  requant.multiplier = json.at("multiplier").get<std::vector<std::int32_t>>();
  requant.exponent = json.at("exponent").get<std::vector<std::int32_t>>();
  requant.zero_point = json.at("zero_point");
  requant.clamp_min = json.at("clamp_min");
  requant.clamp_max = json.at("clamp_max");
  return requant;
}

Add read_add(const Json& json) {
  Add op;
  op.left_shift = json.at("left_shift");
  op.input[0] = {json.at("input1_multiplier"), json.at("input1_shift")};
  op.input[1] = {json.at("input2_multiplier"), json.at("input2_shift")};
  op.input_zero_point = {json.at("zero_points").at(0), json.at("zero_points").at(1)};
  op.output.multiplier = {json.at("output_multiplier").get<std::int32_t>()};
  op.output.exponent = {json.at("output_shift").get<std::int32_t>()};
  op.output.zero_point = json.at("zero_point");
  op.output.clamp_min = json.at("clamp_min");
  op.output.clamp_max = json.at("clamp_max");
  return op;
}

LayerOp read_op(const Json& json) {
  const std::string op = json.at("op");
  if (op == "CONV_2D" || op == "DEPTHWISE_CONV_2D") {
    return Conv2d{read_window(json.at("window")), json.at("groups"), json.at("tensors").size() == 4,
                  read_requantizer(json)};
  }
  if (op == "FULLY_CONNECTED") {
    return FullyConnected{json.at("tensors").size() == 4, read_requantizer(json)};
  }
  if (op == "ADD") {
    return read_add(json);
  }
  if (op == "AVERAGE_POOL_2D") {
    return AveragePool{read_window(json.at("window")), json.at("clamp_min"), json.at("clamp_max")};
  }
  return MaxPool{read_window(json.at("window")), json.at("clamp_min"), json.at("clamp_max")};
}

// Elements of one byte or four, little-endian.
TensorData read_tensor(const Json& json, std::ifstream& file) {
  const std::size_t width = json.at("width");
  TensorData data(static_cast<std::size_t>(element_count(json.at("shape").get<Shape>())));
  std::vector<char> bytes(data.size() * width);
  file.seekg(json.at("offset").get<std::streamoff>());
  file.read(bytes.data(), static_cast<std::streamsize>(bytes.size()));
  for (std::size_t i = 0; i < data.size(); ++i) {
    std::uint32_t word = 0;
    for (std::size_t byte = 0; byte < width; ++byte) {
      const auto part = static_cast<unsigned char>(bytes[i * width + byte]);
      word |= std::uint32_t{part} << (8 * byte);
    }
    data[i] = width == 1 ? static_cast<std::int8_t>(word) : static_cast<std::int32_t>(word);
  }
  return data;
}

// Runs the recorded operators of the given kinds, of which there are `count`; each ofmap must be
// equal in every element.
void expect_recorded_ofmaps(const std::set<std::string>& kinds, std::size_t count) {
  std::ifstream json_file{kCases + ".json"};
  std::ifstream binary_file{kCases + ".bin", std::ios::binary};
  if (!json_file || !binary_file) {
    GTEST_SKIP() << kCases << ".json is not there: SYSTOLE_TFLITE_DATA was not found";
  }
  std::size_t operators = 0;
  for (const Json& json : Json::parse(json_file)) {
    if (kinds.count(json.at("op")) == 0) {
      continue;
    }
    Network network;
    Layer layer;
    layer.name = json.at("from").get<std::string>() + " node " + json.at("node").dump();
    layer.op = read_op(json);
    std::vector<TensorData> data;
    for (const Json& tensor : json.at("tensors")) {
      network.tensors.emplace_back();
      network.tensors.back().shape = tensor.at("shape").get<Shape>();
      data.push_back(read_tensor(tensor, binary_file));
    }
    ASSERT_TRUE(binary_file) << layer.name;
    network.tensors[0].zero_point = json.value("ifmap_zero_point", 0);
    layer.output = data.size() - 1;
    std::vector<const TensorData*> inputs;
    for (TensorId id = 0; id < layer.output; ++id) {
      layer.inputs.push_back(id);
      inputs.push_back(&data[id]);
    }
    ASSERT_TRUE(golden::run_layer(network, layer, inputs) == data.back()) << layer.name;
    ++operators;
  }
  EXPECT_EQ(operators, count);
}

TEST(GoldenAgainstTflite, ConvolutionsOfRealModelsAreBitExact) {
  expect_recorded_ofmaps({"CONV_2D"}, 268);
}

TEST(GoldenAgainstTflite, DepthwiseConvolutionsOfRealModelsAreBitExact) {
  expect_recorded_ofmaps({"DEPTHWISE_CONV_2D"}, 140);
}

TEST(GoldenAgainstTflite, FullyConnectedLayersOfRealModelsAreBitExact) {
  expect_recorded_ofmaps({"FULLY_CONNECTED"}, 50);
}

TEST(GoldenAgainstTflite, SumsOfRealModelsAreBitExact) { expect_recorded_ofmaps({"ADD"}, 38); }

TEST(GoldenAgainstTflite, PoolsOfRealModelsAreBitExact) {
  expect_recorded_ofmaps({"MAX_POOL_2D", "AVERAGE_POOL_2D"}, 32);
}

}  // namespace
}  // namespace systole
