// The workload digits_cnn: it loads, and the golden model computes what the integer network
// of scripts/train_digits.py computed, which shares no code with ours.

#include <gtest/gtest.h>

#include <algorithm>

#include "models/golden/golden.hpp"
#include "sim/workload/npy.hpp"
#include "sim/workload/workload.hpp"

namespace systole {
namespace {

constexpr const char* kFolder = SYSTOLE_SOURCE_DIR "/workloads/digits_cnn/";
constexpr std::int64_t kTestImages = 360;
constexpr int kRightlyClassified = 353;  // printed by the script; also in workloads/README.md

TEST(DigitsCnn, HasTheLayersAndMacsOfItsDescription) {
  const Network network = load_workload(std::string{kFolder} + "digits_cnn.yaml");
  EXPECT_TRUE(network.has_data());
  std::vector<std::string> ops;
  std::int64_t macs = 0;
  for (const Layer& layer : network.layers) {
    ops.push_back(op_name(network, layer));
    macs += gemm_shape(network, layer).macs;
  }
  EXPECT_EQ(
      ops, (std::vector<std::string>{"conv2d", "conv2d", "depthwise_conv2d", "conv2d", "add",
                                     "conv2d", "max_pool2d", "average_pool2d", "fully_connected"}));
  EXPECT_EQ(network.tensor(network.outputs.at(0)).shape, (Shape{1, 10}));
  EXPECT_EQ(macs, 188096);
}

TEST(DigitsCnn, GoldenModelEqualsTheTrainingScriptOnEveryTestImage) {
  const Network network = load_workload(std::string{kFolder} + "digits_cnn.yaml");
  const LabelledInputs inputs = load_inputs(std::string{kFolder} + "digits_cnn.yaml", network);
  ASSERT_EQ(inputs.count(), kTestImages);
  const auto expected = std::get<std::vector<std::int8_t>>(
      read_npy(std::string{kFolder} + "test_outputs.npy").values);
  const std::int64_t pixels = element_count(inputs.image_shape);
  int right = 0;
  for (std::int64_t i = 0; i < kTestImages; ++i) {
    const auto first = inputs.images->begin() + i * pixels;
    const TensorData out =
        golden::run(network, {TensorData{first, first + pixels}}).at(network.outputs[0]);
    EXPECT_EQ(out, (TensorData{expected.begin() + i * 10, expected.begin() + i * 10 + 10}));
    const auto top = std::max_element(out.begin(), out.end()) - out.begin();
    right += top == inputs.labels[static_cast<std::size_t>(i)] ? 1 : 0;
  }
  EXPECT_EQ(right, kRightlyClassified);
}

}  // namespace
}  // namespace systole
