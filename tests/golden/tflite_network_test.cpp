// Whole TensorFlow Lite models, from the file to every operator's output, against what the
// reference kernels computed. scripts/tflite_unpack_goldens.py unpacks their recorded tensors.
#include <gtest/gtest.h>

#include <fstream>
#include <iostream>
#include <map>
#include <nlohmann/json.hpp>
#include <set>
#include <string>
#include <vector>

#include "models/golden/golden.hpp"
#include "sim/tflite/tflite.hpp"

namespace systole {
namespace {

using Json = nlohmann::json;

const std::string kGoldens = std::string{SYSTOLE_BINARY_DIR} + "/tests/golden/tflite_goldens";

// Elements as they lie in the recorded file, little-endian: bytes, or integers or floats of four.
TensorData read_tensor(const Json& json, std::ifstream& file, const Tensor& tensor) {
  const std::size_t width = tensor.format.bits / 8U;
  TensorData data(static_cast<std::size_t>(tensor.elements()));
  EXPECT_EQ(json.at("bytes").get<std::size_t>(), data.size() * width) << tensor.name;
  std::vector<char> bytes(data.size() * width);
  file.seekg(json.at("offset").get<std::streamoff>());
  file.read(bytes.data(), static_cast<std::streamsize>(bytes.size()));
  for (std::size_t i = 0; i < data.size(); ++i) {
    std::uint32_t word = 0;
    for (std::size_t byte = 0; byte < width; ++byte) {
      const auto part = static_cast<unsigned char>(bytes[i * width + byte]);
      word |= std::uint32_t{part} << (8 * byte);
    }
    data[i] = width == 4                ? static_cast<std::int32_t>(word)
              : tensor.format.is_signed ? static_cast<std::int8_t>(word)
                                        : static_cast<std::int32_t>(word);
  }
  return data;
}

struct Totals {
  std::set<std::string> models;
  std::size_t inferences = 0, operators = 0, elements = 0;
};

void expect_recorded_outputs(const Json& json, std::ifstream& file, Totals& totals) {
  const Network network = load_tflite(json.at("model"));
  ASSERT_EQ(network.layers.size(), json.at("nodes").get<std::size_t>());
  std::map<TensorId, TensorData> recorded;
  for (const Json& tensor : json.at("tensors")) {
    const TensorId id = tensor.at("id");
    recorded[id] = read_tensor(tensor, file, network.tensor(id));
  }
  std::vector<TensorData> inputs;
  for (const TensorId id : network.inputs) {
    inputs.push_back(recorded.at(id));
  }
  const std::vector<TensorData> computed = golden::run(network, inputs);
  for (const Layer& layer : network.layers) {
    const TensorData& expected = recorded.at(layer.output);
    EXPECT_TRUE(computed[layer.output] == expected) << layer.name;
    ++totals.operators;
    totals.elements += expected.size();
  }
  totals.models.insert(json.at("model"));
  ++totals.inferences;
}

TEST(TfliteNetwork, EveryOperatorOfRecordedModelsIsBitExact) {
  std::ifstream json_file{kGoldens + ".json"};
  std::ifstream file{kGoldens + ".bin", std::ios::binary};
  if (!json_file || !file) {
    GTEST_SKIP() << kGoldens << ".json is not there: SYSTOLE_TFLITE_DATA was not found";
  }
  Totals totals;
  for (const Json& json : Json::parse(json_file)) {
    SCOPED_TRACE(json.at("name").get<std::string>());
    expect_recorded_outputs(json, file, totals);
  }
  std::cout << totals.models.size() << " models, " << totals.inferences << " inferences, "
            << totals.operators << " operators, " << totals.elements << " elements\n";
  EXPECT_EQ(totals.models.size(), 9U);
  EXPECT_EQ(totals.inferences, 22U);
  EXPECT_EQ(totals.operators, 649U);
  EXPECT_EQ(totals.elements, 18'706'844U);
}

}  // namespace
}  // namespace systole
