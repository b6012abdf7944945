#include <gtest/gtest.h>

#include <algorithm>

#include "sim/network/packing.hpp"
#include "tests/unit/workload_test_files.hpp"

namespace systole {
namespace {

class LoadWorkload : public WorkloadFiles {
 protected:
  /// A network of one layer over the input x [1, 4, 4, 2], scale 0.5, zero point 3.
  static std::string one_layer(const std::string& keys) {
    return "name: one\n"
           "inputs:\n"
           "  - {name: x, shape: [1, 4, 4, 2], scale: 0.5, zero_point: 3}\n"
           "outputs: [y]\n"
           "layers:\n"
           "  - {name: y, inputs: [x], " +
           keys + "}\n";
  }

  template <typename Op>
  static const Op& op_of(const Network& network) {
    return std::get<Op>(network.layers.at(0).op);
  }

  static const Tensor& ofmap_of(const Network& network) {
    return network.tensor(network.layers.at(0).output);
  }
};

TEST_F(LoadWorkload, ConvolutionHasItsTensorsWindowAndDerivedMultipliers) {
  write_array<std::int8_t>("w.npy", {3, 3, 3, 2}, std::vector<std::int8_t>(54, 7));
  write_array<std::int32_t>("b.npy", {3}, {1, -2, 3});
  write_array<float>("s.npy", {3}, {0.5F, 0.25F, 1.0F});
  const Network network = load(
      one_layer("op: conv2d, weights: {file: w.npy, scale: s.npy}, bias: {file: b.npy}, stride: 2, "
                "padding: same, activation: relu, output: {scale: 2, zero_point: -5}, "
                "mapping: {tile_oh: 1, tile_oc: 2}"));
  const auto& conv = op_of<Conv2d>(network);
  EXPECT_EQ(network.name, "one");
  EXPECT_TRUE(network.has_data());
  EXPECT_TRUE(conv.has_bias);
  EXPECT_EQ(conv.window.kernel_h, 3);
  EXPECT_EQ(conv.window.stride_w, 2);
  EXPECT_EQ(conv.window.pad_top, 0);
  EXPECT_EQ(conv.window.pad_bottom, 1);
  EXPECT_EQ(ofmap_of(network).shape, (Shape{1, 2, 2, 3}));
  EXPECT_EQ(ofmap_of(network).zero_point, -5);
  EXPECT_EQ(conv.requant.zero_point, -5);
  EXPECT_EQ(conv.requant.clamp_min, -5);
  EXPECT_EQ(conv.requant.clamp_max, 127);
  // 0.5 * {0.5, 0.25, 1} / 2 = 2^-3, 2^-4, 2^-2, each as 1/2 * 2^e.
  EXPECT_EQ(conv.requant.multiplier, (std::vector<std::int32_t>(3, 1 << 30)));
  EXPECT_EQ(conv.requant.exponent, (std::vector<std::int32_t>{-2, -3, -1}));
  const Layer& layer = network.layers[0];
  ASSERT_EQ(layer.inputs.size(), 3U);
  EXPECT_EQ(network.tensor(layer.inputs[0]).name, "x");
  EXPECT_EQ(network.tensor(layer.inputs[1]).data, TensorData(54, 7));
  EXPECT_EQ(network.tensor(layer.inputs[2]).data, (TensorData{1, -2, 3}));
  EXPECT_EQ(network.tensor(layer.inputs[2]).format.bits, 32);
  EXPECT_EQ(network.tensor(layer.inputs[2]).scale, (std::vector<float>{0.25F, 0.125F, 0.5F}));
  EXPECT_EQ(layer.mapping.tile_oh, 1);
  EXPECT_EQ(layer.mapping.tile_oc, 2);
  EXPECT_EQ(layer.mapping.tile_ic, 0);
  EXPECT_EQ(network.inputs.size(), 1U);
  EXPECT_EQ(network.outputs, std::vector<TensorId>{layer.output});
}

TEST_F(LoadWorkload, ExtensionsAreInSmallLettersOrLargeOnes) {
  EXPECT_EQ(workload_format("a/NET.TFLITE"), WorkloadFormat::Tflite);
  EXPECT_EQ(workload_format("net.Onnx"), WorkloadFormat::Onnx);
  EXPECT_EQ(workload_format("TOPOLOGY.CSV"), WorkloadFormat::Topology);
  EXPECT_EQ(workload_format("net.tflite2"), WorkloadFormat::Trace);
  EXPECT_EQ(workload_format("tflite"), WorkloadFormat::Trace);
  write_array<std::int8_t>("W.NPY", {3, 1, 1, 2}, std::vector<std::int8_t>(6, 7));
  write_array<float>("S.NPY", {3}, {0.5F, 0.25F, 1.0F});
  const Network network =
      load(one_layer("op: conv2d, weights: {file: W.NPY, scale: S.NPY}, output: {scale: 2}"));
  EXPECT_EQ(network.tensor(network.layers.at(0).inputs.at(1)).scale,
            (std::vector<float>{0.5F, 0.25F, 1.0F}));
}

TEST_F(LoadWorkload, DepthwiseConvolutionHasAGroupPerInputChannel) {
  write_array<std::int8_t>("w.npy", {4, 3, 3, 1}, std::vector<std::int8_t>(36, 1));
  const Network network =
      load(one_layer("op: depthwise_conv2d, weights: {file: w.npy, scale: 1}, output: {scale: 1}"));
  EXPECT_EQ(op_of<Conv2d>(network).groups, 2);
  EXPECT_EQ(ofmap_of(network).shape, (Shape{1, 2, 2, 4}));
  EXPECT_EQ(op_name(network, network.layers[0]), "depthwise_conv2d");
}

TEST_F(LoadWorkload, ExplicitConstantsNeedNoScales) {
  write_array<std::int8_t>("w.npy", {2, 1, 1, 2}, {1, 2, 3, 4});
  const std::string layer =
      "  - {name: y, inputs: [x], op: conv2d, weights: {file: w.npy}, requant: {multiplier: "
      "[1073741824, 2147483647], exponent: [0, -31]}, clamp: [-3, 4]}\n";
  const Network network =
      load("name: n\ninputs: [{name: x, shape: [1, 1, 1, 2]}]\noutputs: [y]\nlayers:\n" + layer);
  const auto& requant = op_of<Conv2d>(network).requant;
  EXPECT_EQ(requant.multiplier, (std::vector<std::int32_t>{1073741824, 2147483647}));
  EXPECT_EQ(requant.exponent, (std::vector<std::int32_t>{0, -31}));
  EXPECT_EQ(requant.clamp_min, -3);
  EXPECT_EQ(requant.clamp_max, 4);
  EXPECT_TRUE(ofmap_of(network).scale.empty());
}

TEST_F(LoadWorkload, FloatScalesAreTakenAsTheyAre) {
  write_array<std::int8_t>("w.npy", {2, 1, 1, 2}, {1, 2, 3, 4});
  const auto layer = [](const std::string& requant) {
    return "name: n\ninputs: [{name: x, shape: [1, 1, 1, 2]}]\noutputs: [y]\nlayers:\n"
           "  - {name: y, inputs: [x], op: conv2d, weights: {file: w.npy}, requant: " +
           requant + "}\n";
  };
  const Network network = load(layer("{scale: [0.1, 3.0e-5]}"));
  const auto& requant = op_of<Conv2d>(network).requant;
  EXPECT_EQ(requant.mode, RequantMode::FloatScale);
  EXPECT_EQ(requant.scale, (std::vector<float>{0.1F, 3.0e-5F}));
  EXPECT_TRUE(requant.multiplier.empty());
  EXPECT_EQ(errors(layer("{scale: 0.5, exponent: [1]}")),
            "w.yaml:5:96: layers[0].requant.exponent: given beside scale, expected scale, or "
            "multiplier and exponent");
  EXPECT_EQ(errors(layer("{scale: 2147483648.0}")),
            "w.yaml:5:81: layers[0].requant.scale: a value is out of range, expected below 2^31");
  EXPECT_EQ(errors(layer("{scale: [1.0, 1.0, 1.0]}")),
            "w.yaml:5:81: layers[0].requant.scale: has 3 values, expected 1 or 2, one per output "
            "channel");
}

TEST_F(LoadWorkload, BinaryWeightsAreMinusAndPlusOne) {
  write_array<std::int8_t>("w.npy", {2, 1, 1, 2}, {1, -1, -1, 1});
  write_array<std::int8_t>("zero.npy", {2, 1, 1, 2}, {1, -1, 0, 1});
  const auto layer = [](const std::string& weights) {
    return "name: n\ninputs: [{name: x, shape: [1, 1, 1, 2], scale: 1}]\noutputs: [y]\nlayers:\n"
           "  - {name: y, inputs: [x], op: conv2d, weights: {" +
           weights + ", format: binary, scale: 0.5}, output: {scale: 1}}\n";
  };
  const Network network = load(layer("file: w.npy"));
  const Tensor& weights = network.tensor(network.layers[0].inputs[1]);
  EXPECT_EQ(weights.format, binary_format());
  EXPECT_EQ(weights.scale, std::vector<float>{0.5F});
  EXPECT_EQ(weights.data, (TensorData{1, -1, -1, 1}));
  const std::vector<std::uint8_t> packed =
      pack_tensor(*weights.data, weights.shape, weights.format);
  EXPECT_EQ(packed, (std::vector<std::uint8_t>{1, 2})) << "two to a byte";
  EXPECT_EQ(unpack_tensor(packed, weights.shape, weights.format), *weights.data);
  const std::string zero = errors(layer("file: zero.npy"));
  EXPECT_NE(zero.find("element [1, 0, 0, 0] is 0, expected -1 or 1: the format is binary"),
            std::string::npos)
      << zero;
  const std::string beside = errors(layer("file: w.npy, bits: 1"));
  EXPECT_NE(beside.find("layers[0].weights.bits: given beside format: binary"), std::string::npos)
      << beside;
}

TEST_F(LoadWorkload, FixedPointFormatsHaveNames) {
  write_array<std::int8_t>("w.npy", {2, 1, 1, 2}, {1, 2, 3, -4});
  const auto layer = [](const std::string& weights, const std::string& output) {
    return "name: n\ninputs: [{name: x, shape: [1, 1, 1, 2], format: UQ4.4}]\noutputs: "
           "[y]\nlayers:\n"
           "  - {name: y, inputs: [x], op: conv2d, weights: {file: w.npy, " +
           weights + "}, output: {" + output + "}}\n";
  };
  const Network network = load(layer("format: Q1.2", "format: '(6, 8)'"));
  const Tensor& ifmap = network.tensor(network.inputs[0]);
  EXPECT_EQ(ifmap.format, (ElementFormat{8, false}));
  EXPECT_EQ(ifmap.scale, std::vector<float>{0.0625F});
  EXPECT_EQ(network.tensor(network.layers[0].inputs[1]).format, (ElementFormat{4, true}));
  EXPECT_EQ(ofmap_of(network).format, (ElementFormat{6, true}));
  EXPECT_EQ(ofmap_of(network).scale, std::vector<float>{0.00390625F});
  const auto& requant = op_of<Conv2d>(network).requant;
  EXPECT_EQ(requant.multiplier, std::vector<std::int32_t>{1 << 30});  // 2^-4 * 2^-2 / 2^-8 = 2^2
  EXPECT_EQ(requant.exponent, std::vector<std::int32_t>{3});
  const std::string beside = errors(layer("format: Q1.2, bits: 4", "format: Q3.4"));
  EXPECT_NE(beside.find("layers[0].weights.bits: given beside format, expected one of the two"),
            std::string::npos)
      << beside;
  const std::string unknown = errors(layer("format: Q1.2", "format: Q9.9"));
  EXPECT_NE(unknown.find("layers[0].output.format: 'Q9.9' is no fixed-point format"),
            std::string::npos)
      << unknown;
}

TEST_F(LoadWorkload, ActivationsBecomeClampsOfTheOutputsFormat) {
  write_array<std::int8_t>("w.npy", {1, 1, 1, 2}, {1, 2});
  const auto clamp = [&](const std::string& keys) {
    const Network network =
        load(one_layer("op: conv2d, weights: {file: w.npy, scale: 1}, " + keys));
    const auto& requant = op_of<Conv2d>(network).requant;
    return std::pair{requant.clamp_min, requant.clamp_max};
  };
  const std::string out = "output: {scale: 0.1, zero_point: -100}";
  EXPECT_EQ(clamp(out), std::pair(-128, 127));
  EXPECT_EQ(clamp(out + ", activation: none"), std::pair(-128, 127));
  EXPECT_EQ(clamp(out + ", activation: relu"), std::pair(-100, 127));
  EXPECT_EQ(clamp(out + ", activation: relu6"), std::pair(-100, -40));
  EXPECT_EQ(clamp(out + ", activation: {min: -1, max: 1}"), std::pair(-110, -90));
  EXPECT_EQ(clamp(out + ", activation: {max: 100}"), std::pair(-128, 127));
  EXPECT_EQ(clamp("output: {scale: 1, bits: 4, signed: false}, activation: relu"),
            std::pair(0, 15));
}

TEST_F(LoadWorkload, PoolsKeepTheScaleOfTheirInput) {
  const Network pool = load(one_layer("op: max_pool2d, kernel: [2, 3], stride: 1"));
  EXPECT_EQ(ofmap_of(pool).shape, (Shape{1, 3, 2, 2}));
  EXPECT_EQ(ofmap_of(pool).scale, std::vector<float>{0.5F});
  EXPECT_EQ(ofmap_of(pool).zero_point, 3);
  const Network relu =
      load(one_layer("op: average_pool2d, kernel: 2, stride: 2, activation: relu"));
  EXPECT_EQ(op_of<AveragePool>(relu).clamp_min, 3);
  const Network global = load(one_layer("op: global_average_pool2d"));
  EXPECT_EQ(ofmap_of(global).shape, (Shape{1, 1, 1, 2}));
  EXPECT_EQ(op_of<AveragePool>(global).window.kernel_w, 4);
}

TEST_F(LoadWorkload, ReshapeFillsInTheOpenSize) {
  EXPECT_EQ(ofmap_of(load(one_layer("op: reshape, shape: [4, -1]"))).shape, (Shape{4, 8}));
  EXPECT_EQ(errors(one_layer("op: reshape, shape: [5, -1]")),
            "w.yaml:6:48: layers[0].shape: [5, -1] cannot hold 'x' [1, 4, 4, 2], expected 32 "
            "elements (one size may be -1)");
}

TEST_F(LoadWorkload, MatrixProductTakesAConstantOrAnotherTensor) {
  write_array<std::int8_t>("b.npy", {3, 2}, std::vector<std::int8_t>(6, 1));
  const std::string head =
      "name: n\ninputs:\n  - {name: a, shape: [4, 3], scale: 1}\n"
      "  - {name: b, shape: [3, 5], scale: 1}\noutputs: [y]\nlayers:\n";
  const Network constant =
      load(head +
           "  - {name: y, op: matmul, inputs: [a], weights: {file: b.npy, scale: 1}, output: "
           "{scale: 1}}");
  EXPECT_EQ(ofmap_of(constant).shape, (Shape{4, 2}));
  const Network tensors =
      load(head + "  - {name: y, op: matmul, inputs: [a, b], output: {scale: 1}}");
  EXPECT_EQ(ofmap_of(tensors).shape, (Shape{4, 5}));
  EXPECT_EQ(errors(head + "  - {name: y, op: matmul, inputs: [b, a], output: {scale: 1}}"),
            "w.yaml:7:39: layers[0].inputs[1]: 'a' has the shape [4, 3], expected [5, columns]");
}

TEST_F(LoadWorkload, AddTakesTwoTensorsOfOneShape) {
  const Network network = load(
      "name: n\ninputs:\n  - {name: a, shape: [2, 2], scale: 0.5, zero_point: 4}\n"
      "  - {name: b, shape: [2, 2], scale: 1, zero_point: -6}\noutputs: [y]\nlayers:\n"
      "  - {name: y, op: add, inputs: [a, b], output: {scale: 2, zero_point: 1}}");
  const auto& add = op_of<Add>(network);
  EXPECT_EQ(add.left_shift, 20);
  EXPECT_EQ(add.input_zero_point, (std::array<std::int32_t, 2>{4, -6}));
  EXPECT_EQ(real_multiplier(add.input[0]), 0.25);
  EXPECT_EQ(real_multiplier(add.input[1]), 0.5);
  EXPECT_EQ(add.output.zero_point, 1);
}

TEST_F(LoadWorkload, LayersAreSortedSoThatTheyCanRun) {
  const Network network = load(
      "name: n\ninputs: [{name: x, shape: [4]}]\noutputs: [c]\nlayers:\n"
      "  - {name: c, op: reshape, inputs: [b], shape: [1, 4]}\n"
      "  - {name: a, op: reshape, inputs: [x], shape: [2, 2]}\n"
      "  - {name: b, op: reshape, inputs: [a], shape: [4, 1]}\n");
  EXPECT_EQ(network.layers.at(0).name, "a");
  EXPECT_EQ(network.layers.at(1).name, "b");
  EXPECT_EQ(network.layers.at(2).name, "c");
}

TEST_F(LoadWorkload, ShapesAloneAreEnoughForTimingAndOnlyForThat) {
  const std::string text =
      one_layer("op: conv2d, kernel: 3, out_channels: 5, weights: {bits: 4}, bias: {}");
  const Network network = load(text, true);
  EXPECT_FALSE(network.has_data());
  EXPECT_EQ(network.tensor(network.layers[0].inputs[1]).shape, (Shape{5, 3, 3, 2}));
  EXPECT_EQ(network.tensor(network.layers[0].inputs[1]).format.bits, 4);
  EXPECT_EQ(network.tensor(network.layers[0].inputs[2]).shape, Shape{5});
  EXPECT_TRUE(op_of<Conv2d>(network).requant.multiplier.empty());
  EXPECT_EQ(errors(text),
            "w.yaml:6:3: layers: no tensor is given: without tensors a workload can only be timed "
            "(--no-data) or run on made-up values (--random-data)");
}

// Where others are there, each that is missing is a mistake.
TEST_F(LoadWorkload, TensorsThatAreMissingBesideOthersAreToldOneByOne) {
  write_array<std::int8_t>("w.npy", {5, 3, 3, 2}, std::vector<std::int8_t>(90, 7));
  const std::string layers =
      one_layer("op: conv2d, weights: {file: w.npy}, bias: {}, output: {scale: 1}") +
      "  - {name: z, inputs: [x], op: conv2d, kernel: 1, out_channels: 5, weights: {}}\n"
      "  - {name: d, inputs: [x], op: fully_connected, out_channels: 5}\n";
  const std::string missing =
      ": missing: without tensors a workload can only be timed (--no-data) or run on made-up "
      "values (--random-data)";
  EXPECT_EQ(errors(layers), "w.yaml:6:70: layers[0].bias.file" + missing +
                                "\nw.yaml:7:77: layers[1].weights.file" + missing +
                                "\nw.yaml:8:5: layers[2].weights" + missing);
}

TEST_F(LoadWorkload, ShapesAloneComeFromTheFilesHeaderWhereNoKeyGivesThem) {
  write_array<std::int8_t>("w.npy", {3, 3, 3, 2}, std::vector<std::int8_t>(54, 7));
  const Network network = load(one_layer("op: conv2d, weights: {file: w.npy}"), true);
  EXPECT_EQ(ofmap_of(network).shape, (Shape{1, 2, 2, 3}));
  EXPECT_FALSE(network.has_data());
  EXPECT_EQ(errors(one_layer("op: conv2d, kernel: 3, weights: {}"), true),
            "w.yaml:6:5: layers[0].out_channels: missing, expected it where weights have no file");
}

// Whether they fit the array without it depends on their values.
TEST_F(LoadWorkload, ShapesAloneHaveTheRangeOfWeightsWithAZeroPoint) {
  std::vector<std::uint8_t> values(54, 100);
  values.front() = 10;
  values.back() = 220;
  write_array<std::uint8_t>("w.npy", {3, 3, 3, 2}, values);
  const auto weights = [&](const std::string& keys) {
    const Network network = load(one_layer("op: conv2d, " + keys), true);
    EXPECT_FALSE(network.has_data());
    return network.tensor(network.layers[0].inputs[1]);
  };
  for (const char* keys : {"", "kernel: 3, out_channels: 3, "}) {
    const Tensor known =
        weights(keys + std::string{"weights: {file: w.npy, signed: false, zero_point: 100}"});
    EXPECT_EQ(known.shape, (Shape{3, 3, 3, 2}));
    ASSERT_TRUE(known.range) << keys;
    EXPECT_EQ(known.range->least, 10);
    EXPECT_EQ(known.range->most, 220);
  }
  EXPECT_FALSE(weights("weights: {file: w.npy, signed: false}").range);
  EXPECT_FALSE(weights("kernel: 3, out_channels: 3, "
                       "weights: {file: none.npy, signed: false, zero_point: 100}")
                   .range);
}

TEST_F(LoadWorkload, MissingScalesAreNamed) {
  write_array<std::int8_t>("w.npy", {1, 1, 1, 2}, {1, 2});
  EXPECT_EQ(errors(one_layer("op: conv2d, weights: {file: w.npy}")),
            "w.yaml:6:5: layers[0].output: has no scale, expected one, or requant\n"
            "w.yaml:6:49: layers[0].weights: have no scale, expected one, or requant");
}

TEST_F(LoadWorkload, KeyOfAnotherOperatorIsNamedAsSuch) {
  EXPECT_EQ(errors(one_layer("op: global_average_pool2d, kernel: 2")),
            "w.yaml:6:63: layers[0].kernel: global_average_pool2d has no such key");
}

TEST_F(LoadWorkload, WindowsMustFitAndPoolsMustSeeTheImage) {
  EXPECT_EQ(errors(one_layer("op: max_pool2d, kernel: 5")),
            "w.yaml:6:52: layers[0].kernel: the window is 5 x 5, expected at most the padded "
            "input's 4 x 4");
  EXPECT_EQ(errors(one_layer("op: max_pool2d, kernel: 2, padding: [2, 0, 0, 0]")),
            "w.yaml:6:64: layers[0].padding: is as large as the window, expected less: a window "
            "must see the image");
}

TEST_F(LoadWorkload, SizesThatNoMemoryHoldsAreRefused) {
  EXPECT_EQ(errors("name: n\ninputs: [{name: x, shape: [65536, 65536]}]\noutputs: [y]\n"
                   "layers: [{name: y, op: reshape, inputs: [x], shape: [1]}]"),
            "w.yaml:2:27: inputs[0].shape: has more than 2^31 elements");
  EXPECT_EQ(errors("name: n\ninputs: [{name: x, shape: [1, 1, 1, -4]}]\noutputs: [y]\n"
                   "layers: [{name: y, op: reshape, inputs: [x], shape: [1]}]"),
            "w.yaml:2:37: inputs[0].shape[3]: -4 is out of range, expected an integer in "
            "1..2147483648");
  EXPECT_EQ(errors(one_layer("op: conv2d, kernel: 1, out_channels: 2147483648, weights: {}"), true),
            "w.yaml:6:86: layers[0].weights: of shape [2147483648, 1, 1, 2], expected 1 to 2^31 "
            "elements");
}

TEST_F(LoadWorkload, LayerBehindABadOneHasNoErrorOfItsOwn) {
  EXPECT_EQ(errors("name: n\ninputs: [{name: x, shape: [4]}]\noutputs: [b]\nlayers:\n"
                   "  - {name: a, op: reshape, inputs: [x], shape: [5]}\n"
                   "  - {name: b, op: reshape, inputs: [a], shape: [4]}\n"),
            "w.yaml:5:48: layers[0].shape: [5] cannot hold 'x' [4], expected 4 elements (one size "
            "may be -1)");
}

TEST_F(LoadWorkload, EmptyListsAndMissingKeysAreNamed) {
  EXPECT_EQ(errors("name: n\ninputs: []\nlayers: []\noutputs: []\n"),
            "w.yaml:2:9: inputs: is empty, expected at least one element\n"
            "w.yaml:3:9: layers: is empty, expected at least one element\n"
            "w.yaml:4:10: outputs: is empty, expected the name of a layer");
  EXPECT_NE(errors("name: n\n").find("inputs: missing"), std::string::npos);
}

// Bytes changed at random must give a network or a ConfigError, never a crash.
TEST_F(LoadWorkload, FilesOfListsHaveElements) {
  write_array("none.npy", {0}, std::vector<float>{});
  write_array("w.npy", {4, 1, 1, 2}, std::vector<std::int8_t>(8));
  EXPECT_EQ(
      errors(one_layer("op: conv2d, weights: {file: w.npy, scale: none.npy}, output: {scale: 1}")),
      "w.yaml:6:70: layers[0].weights.scale: none.npy: is empty, expected at least one "
      "element");
}

// Which keys an operator has is one thing, what most of them mean another.
TEST_F(LoadWorkload, NoMistakeOfALayerHidesAnother) {
  const std::string said = errors(R"(name: bad
inputs: [{name: image, shape: [1, 4, 4, 2], scale: 0.5}]
outputs: [conv]
images: nowhere.npy
labels: nowhere.npy
layers:
  - {name: conv, op: conv2d, inputs: [image], weights: {file: none.npy}, clamp: [5, 3]}
  - {name: blur, op: blur_2d, inputs: [image], stride: 0, clamp: [5], sigma: 1, output: {scale: x}}
)");
  for (const char* const line :
       {"w.yaml:4:9: images: nowhere.npy: no such file",
        "w.yaml:5:9: labels: nowhere.npy: no such file",
        "w.yaml:7:63: layers[0].weights.file: none.npy: no such file",
        "w.yaml:7:81: layers[0].clamp: 5 is above 3, expected [lowest, highest]",
        "w.yaml:8:22: layers[1].op: expected conv2d, ",
        "w.yaml:8:56: layers[1].stride: 0 is out of range, expected an integer in 1..1048576",
        "w.yaml:8:66: layers[1].clamp: has 1 values, expected two, [lowest, highest]",
        "w.yaml:8:71: layers[1].sigma: unknown key",
        "w.yaml:8:97: layers[1].output.scale: expected a number above 0"}) {
    EXPECT_NE(said.find(line), std::string::npos) << line << " in\n" << said;
  }
  EXPECT_EQ(std::count(said.begin(), said.end(), '\n'), 8);
}

TEST_F(LoadWorkload, DamagedFilesNeverCrash) {
  write_array<std::int8_t>("w.npy", {3, 3, 3, 2}, std::vector<std::int8_t>(54, 7));
  const std::string good = one_layer(
      "op: conv2d, weights: {file: w.npy, scale: [1, 2, 3]}, stride: [2, 1], padding: same, "
      "activation: {min: 0, max: 3}, output: {scale: 2, zero_point: -5}, groups: 1");
  const std::string alphabet = "0129-.:,{}[] \n#&*!'\"xe\t";
  std::uint32_t random = 12345;
  const auto next = [&](std::size_t limit) {
    random = random * 1664525U + 1013904223U;
    return (random >> 8U) % limit;
  };
  for (int round = 0; round < 200; ++round) {
    std::string text = good;
    for (std::size_t change = 0; change <= next(3); ++change) {
      text[next(text.size())] = alphabet[next(alphabet.size())];
    }
    errors(text);
    errors(text, true);
  }
}

}  // namespace
}  // namespace systole
