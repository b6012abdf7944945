// The node tests of the ONNX project, as Debian's libonnx-testdata has them: each a model of one
// operator with recorded inputs and outputs. What Systole reads must give the same bytes.

#include <gtest/gtest.h>
#include <onnx/onnx_pb.h>
#include <unistd.h>

#include <algorithm>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <iostream>
#include <map>

#include "models/golden/golden.hpp"
#include "sim/config/error_log.hpp"
#include "sim/onnx/constant.hpp"
#include "sim/onnx/onnx.hpp"

namespace systole::test {
namespace {

namespace fs = std::filesystem;

const fs::path kTests{"/usr/share/libonnx-testdata/data/node"};

// A case, and which of its inputs the network has to know before it runs: scales that
// QLinearConv and QLinearMatMul take as operands become constants.
struct Case {
  const char* name;
  std::vector<int> constants;
};

const std::vector<Case>& cases() {
  static const std::vector<Case> all{
      {"basic_convinteger", {}},
      {"convinteger_with_padding", {}},
      {"convinteger_without_padding", {}},
      {"dequantizelinear", {}},
      {"dequantizelinear_axis", {}},
      {"dynamicquantizelinear", {}},
      {"dynamicquantizelinear_max_adjusted", {}},
      {"dynamicquantizelinear_min_adjusted", {}},
      {"matmulinteger", {}},
      {"qlinearconv", {1, 2, 3, 4, 5, 6, 7}},
      {"qlinearmatmul_2D", {1, 2, 4, 5, 6, 7}},
      {"qlinearmatmul_3D", {1, 2, 4, 5, 6, 7}},
      {"quantizelinear", {}},
      {"quantizelinear_axis", {}},
  };
  return all;
}

// Cases of these operators that Systole does not read, and why.
const std::map<std::string, std::string>& left_out() {
  static const std::map<std::string, std::string> left_out{
      {"dynamicquantizelinear_expanded", "float operators in place of the quantized one"},
      {"dynamicquantizelinear_max_adjusted_expanded", "the same"},
      {"dynamicquantizelinear_min_adjusted_expanded", "the same"},
  };
  return left_out;
}

template <typename Proto>
Proto parsed(const fs::path& path) {
  std::ifstream in{path, std::ios::binary};
  Proto proto;
  EXPECT_TRUE(proto.ParseFromIstream(&in)) << path;
  return proto;
}

TensorData data_of(const fs::path& folder, const char* kind, int index) {
  const std::string name = std::string{kind} + "_" + std::to_string(index) + ".pb";
  return onnx::read_constant(parsed<::onnx::TensorProto>(folder / name)).values;
}

// The model with some inputs turned into constants, as a file that is gone after the test.
class BoundModel {
 public:
  BoundModel(const fs::path& folder, const std::vector<int>& constants)
      : path_{fs::temp_directory_path() /
              (folder.filename().string() + std::to_string(::getpid()) + ".onnx")} {
    auto model = parsed<::onnx::ModelProto>(folder / "model.onnx");
    ::onnx::GraphProto& graph = *model.mutable_graph();
    inputs_ = graph.input_size();
    for (const int index : constants) {
      ::onnx::TensorProto& constant = *graph.add_initializer();
      constant = parsed<::onnx::TensorProto>(folder / "test_data_set_0" /
                                             ("input_" + std::to_string(index) + ".pb"));
      constant.set_name(graph.input(index).name());
    }
    outputs_ = graph.output_size();
    std::ofstream out{path_, std::ios::binary};
    EXPECT_TRUE(model.SerializeToOstream(&out));
  }
  ~BoundModel() { fs::remove(path_); }
  BoundModel(const BoundModel&) = delete;
  BoundModel& operator=(const BoundModel&) = delete;

  std::string path() const { return path_.string(); }
  int inputs() const { return inputs_; }
  int outputs() const { return outputs_; }

 private:
  fs::path path_;
  int inputs_ = 0, outputs_ = 0;
};

class OnnxBackend : public ::testing::TestWithParam<Case> {};

TEST_P(OnnxBackend, GivesTheRecordedBytes) {
  const fs::path folder = kTests / (std::string{"test_"} + GetParam().name);
  if (!fs::exists(folder)) {
    GTEST_SKIP() << folder << " is not there: libonnx-testdata is not installed";
  }
  const std::vector<int>& constants = GetParam().constants;
  const BoundModel model{folder, constants};
  const Network network = load_onnx(model.path());
  const fs::path data = folder / "test_data_set_0";
  std::vector<TensorData> inputs;
  for (int i = 0; i < model.inputs(); ++i) {
    if (std::find(constants.begin(), constants.end(), i) == constants.end()) {
      inputs.push_back(data_of(data, "input", i));
    }
  }
  const std::vector<TensorData> values = golden::run(network, inputs);
  ASSERT_EQ(network.outputs.size(), static_cast<std::size_t>(model.outputs()));
  for (std::size_t i = 0; i < network.outputs.size(); ++i) {
    EXPECT_EQ(values.at(network.outputs[i]), data_of(data, "output", static_cast<int>(i))) << i;
  }
}

INSTANTIATE_TEST_SUITE_P(Node, OnnxBackend, ::testing::ValuesIn(cases()),
                         [](const auto& tested) { return std::string{tested.param.name}; });

// Our own graphs in the same form (scripts/make_onnx_models.py): whole networks, quantized in the
// ways of PyTorch, tf2onnx and onnxruntime. Expected outputs are plain numpy's.
class OnnxModels : public ::testing::TestWithParam<const char*> {};

TEST_P(OnnxModels, GivesTheBytesThatNumpyGives) {
  const fs::path folder = fs::path{SYSTOLE_SOURCE_DIR} / "tests" / "data" / "onnx" / GetParam();
  const Network network = load_onnx((folder / "model.onnx").string());
  std::vector<TensorData> inputs;
  for (std::size_t i = 0; i < network.inputs.size(); ++i) {
    inputs.push_back(data_of(folder, "input", static_cast<int>(i)));
  }
  const std::vector<TensorData> values = golden::run(network, inputs);
  const auto files = std::count_if(fs::directory_iterator{folder}, {}, [](const auto& entry) {
    return entry.path().filename().string().rfind("output_", 0) == 0;
  });
  ASSERT_EQ(network.outputs.size(), static_cast<std::size_t>(files));
  for (std::size_t i = 0; i < network.outputs.size(); ++i) {
    const auto recorded =
        parsed<::onnx::TensorProto>(folder / ("output_" + std::to_string(i) + ".pb"));
    const onnx::Constant expected = onnx::read_constant(recorded);
    EXPECT_EQ(network.tensor(network.outputs[i]).shape, expected.shape);
    EXPECT_EQ(values.at(network.outputs[i]), expected.values);
  }
}

INSTANTIATE_TEST_SUITE_P(Own, OnnxModels,
                         ::testing::Values("qdq_residual", "qdq_flatten", "qdq_concat",
                                           "qoperators", "dynamic", "channels_last",
                                           "qdq_elements"),
                         [](const auto& tested) { return std::string{tested.param}; });

// No quantized case of the package is forgotten: it is run above, or it is named with its reason.
TEST(OnnxBackendList, NamesEveryQuantizedCase) {
  if (!fs::exists(kTests)) {
    GTEST_SKIP() << kTests << " is not there: libonnx-testdata is not installed";
  }
  std::size_t quantized = 0;
  for (const auto& entry : fs::directory_iterator{kTests}) {
    const std::string name = entry.path().filename().string().substr(std::strlen("test_"));
    const bool is_quantized = name.find("quantize") != std::string::npos ||
                              name.find("qlinear") != std::string::npos ||
                              name.find("integer") != std::string::npos;
    if (!is_quantized) {
      continue;
    }
    ++quantized;
    const bool is_run =
        std::any_of(cases().begin(), cases().end(), [&](const Case& c) { return c.name == name; });
    const auto reason = left_out().find(name);
    EXPECT_TRUE(is_run || reason != left_out().end()) << name;
    if (reason != left_out().end()) {
      std::cout << name << ": not read (" << reason->second << ")\n";
      EXPECT_THROW(load_onnx((entry.path() / "model.onnx").string()), ConfigError) << name;
    }
  }
  EXPECT_EQ(quantized, cases().size() + left_out().size());
}

}  // namespace
}  // namespace systole::test
