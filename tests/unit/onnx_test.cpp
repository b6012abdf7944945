#include "sim/onnx/onnx.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <onnx/onnx_pb.h>
#include <unistd.h>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <functional>
#include <random>

#include "sim/config/error_log.hpp"

namespace systole::test {
namespace {

namespace fs = std::filesystem;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::SizeIs;

const char* const kModels[] = {"qdq_residual", "qdq_flatten",   "qdq_concat",  "qoperators",
                               "dynamic",      "channels_last", "qdq_elements"};

std::string bytes_of(const std::string& model) {
  const fs::path path =
      fs::path{SYSTOLE_SOURCE_DIR} / "tests" / "data" / "onnx" / model / "model.onnx";
  std::ifstream in{path, std::ios::binary};
  EXPECT_TRUE(in) << path;
  return {std::istreambuf_iterator<char>{in}, {}};
}

/// A file that is gone after the test.
class ModelFile {
 public:
  explicit ModelFile(const std::string& bytes)
      : path_{fs::temp_directory_path() / ("onnx_test" + std::to_string(::getpid()) + ".onnx")} {
    std::ofstream{path_, std::ios::binary} << bytes;
  }
  ~ModelFile() { fs::remove(path_); }
  ModelFile(const ModelFile&) = delete;
  ModelFile& operator=(const ModelFile&) = delete;

  std::string path() const { return path_.string(); }

 private:
  fs::path path_;
};

Network load(const std::string& model) { return load_onnx(ModelFile{bytes_of(model)}.path()); }

std::vector<std::string> errors_of(const std::string& bytes) {
  const ModelFile file{bytes};
  try {
    load_onnx(file.path());
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

/// The errors after `spoil` has been at the model.
std::vector<std::string> errors_after(const char* model,
                                      const std::function<void(::onnx::ModelProto&)>& spoil) {
  ::onnx::ModelProto proto;
  EXPECT_TRUE(proto.ParseFromString(bytes_of(model)));
  spoil(proto);
  return errors_of(proto.SerializeAsString());
}

std::vector<std::string> ops_of(const Network& network) {
  std::vector<std::string> ops;
  for (const Layer& layer : network.layers) {
    ops.push_back(op_name(network, layer));
  }
  return ops;
}

::onnx::NodeProto& node_of(::onnx::ModelProto& model, const std::string& op) {
  for (::onnx::NodeProto& node : *model.mutable_graph()->mutable_node()) {
    if (node.op_type() == op) {
      return node;
    }
  }
  throw std::logic_error{"no node " + op};
}

TEST(Onnx, EachQuantizedOperatorBecomesOneIntegerLayerAndTheInputIsTransposedOnce) {
  EXPECT_THAT(ops_of(load("qdq_residual")),
              ElementsAre("quantize_linear", "transpose", "conv2d", "depthwise_conv2d", "add",
                          "max_pool2d", "mean", "reshape", "fully_connected", "dequantize_linear"));
}

TEST(Onnx, TransposesThatCancelOutLeaveNoLayer) {
  EXPECT_THAT(ops_of(load("channels_last")),
              ElementsAre("quantize_linear", "conv2d", "pad", "conv2d"));
}

TEST(Onnx, BehindAFlattenTheWeightsChangeTheirOrderInsteadOfTheImage) {
  EXPECT_THAT(ops_of(load("qdq_flatten")),
              ElementsAre("quantize_linear", "transpose", "conv2d", "reshape", "fully_connected",
                          "dequantize_linear"));
}

TEST(Onnx, InputsAndOutputsHaveTheLayoutOfTheFile) {
  const Network network = load("qoperators");
  EXPECT_EQ(network.tensor(network.inputs.at(0)).shape, (Shape{1, 3, 6, 6}));
  EXPECT_EQ(network.tensor(network.outputs.at(0)).shape, (Shape{1, 6, 6, 6}));
}

TEST(Onnx, ScalesBecomeTheBinary32ProductOfAllThree) {
  const Network network = load("qdq_residual");
  const auto& connected = std::get<FullyConnected>(network.layers.at(8).op);
  const float x = network.tensor(network.layers[8].inputs[0]).scale.at(0);
  const float w = network.tensor(network.layers[8].inputs[1]).scale.at(0);
  EXPECT_EQ(connected.requant.mode, RequantMode::FloatScale);
  EXPECT_THAT(connected.requant.scale, ElementsAre(x * w / 0.05F));
}

TEST(Onnx, AnUnknownOperatorIsNamedWithItsNodeAndWhatIsSupported) {
  const std::vector<std::string> errors = errors_after("qdq_residual", [](auto& model) {
    node_of(model, "GlobalAveragePool").set_op_type("GlobalLpPool");
  });
  ASSERT_THAT(errors, SizeIs(2));
  EXPECT_THAT(errors[0], HasSubstr("(GlobalLpPool 'GlobalAveragePool_"));
  EXPECT_THAT(errors[0], HasSubstr("is not supported"));
  EXPECT_THAT(errors[1], HasSubstr("supported operators are Abs, Add, "));
}

TEST(Onnx, AFloatNetworkIsToldWhatMakesAWorkloadOfIt) {
  try {
    load_onnx(SYSTOLE_SOURCE_DIR "/tests/data/float_onnx/model.onnx");
    FAIL() << "was taken";
  } catch (const ConfigError& error) {
    ASSERT_THAT(error.lines(), SizeIs(1));
    EXPECT_THAT(error.lines()[0], HasSubstr("model.onnx: is a float network"));
    EXPECT_THAT(error.lines()[0], HasSubstr("`systole quantize` makes a workload of it"));
  }
}

TEST(Onnx, AnAttributeThatNobodyReadsIsAnError) {
  const std::vector<std::string> errors = errors_after("qdq_residual", [](auto& model) {
    ::onnx::AttributeProto& attribute = *node_of(model, "Conv").add_attribute();
    attribute.set_name("fastmath");
    attribute.set_type(::onnx::AttributeProto::INT);
  });
  ASSERT_THAT(errors, SizeIs(1));
  EXPECT_THAT(errors[0], HasSubstr("has the attribute 'fastmath', which is not supported"));
}

TEST(Onnx, FloatProductsThatNobodyQuantizesAreRefused) {
  const std::vector<std::string> errors = errors_after("qdq_residual", [](auto& model) {
    const std::string gemm = node_of(model, "Gemm").output(0);
    model.mutable_graph()->mutable_output(0)->set_name(gemm);
  });
  ASSERT_THAT(errors, SizeIs(1));
  EXPECT_THAT(errors[0], HasSubstr("can be computed in integers only"));
}

TEST(Onnx, FunctionsOfOneNumberBecomeOneTable) {
  const std::vector<std::string> ops = ops_of(load("qdq_elements"));
  EXPECT_EQ(std::count(ops.begin(), ops.end(), "lookup"), 7);  // hard-swish in parts among them
  EXPECT_EQ(std::count(ops.begin(), ops.end(), "dequantize_linear"), 0);
}

TEST(Onnx, WhatHasNoIntegersIsRefusedWithItsReason) {
  EXPECT_THAT(errors_after("qdq_elements",
                           [](auto& model) {
                             for (auto& attribute : *node_of(model, "Resize").mutable_attribute()) {
                               if (attribute.name() == "mode") {
                                 attribute.set_s("linear");
                               }
                             }
                           }),
              ElementsAre(HasSubstr("has the mode 'linear', of which no integers are defined")));
  EXPECT_THAT(errors_after("qdq_elements",
                           [](auto& model) {
                             const std::string plain = node_of(model, "Tanh").output(0);
                             model.mutable_graph()->mutable_output(2)->set_name(plain);
                           }),
              ElementsAre(HasSubstr("can be computed in integers only")));
}

/// Repeats an operator of two inputs, both its own last result, behind a Relu; then quantizes.
void repeat(::onnx::ModelProto& model, const std::string& op, int times) {
  ::onnx::GraphProto& graph = *model.mutable_graph();
  const auto add = [&](const std::string& type, const std::vector<std::string>& inputs) {
    ::onnx::NodeProto& node = *graph.add_node();
    node.set_op_type(type);
    for (const std::string& input : inputs) {
      node.add_input(input);
    }
    node.add_output("repeated_" + std::to_string(graph.node_size()));
    return node.output(0);
  };
  const std::string scale = node_of(model, "QuantizeLinear").input(1);
  const std::string zero_point = node_of(model, "QuantizeLinear").input(2);
  std::string last = add("Relu", {node_of(model, "DequantizeLinear").output(0)});
  for (int i = 0; i < times; ++i) {
    last = add(op, {last, last});
    if (op == "Concat") {
      ::onnx::AttributeProto& axis = *graph.mutable_node(graph.node_size() - 1)->add_attribute();
      axis.set_name("axis");
      axis.set_type(::onnx::AttributeProto::INT);
      axis.set_i(1);
    }
  }
  graph.mutable_output(0)->set_name(add("QuantizeLinear", {last, scale, zero_point}));
}

TEST(Onnx, ALongChainOfFunctionsIsOneTable) {
  EXPECT_THAT(errors_after("qdq_elements", [](auto& model) { repeat(model, "Mul", 100); }),
              SizeIs(0));
}

// Each Concat doubles the layers that wait before it.
TEST(Onnx, AFileThatBecomesTooManyLayersIsRefused) {
  const auto errors =
      errors_after("qdq_elements", [](auto& model) { repeat(model, "Concat", 20); });
  ASSERT_FALSE(errors.empty());
  EXPECT_THAT(errors[0], HasSubstr("the file becomes more than 65536 layers"));
}

TEST(Onnx, OtherOpsetsAreRefused) {
  EXPECT_THAT(
      errors_after("dynamic", [](auto& model) { model.mutable_opset_import(0)->set_version(9); }),
      ElementsAre("is of opset 9, expected 10..21"));
}

TEST(Onnx, AModelIsOfOneOpset) {
  const auto also_of = [](std::int64_t opset) {
    return errors_after("dynamic", [&](auto& model) {
      model.mutable_opset_import(0)->set_version(13);
      ::onnx::OperatorSetIdProto& second = *model.add_opset_import();
      second.set_domain("ai.onnx");
      second.set_version(opset);
    });
  };
  EXPECT_THAT(also_of(13), ElementsAre());
  EXPECT_THAT(also_of(17), ElementsAre("is of opset 13 and of opset 17, expected one"));
}

TEST(Onnx, ScalesMustBePositive) {
  const std::vector<std::string> errors = errors_after("qoperators", [](auto& model) {
    for (::onnx::TensorProto& tensor : *model.mutable_graph()->mutable_initializer()) {
      if (tensor.name() == node_of(model, "QLinearConv").input(1)) {
        tensor.set_raw_data(std::string(4, '\0'));
      }
    }
  });
  ASSERT_FALSE(errors.empty());
  EXPECT_THAT(errors[0], HasSubstr("(QLinearConv 'QLinearConv_"));
  EXPECT_THAT(errors[0], HasSubstr("has a scale that is not positive and finite"));
}

TEST(Onnx, ATruncatedFileIsOneError) {
  const std::string whole = bytes_of("qdq_residual");
  for (const std::size_t size :
       {std::size_t{0}, std::size_t{1}, whole.size() / 2, whole.size() - 1}) {
    EXPECT_THAT(errors_of(whole.substr(0, size)), SizeIs(1)) << size;
  }
}

TEST(Onnx, AFileThatGivesAnErrorIsNotCalledDamaged) {
  try {
    load_onnx("/proc/self/mem");  // at 0 there is none
    FAIL() << "read";
  } catch (const ConfigError& error) {
    EXPECT_THAT(error.lines(), ElementsAre("/proc/self/mem: cannot be read to its end"));
  }
}

// Bytes that nobody wrote: either a network, or errors; never another exception, never a crash.
TEST(Onnx, DamagedFilesAreErrorsOrNetworks) {
  std::mt19937 random{20231};
  std::size_t refused = 0;
  for (const char* const model : kModels) {
    const std::string whole = bytes_of(model);
    for (int round = 0; round < 300; ++round) {
      std::string bytes = whole;
      for (auto count = random() % 4 + 1; count > 0; --count) {
        bytes[random() % bytes.size()] = static_cast<char>(random() % 256);
      }
      refused += errors_of(bytes).empty() ? 0U : 1U;
    }
  }
  EXPECT_GT(refused, 100U);
}

}  // namespace
}  // namespace systole::test
