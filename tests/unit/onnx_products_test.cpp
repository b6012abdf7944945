// Gemm and QGemm of models that are made here.

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>
#include <variant>
#include <vector>

#include "models/golden/golden.hpp"
#include "tests/unit/onnx_model.hpp"

namespace systole::test {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;

/// [3,3] times [3,3] plus a constant of this shape, by Gemm between DequantizeLinear and
/// QuantizeLinear.
Model gemm(const Sizes& bias, bool transposes = false) {
  Model model{{3, 3}};
  model.floats("s", {}, {1}).integers("z", {}, {0}, kInt8);
  model.integers("w", {3, 3}, Sizes(9, 1), kInt8);
  const std::int64_t elements = element_count(bias);
  model.floats("c", bias, elements == 1 ? std::vector<float>{7} : std::vector<float>{10, 20, 30});
  model.node("DequantizeLinear", {"x", "s", "z"}, "xd");
  model.node("DequantizeLinear", {"w", "s", "z"}, "wd");
  model.node("Gemm", {"xd", "wd", "c"}, "g").with("transA", std::int64_t{transposes});
  model.node("QuantizeLinear", {"g", "s", "z"}, "y");
  return model;
}

Model qgemm(const Sizes& bias, bool transposes = false) {
  Model model{{3, 3}};
  model.floats("s", {}, {1}).integers("z", {}, {0}, kInt8);
  model.integers("w", {3, 3}, Sizes(9, 1), kInt8);
  const std::int64_t elements = element_count(bias);
  model.integers("c", bias, elements == 1 ? Sizes{7} : Sizes{10, 20, 30}, kInt32);
  model.node("QGemm", {"x", "s", "z", "w", "s", "z", "c", "s", "z"}, "y", "com.microsoft");
  model.with("transA", std::int64_t{transposes});
  return model;
}

TensorData bias_of(const Model& model) {
  const Network network = model.load();
  return network.tensor(network.layers.at(0).inputs.at(2)).data.value();
}

TEST(OnnxNodes, TheConstantOfAGemmIsOneNumberOrARowOfThem) {
  for (const auto& make : {gemm, qgemm}) {
    EXPECT_THAT(bias_of(make({3}, false)), ElementsAre(10, 20, 30));
    EXPECT_THAT(bias_of(make({1, 3}, false)), ElementsAre(10, 20, 30));
    for (const Sizes& one : {Sizes{}, Sizes{1}, Sizes{1, 1}}) {
      EXPECT_THAT(bias_of(make(one, false)), ElementsAre(7, 7, 7));
    }
  }
}

// One for each row, with as many rows as columns: no bias of any layer.
TEST(OnnxNodes, AColumnAddedByAGemmIsRefused) {
  const char* const reason =
      "has a bias of 3 x 1, expected one number, or one for each of 3 columns, the same for all "
      "rows";
  EXPECT_THAT(gemm({3, 1}).refusal(), HasSubstr(std::string{"node 2 (Gemm 'g'): "} + reason));
  EXPECT_THAT(qgemm({3, 1}).refusal(),
              HasSubstr(std::string{"node 0 (com.microsoft.QGemm 'y'): "} + reason));
}

// The columns of the first matrix times the weights, as transposed rows.
TEST(OnnxNodes, AGemmMayTransposeItsFirstMatrixAndHaveABias) {
  for (const auto& make : {gemm, qgemm}) {
    const Network network = make({3}, true).load();
    EXPECT_TRUE(std::holds_alternative<FullyConnected>(network.layers.back().op));
    EXPECT_THAT(golden::run(network, {{1, 2, 3, 4, 5, 6, 7, 8, 9}}).at(network.outputs.at(0)),
                ElementsAre(22, 32, 42, 25, 35, 45, 28, 38, 48));
  }
}

// 0 and 210 less 200 leave int8: all of them less 128, and what is left as the zero point.
TEST(OnnxNodes, WeightsThatDoNotFitWithoutTheirZeroPointKeepPartOfIt) {
  Model model{{1, 2}};
  model.floats("s", {}, {1}).integers("z", {}, {0}, kInt8);
  model.integers("w", {2, 1}, {0, 210}, ::onnx::TensorProto::UINT8);
  model.integers("wz", {}, {200}, ::onnx::TensorProto::UINT8);
  model.node("QLinearMatMul", {"x", "s", "z", "w", "s", "wz", "s", "z"}, "y");
  const Network network = model.load();
  const Tensor& weight = network.tensor(network.layers.at(0).inputs.at(1));
  EXPECT_THAT(*weight.data, ElementsAre(-128, 82));
  EXPECT_EQ(weight.zero_point, 72);
  EXPECT_TRUE(weight.format.is_signed);
}

// The array multiplies matrices as they lie; others are the host's.
TEST(OnnxNodes, ComputedMatricesMayBeTransposed) {
  for (const std::int64_t turned : {0, 1}) {
    Model model{{2, 2}};
    model.floats("s", {}, {1}).integers("z", {}, {0}, kInt8);
    model.node("DequantizeLinear", {"x", "s", "z"}, "d").node("Gemm", {"d", "d"}, "g");
    model.with("transA", turned).node("QuantizeLinear", {"g", "s", "z"}, "y");
    const Network network = model.load();
    EXPECT_EQ(std::holds_alternative<MatMul>(network.layers.back().op), turned == 0);
    EXPECT_THAT(golden::run(network, {{1, 2, 3, 4}}).at(network.outputs.at(0)),
                turned == 0 ? ElementsAre(7, 10, 15, 22) : ElementsAre(10, 14, 14, 20));
  }
}

}  // namespace
}  // namespace systole::test
