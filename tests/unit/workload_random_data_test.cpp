#include <gtest/gtest.h>

#include <algorithm>

#include "sim/network/requantizer.hpp"
#include "sim/workload/random_data.hpp"
#include "tests/unit/workload_test_files.hpp"

namespace systole {
namespace {

constexpr const char* kShapes =
    "name: n\n"
    "inputs: [{name: x, shape: [1, 8, 8, 32]}]\n"
    "outputs: [c]\n"
    "layers:\n"
    "  - {name: a, op: conv2d, inputs: [x], kernel: 3, out_channels: 8, weights: {}, bias: {}}\n"
    "  - {name: b, op: conv2d, inputs: [x], kernel: 3, out_channels: 8, weights: {bits: 4}}\n"
    "  - {name: c, op: add, inputs: [a, b]}\n";

class RandomData : public WorkloadFiles {
 protected:
  Network filled(std::uint64_t seed) {
    Network network = load(kShapes, /*shapes_only=*/true);
    fill_with_random_data(network, seed);
    return network;
  }
  static const Tensor& tensor(const Network& network, const std::string& name) {
    return *std::find_if(network.tensors.begin(), network.tensors.end(),
                         [&](const Tensor& t) { return t.name == name; });
  }
};

TEST_F(RandomData, GivesEveryConstantItsValuesAndNoActivationAny) {
  EXPECT_FALSE(load(kShapes, true).has_data());
  const Network network = filled(1);
  EXPECT_TRUE(network.has_data());
  for (const char* name : {"a.weights", "a.bias", "b.weights"}) {
    const Tensor& constant = tensor(network, name);
    ASSERT_TRUE(constant.data) << name;
    EXPECT_EQ(constant.data->size(), static_cast<std::size_t>(constant.elements())) << name;
  }
  for (const char* name : {"x", "a", "b", "c"}) {
    EXPECT_FALSE(tensor(network, name).data) << name;
  }
}

TEST_F(RandomData, WeightsFillTheRangeOfTheirFormat) {
  const Network network = filled(1);
  for (const auto& [name, least, most] :
       {std::tuple{"a.weights", -128, 127}, std::tuple{"b.weights", -8, 7}}) {
    const TensorData& data = *tensor(network, name).data;
    EXPECT_EQ(*std::min_element(data.begin(), data.end()), least) << name;
    EXPECT_EQ(*std::max_element(data.begin(), data.end()), most) << name;
  }
}

TEST_F(RandomData, IsTheSameForOneSeedAndAnotherForAnother) {
  EXPECT_EQ(tensor(filled(5), "a.weights").data, tensor(filled(5), "a.weights").data);
  EXPECT_NE(tensor(filled(5), "a.weights").data, tensor(filled(6), "a.weights").data);
  EXPECT_NE(tensor(filled(5), "a.bias").data, tensor(filled(6), "a.bias").data);
}

// Front ends number tensors as they meet them, and name them as their files do.
TEST_F(RandomData, FollowsFromTheLayersAndNotFromTheNumbersAndNamesOfTensors) {
  Network other = load(kShapes, /*shapes_only=*/true);
  const auto turned = [&](TensorId id) { return other.tensors.size() - 1 - id; };
  std::reverse(other.tensors.begin(), other.tensors.end());
  for (std::vector<TensorId>* ids : {&other.inputs, &other.outputs}) {
    std::transform(ids->begin(), ids->end(), ids->begin(), turned);
  }
  for (Layer& layer : other.layers) {
    std::transform(layer.inputs.begin(), layer.inputs.end(), layer.inputs.begin(), turned);
    layer.output = turned(layer.output);
  }
  for (Tensor& tensor : other.tensors) {
    tensor.name.clear();
  }
  fill_with_random_data(other, 1);
  const Network network = filled(1);
  for (std::size_t i = 0; i < network.layers.size(); ++i) {
    for (std::size_t k = 0; k < network.layers[i].inputs.size(); ++k) {
      EXPECT_EQ(network.tensor(network.layers[i].inputs[k]).data,
                other.tensor(other.layers[i].inputs[k]).data)
          << network.layers[i].name << ", operand " << k;
    }
  }
}

TEST_F(RandomData, TwoConstantsOfOneShapeAreTwoDraws) {
  const Network network = load(
      "name: n\ninputs: [{name: x, shape: [1, 8]}]\noutputs: [z]\nlayers:\n"
      "  - {name: y, op: fully_connected, inputs: [x], out_channels: 8, weights: {}}\n"
      "  - {name: z, op: fully_connected, inputs: [y], out_channels: 8, weights: {}}\n",
      true);
  Network full = network;
  fill_with_random_data(full, 2);
  EXPECT_NE(tensor(full, "y.weights").data, tensor(full, "z.weights").data);
}

// 288 products of uniform int8 have a standard deviation of sqrt(288) * 74^2: 93,000; twice that
// is to become half of the output's range, 128.
TEST_F(RandomData, SumsSpreadOverTheOutputsRange) {
  const Network network = filled(1);
  const auto& conv = std::get<Conv2d>(network.layers[0].op);
  const double real = real_multiplier({conv.requant.multiplier.at(0), conv.requant.exponent.at(0)});
  EXPECT_NEAR(real * 93'000, 64, 1);
  const auto& add = std::get<Add>(network.layers[2].op);
  const double output =
      real_multiplier({add.output.multiplier.at(0), add.output.exponent.at(0)}) * (1 << 20);
  EXPECT_DOUBLE_EQ(real_multiplier(add.input[0]) * output, 0.5);
}

TEST_F(RandomData, ConstantsThatAreGivenStay) {
  Network network = load(
      "name: n\ninputs: [{name: x, shape: [1, 8]}]\noutputs: [y]\nlayers:\n"
      "  - {name: y, op: fully_connected, inputs: [x], out_channels: 4, weights: {},\n"
      "     requant: {multiplier: [1500000000], exponent: [-9]}}\n",
      true);
  fill_with_random_data(network, 3);
  const auto& dense = std::get<FullyConnected>(network.layers[0].op);
  EXPECT_EQ(dense.requant.multiplier, std::vector<std::int32_t>{1'500'000'000});
  EXPECT_EQ(dense.requant.exponent, std::vector<std::int32_t>{-9});
}

}  // namespace
}  // namespace systole
