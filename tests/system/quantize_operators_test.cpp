// A float network with every operator goes through `systole quantize` and runs on the machine.

#include <gtest/gtest.h>

#include <fstream>
#include <nlohmann/json.hpp>

#include "sim/workload/npy.hpp"
#include "tests/system/systole_process.hpp"

namespace systole::test {
namespace {

constexpr const char* kNetwork = R"(name: every operator
inputs:
  - {name: image, shape: [1, 8, 8, 3]}
outputs: [fc]
layers:
  - {name: conv, op: conv2d, inputs: [image], weights: conv.npy, padding: same}
  - {name: norm, op: batch_norm, inputs: [conv], gamma: one.npy, beta: two.npy, mean: two.npy, variance: one.npy}
  - {name: relu, op: relu6, inputs: [norm]}
  - {name: grouped, op: conv2d, groups: 2, inputs: [relu], weights: grouped.npy, bias: two.npy, padding: [1, 1, 1, 1], activation: relu}
  - {name: depthwise, op: depthwise_conv2d, inputs: [relu], weights: depthwise.npy, padding: same, dilation: 2}
  - {name: both, op: concat, inputs: [grouped, depthwise]}
  - {name: turned, op: transpose, inputs: [both], permutation: [0, 2, 1, 3]}
  - {name: pointwise, op: conv2d, inputs: [turned], weights: pointwise.npy, activation: {min: -0.5, max: 1.5}}
  - {name: sum, op: add, inputs: [pointwise, relu], activation: relu}
  - {name: norm2, op: batch_norm, inputs: [sum], gamma: two.npy, beta: one.npy, mean: one.npy, variance: one.npy}
  - {name: averaged, op: average_pool2d, inputs: [norm2], kernel: 3, stride: 2, padding: [1, 1, 1, 1], counts_padding: true}
  - {name: most, op: max_pool2d, inputs: [averaged], kernel: 2, activation: relu}
  - {name: mean, op: average_pool2d, inputs: [most], kernel: [2, 1]}
  - {name: flat, op: flatten, inputs: [mean]}
  - {name: fc, op: fully_connected, inputs: [flat], weights: fc.npy}
)";

class QuantizeOperators : public ::testing::Test {
 protected:
  /// Numbers from -1 to 1 (or 0.5 to 1.5), the same in every run.
  void write_floats(const std::string& file, const Shape& shape, float offset = 0) {
    std::vector<float> values;
    std::uint32_t state = static_cast<std::uint32_t>(file.size()) * 977U + 1;
    for (std::int64_t i = 0; i < element_count(shape); ++i) {
      state = state * 1664525U + 1013904223U;
      values.push_back(offset + static_cast<float>(state >> 8) / 8388608.0F - 1.0F);
    }
    write_npy(folder_.file(file), NpyArray{shape, values});
  }

  void write_network() {
    write_floats("conv.npy", {4, 3, 3, 3});
    write_floats("grouped.npy", {4, 3, 3, 2});
    write_floats("depthwise.npy", {4, 3, 3, 1});
    write_floats("pointwise.npy", {4, 1, 1, 8});
    write_floats("fc.npy", {10, 24});
    write_floats("one.npy", {4}, 2);
    write_floats("two.npy", {4}, 1.5F);
    write_floats("images.npy", {12, 8, 8, 3});
    write_file(folder_.file("float.yaml"), kNetwork);
  }

  TemporaryFolder folder_;
};

TEST_F(QuantizeOperators, EachBecomesIntegersThatTheMachineRunsAsTheGoldenModelDoes) {
  write_network();
  const Outcome quantized = systole({"quantize", "-w", folder_.file("float.yaml"), "--calibrate",
                                     folder_.file("images.npy"), "-o", folder_.file("net")});
  ASSERT_EQ(quantized.exit_code, 0) << quantized.err;
  const auto report = nlohmann::json::parse(read_file(folder_.file("net/quantization.json")));
  EXPECT_EQ(report["layers"].size(), 13U) << "norm and relu are folded into conv";
  for (const auto& layer : report["layers"]) {
    EXPECT_GT(layer["activations"]["network_sqnr_db"], 25.0) << layer["name"];
  }
  const Outcome run =
      systole({"run", "-a", "configs/gemmini_16x16.yaml", "-w", folder_.file("net/net.yaml"), "-i",
               folder_.file("images.npy"), "--images", "3", "--json", folder_.file("run.json")});
  EXPECT_EQ(run.exit_code, 0) << run.err;
  EXPECT_EQ(nlohmann::json::parse(read_file(folder_.file("run.json")))["totals"]["check"], "pass");
}

}  // namespace
}  // namespace systole::test
