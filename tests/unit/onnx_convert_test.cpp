// Models that are made here, written as YAML and read back.

#include <gtest/gtest.h>

#include "sim/convert/trace_writer.hpp"
#include "sim/run/inputs.hpp"
#include "tests/unit/onnx_model.hpp"
#include "tests/unit/workload_test_files.hpp"

namespace systole::test {
namespace {

/// [1,2,6,6] of int8; scales 0.25, 0.5 and 1, zero points 3, -7 and 0, and sizes.
Model images() {
  Model model{{1, 2, 6, 6}};
  model.floats("s", {}, {0.25}).floats("s2", {}, {0.5}).floats("one", {}, {1});
  model.integers("z", {}, {3}, kInt8).integers("z2", {}, {-7}, kInt8);
  model.integers("zero", {}, {0}, kInt8);
  model.integers("w", {2, 2, 1, 1}, {1, -2, 3, 1}, kInt8);
  return model;
}

Model& conv(Model& model, const std::string& x, const std::string& result) {
  return model.node("QLinearConv", {x, "s", "z", "w", "one", "zero", "s2", "z2"}, result);
}

class OnnxConvert : public WorkloadFiles {
 protected:
  std::string written(const Network& network) const {
    std::filesystem::create_directories(path("yaml"));
    return write_trace(network, {}, path("yaml"));
  }
  /// Each tensor of an inference is the same in the network that comes back.
  void expect_same(const Network& network) const {
    const Network again = load_workload(written(network));
    const auto values = golden_tensors(network, {}, 0);
    const auto others = golden_tensors(again, {}, 0);
    ASSERT_EQ(network.layers.size(), again.layers.size());
    for (std::size_t i = 0; i < network.layers.size(); ++i) {
      EXPECT_EQ(values[network.layers[i].output], others[again.layers[i].output])
          << network.layers[i].name;
    }
  }
};

struct Numbers {
  std::vector<float> scale;
  std::int32_t zero_point;
};
Numbers numbers_of(const Network& network, TensorId id) {
  return {network.tensor(id).scale, network.tensor(id).zero_point};
}
bool operator==(const Numbers& a, const Numbers& b) {
  return a.scale == b.scale && a.zero_point == b.zero_point;
}
const Numbers kInput{{0.25}, 3};
const Numbers kOutput{{0.5}, -7};

// Nobody reads the outputs of these models as reals, so no node of the file says their scale.
TEST_F(OnnxConvert, OutputsThatOnlyMoveIntegersHaveTheScaleOfWhatTheyMove) {
  const auto with_last = [](const auto& add) {
    Model model = images();
    add(conv(model, "x", "c"));
    return model.load();
  };
  const std::vector<Network> networks = {
      with_last([](Model& model) {
        model.node("MaxPool", {"c"}, "y").with("kernel_shape", Sizes{2, 2});
      }),
      with_last([](Model& model) {
        model.sizes("pads", {0, 0, 1, 0, 0, 0, 0, 2}).node("Pad", {"c", "pads"}, "y");
      }),
      with_last([](Model& model) {
        model.sizes("from", {1, 0}).sizes("to", {5, 3}).sizes("axes", {2, 3});
        model.node("Slice", {"c", "from", "to", "axes"}, "y");
      }),
      with_last([](Model& model) {
        model.sizes("second", {1, 0}).node("Gather", {"c", "second"}, "y").with("axis", 1);
      }),
      with_last([](Model& model) {
        model.sizes("pads", {0, 0, 1, 0, 0, 0, 0, 2});
        model.node("Pad", {"c", "pads"}, "y").with("mode", "reflect");
      }),
      with_last([](Model& model) {
        model.floats("roi", {0}, {}).floats("twice", {4}, {1, 1, 2, 2});
        model.node("Resize", {"c", "roi", "twice"}, "y").with("mode", "nearest");
        model.with("coordinate_transformation_mode", "asymmetric").with("nearest_mode", "floor");
      }),
      with_last([](Model& model) {
        model.sizes("blocks", {1, 3, 1, 1}).node("Tile", {"c", "blocks"}, "t");
        model.node("Transpose", {"t"}, "y").with("perm", Sizes{0, 2, 3, 1});
      }),
      with_last([](Model& model) {  // of reals, which become integers again
        model.node("DequantizeLinear", {"c", "s2", "z2"}, "d");
        model.node("Max", {"d", "d"}, "m").node("QuantizeLinear", {"m", "s2", "z2"}, "y");
      }),
      with_last([](Model& model) { model.node("GlobalMaxPool", {"c"}, "y"); }),
      with_last([](Model& model) {
        model.node("Concat", {"c", "c"}, "j").with("axis", 1);
        model.node("ReduceMax", {"j"}, "m").with("axes", Sizes{2, 3});
        model.sizes("flat", {1, 4}).node("Reshape", {"m", "flat"}, "y");
      }),
  };
  for (const Network& network : networks) {
    SCOPED_TRACE(op_name(network, network.layers.back()));
    EXPECT_EQ(numbers_of(network, network.inputs.at(0)), kInput);
    EXPECT_EQ(numbers_of(network, network.outputs.at(0)), kOutput);
    expect_same(network);
  }
}

TEST_F(OnnxConvert, InputsThatAreMovedFirstHaveTheScaleOfThoseWhoReadThem) {
  Model model = images();
  model.node("MaxPool", {"x"}, "p").with("kernel_shape", Sizes{2, 2});
  model.sizes("pads", {0, 0, 0, 0, 0, 0, 1, 1}).node("Pad", {"p", "pads"}, "q");
  conv(model, "q", "y");
  const Network network = model.load();
  EXPECT_EQ(numbers_of(network, network.inputs.at(0)), kInput);
  bool read = false;
  for (const Layer& layer : network.layers) {
    read = read || std::holds_alternative<Conv2d>(layer.op);
    EXPECT_EQ(numbers_of(network, layer.output), read ? kOutput : kInput) << layer.name;
  }
  expect_same(network);
}

// Of a dimension more than in the file, or in another order, they are no longer what it names.
TEST_F(OnnxConvert, ConstantsThatWereMovedHaveNames) {
  Model model = images();
  model.integers("c", {6}, {1, 2, 3, 4, 5, 6}, kInt8);
  model.node("DequantizeLinear", {"x", "s", "z"}, "xd");
  model.node("DequantizeLinear", {"c", "s2", "z"}, "cd").node("Add", {"xd", "cd"}, "a");
  model.node("QuantizeLinear", {"a", "s2", "z2"}, "aq")
      .node("DequantizeLinear", {"aq", "s2", "z2"}, "ad");
  model.node("Add", {"ad", "cd"}, "b").node("QuantizeLinear", {"b", "s2", "z2"}, "y");
  const Network network = model.load();
  expect_same(network);
}

// Without any quantized operator integers stand for nothing.
TEST_F(OnnxConvert, IntegersOfWhichNobodySaysTheScaleHaveNone) {
  Model model = images();
  model.node("MaxPool", {"x"}, "y").with("kernel_shape", Sizes{2, 2});
  const Network network = model.load();
  EXPECT_EQ(numbers_of(network, network.outputs.at(0)), (Numbers{{}, 0}));
  expect_same(network);
}

TEST_F(OnnxConvert, WhatYamlHasNoKeyForIsSaidWithTheLayer) {
  const auto refusal = [&](const Model& model) -> std::string {
    try {
      written(model.load());
    } catch (const ConvertError& error) {
      return error.what();
    }
    return "";
  };
  Model dilated = images();
  conv(dilated, "x", "c");
  dilated.node("MaxPool", {"c"}, "y").with("kernel_shape", Sizes{2, 2});
  dilated.with("dilations", Sizes{2, 2});
  EXPECT_EQ(refusal(dilated), "layer 'max_pool2d_1': YAML has no key for the dilation of a pool");
  Model without_effect = images();
  conv(without_effect, "x", "c");
  without_effect.node("MaxPool", {"c"}, "y").with("kernel_shape", Sizes{1, 2});
  without_effect.with("dilations", Sizes{2, 1});
  EXPECT_EQ(refusal(without_effect), "");
  Model reduced = images();
  conv(reduced, "x", "c").node("ReduceMax", {"c"}, "y").with("keepdims", 0);
  EXPECT_EQ(
      refusal(reduced),
      "layer 'reshape_2_1': its output has no dimensions, and the key shape needs one or more");
}

}  // namespace
}  // namespace systole::test
