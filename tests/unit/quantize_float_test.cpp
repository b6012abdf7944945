// The float network: its file, and what its layers compute.

#include <gtest/gtest.h>

#include "sim/quantize/float_executor.hpp"
#include "sim/quantize/float_files.hpp"
#include "sim/quantize/float_trace.hpp"
#include "tests/unit/workload_test_files.hpp"

namespace systole::quantize {
namespace {

constexpr const char* kDigits = SYSTOLE_SOURCE_DIR "/workloads/digits_float/digits_float.yaml";

/// A network of one layer on an input of this shape, run on `images` images.
Activations run_one(const Shape& shape, FloatOp op, const Activations& input,
                    std::int64_t images = 1) {
  FloatNetwork network;
  const ValueId in = network.add_input("in", shape);
  network.outputs = {network.add_layer("layer", std::move(op), {in})};
  return run_float(network, input, images);
}

Activations counting(std::size_t count) {
  Activations values(count);
  for (std::size_t i = 0; i < count; ++i) {
    values[i] = static_cast<float>(i);
  }
  return values;
}

// Two input channels, two groups: each output channel sees one of them.
TEST(FloatExecutorTest, GroupedConvolutionSeesItsOwnChannelsAndNoPadding) {
  FloatConv2d conv;
  conv.groups = 2;
  conv.window.kernel_w = 2;
  conv.window.pad_left = 1;
  conv.weight = {{2, 1, 2, 1}, {1.0F, 10.0F, 100.0F, 1000.0F}};
  conv.bias = {0.5F, 0.25F};
  // Pixels (1,2) (3,4); left of the first is nothing.
  EXPECT_EQ(run_one({1, 1, 2, 2}, conv, {1, 2, 3, 4}),
            (Activations{10.5F, 2000.25F, 31.5F, 4200.25F}));
}

TEST(FloatExecutorTest, ConvolutionStridesDilatesAndKeepsImagesApart) {
  FloatConv2d conv;
  conv.window.kernel_w = 2;
  conv.window.dilation_w = 2;
  conv.window.stride_w = 2;
  conv.weight = {{1, 1, 2, 1}, {1.0F, -1.0F}};
  EXPECT_EQ(run_one({1, 1, 5, 1}, conv, {1, 0, 5, 0, 20, 2, 0, 3, 0, 3}, 2),
            (Activations{-4, -15, -1, 0}));
}

TEST(FloatExecutorTest, PoolsLeaveThePaddingOutUnlessTheAverageCountsIt) {
  Window window;
  window.kernel_h = window.kernel_w = 2;
  window.stride_h = window.stride_w = 2;
  window.pad_top = window.pad_left = 1;
  window.pad_bottom = window.pad_right = 1;
  const Activations image{-1, -2, -3, -4};
  EXPECT_EQ(run_one({1, 2, 2, 1}, FloatMaxPool{window}, image), image);
  EXPECT_EQ(run_one({1, 2, 2, 1}, FloatAveragePool{window, false}, image), image);
  EXPECT_EQ(run_one({1, 2, 2, 1}, FloatAveragePool{window, true}, image),
            (Activations{-0.25F, -0.5F, -0.75F, -1.0F}));
  EXPECT_EQ(run_one({1, 2, 2, 1}, FloatGlobalAveragePool{}, image), (Activations{-2.5F}));
}

TEST(FloatExecutorTest, TransposeAndConcatMoveElementsWithinEachImage) {
  EXPECT_EQ(run_one({1, 2, 3}, FloatTranspose{{0, 2, 1}}, counting(12), 2),
            (Activations{0, 3, 1, 4, 2, 5, 6, 9, 7, 10, 8, 11}));
  FloatNetwork network;
  const ValueId in = network.add_input("in", {1, 2, 1});
  const ValueId twice = network.add_layer("twice", FloatAdd{}, {in, in});
  network.outputs = {network.add_layer("both", FloatConcat{2}, {in, twice})};
  EXPECT_EQ(run_float(network, {1, 2, 3, 4}, 2), (Activations{1, 2, 2, 4, 3, 6, 4, 8}));
}

TEST(FloatExecutorTest, BatchNormIsALineForEachChannel) {
  FloatBatchNorm norm;
  norm.gamma = {2, 1};
  norm.beta = {1, 0};
  norm.mean = {3, 0};
  norm.variance = {3, 0.25F};
  norm.epsilon = 1;
  EXPECT_EQ(run_one({1, 2, 2}, norm, {3, 0, 5, 0})[0], 1);
  EXPECT_EQ(run_one({1, 2, 2}, norm, {3, 0, 5, 0})[2], 3);
}

// The count that PyTorch printed when the network was trained.
TEST(FloatTraceTest, DigitsAreReadAsRightlyAsPyTorchReadThem) {
  const FloatNetwork network = load_float_trace(kDigits);
  const FloatImages test = load_float_test_images(network, kDigits);
  ASSERT_EQ(test.count, 360);
  EXPECT_EQ(count_right(run_float(network, test.values, test.count), test.labels), 353);
}

class FloatTraceFiles : public WorkloadFiles {
 protected:
  /// What is said of float.yaml; nothing if it is read.
  std::string errors() const {
    try {
      load_float_trace(path("float.yaml"));
    } catch (const ConfigError& error) {
      return without_folder(error.what());
    }
    return "";
  }
};

TEST_F(FloatTraceFiles, EveryMistakeIsToldAtItsPlace) {
  write_array("w.npy", {4, 1, 1, 2}, std::vector<float>(8));
  write_array("int.npy", {4}, std::vector<std::int32_t>(4));
  write("float.yaml", R"(name: bad
inputs:
  - {name: image, shape: [1, 8, 8, 3]}
outputs: [conv1]
layers:
  - {name: conv1, op: conv2d, inputs: [image], weights: w.npy}
  - {name: conv2, op: conv2d, inputs: [imagge], weights: w.npy}
  - {name: conv3, op: conv2d, inputs: [image], weights: w.npy, bias: int.npy}
  - {name: pool, op: max_pool2d, inputs: [image], stride: [1, 2, 3]}
  - {name: conv4, op: conv, inputs: [image]}
  - {name: relu, op: relu, inputs: [image], alpha: 1}
  - {name: image, op: relu, inputs: [image]}
)");
  EXPECT_EQ(errors(),
            R"(float.yaml:6:5: layers[0]: the weights are [4, 1, 1, 2], expected 3 input channels
float.yaml:7:39: layers[1].inputs: [0] 'imagge' is neither an input nor a layer above this one (did you mean 'image'?)
float.yaml:8:70: layers[2].bias: int.npy: type is int32, expected float32 or float64
float.yaml:9:5: layers[3].kernel: missing, expected an integer or two, [height, width]
float.yaml:9:59: layers[3].stride: has 3 values, expected one integer or two, [height, width]
float.yaml:10:23: layers[4].op: expected conv2d, depthwise_conv2d, fully_connected, batch_norm, relu, relu6, clip, max_pool2d, average_pool2d, global_average_pool2d, add, concat, reshape, flatten or transpose, found 'conv' (did you mean 'conv2d'?)
float.yaml:11:45: layers[5].alpha: unknown key, expected name, inputs, op or activation
float.yaml:12:12: layers[6].name: 'image' is taken by an input or a layer above)");
}

// Images and labels are opened when they are needed, and their mistakes have a place, too.
TEST_F(FloatTraceFiles, EveryMistakeOfImagesAndLabelsIsToldAtItsPlace) {
  write_array("two.npy", {2, 1, 1, 3}, std::vector<float>(6));
  write_array("three.npy", {3}, std::vector<std::int64_t>(3));
  write_array("real.npy", {2}, std::vector<float>(2));
  const auto test_errors = [&](const std::string& keys) -> std::string {
    write("float.yaml",
          "name: pool\n"
          "inputs: [{name: image, shape: [1, 1, 1, 3]}]\n"
          "outputs: [relu]\n" +
              keys + "layers: [{name: relu, op: relu, inputs: [image]}]\n");
    try {
      load_float_test_images(load_float_trace(path("float.yaml")), path("float.yaml"));
    } catch (const ConfigError& error) {
      return without_folder(error.what());
    }
    return "";
  };
  EXPECT_EQ(test_errors("images: gone.npy\nlabels: real.npy\n"),
            "float.yaml:4:9: images: gone.npy: no such file\n"
            "float.yaml:5:9: labels: real.npy: type is float32, expected integers");
  EXPECT_EQ(test_errors("images: three.npy\n"),
            "float.yaml:4:9: images: three.npy: type is int64, expected float32 or float64");
  EXPECT_EQ(test_errors("images: two.npy\nlabels: three.npy\n"),
            "float.yaml:5:9: labels: has 3 labels, expected one for each of 2 images");
  EXPECT_EQ(test_errors("labels: three.npy\n"),
            "float.yaml:4:9: labels: has 3 labels, expected one for each of 0 images");
  EXPECT_EQ(test_errors("images: two.npy\n"), "");
  write_array("large.npy", {1, 1, 1, 3}, std::vector<double>{1, 1e39, 1});
  EXPECT_EQ(test_errors("images: large.npy\n"),
            "float.yaml:4:9: images: large.npy: element [0, 0, 0, 1] is not finite in float32, "
            "expected finite numbers");
}

// What shows when the network is quantized is told there.
TEST_F(FloatTraceFiles, LayersKnowTheirPlace) {
  write("float.yaml", R"(name: pool
inputs: [{name: image, shape: [1, 2, 2, 3]}]
outputs: [pool]
layers:
  - {name: pool, op: max_pool2d, inputs: [image], kernel: 2, activation: relu}
)");
  const FloatNetwork network = load_float_trace(path("float.yaml"));
  EXPECT_EQ(without_folder(network.layers.at(0).place), "float.yaml:5:5: layers[0]");
  EXPECT_EQ(without_folder(network.layers.at(1).place), "float.yaml:5:74: layers[0].activation");
}

TEST_F(FloatTraceFiles, ALabelIsAnyElementOfTheFirstOutput) {
  write("float.yaml",
        "name: pool\n"
        "inputs: [{name: image, shape: [1, 2, 2, 3]}]\n"
        "outputs: [relu]\n"
        "layers: [{name: relu, op: relu, inputs: [image]}]\n");
  const FloatNetwork network = load_float_trace(path("float.yaml"));
  write_array("labels.npy", {2}, std::vector<std::int64_t>{7, 11});
  EXPECT_EQ(read_float_labels(network, path("labels.npy")), (std::vector<int>{7, 11}));
  write_array("labels.npy", {2}, std::vector<std::int64_t>{7, 12});
  try {
    read_float_labels(network, path("labels.npy"));
    FAIL();
  } catch (const NpyError& error) {
    EXPECT_EQ(without_folder(error.what()), "labels.npy: element [1] is 12, expected 0..11");
  }
}

TEST_F(FloatTraceFiles, AnInputIsNoOutput) {
  write("float.yaml", R"(name: idle
inputs:
  - {name: image, shape: [1, 8, 8, 3]}
outputs: [image]
layers:
  - {name: pool, op: max_pool2d, inputs: [image], kernel: 2}
)");
  EXPECT_EQ(errors(),
            "float.yaml:4:10: outputs: 'image' is an input, expected the name of a layer");
}

TEST_F(FloatTraceFiles, AnOutputIsGivenOnce) {
  write("float.yaml", R"(name: twice
inputs:
  - {name: image, shape: [1, 8, 8, 3]}
outputs: [pool, pool]
layers:
  - {name: pool, op: max_pool2d, inputs: [image], kernel: 2}
)");
  EXPECT_EQ(errors(), "float.yaml:4:10: outputs: 'pool' is given twice");
}

// A quantized network, say: its input has keys that a float one has not.
TEST_F(FloatTraceFiles, WhoReadsSomethingWithAMistakeIsNotBlamedForIt) {
  write("float.yaml", R"(name: quantized
inputs:
  - {name: image, shape: [1, 8, 8, 3], scale: 0.1}
outputs: [pool2]
layers:
  - {name: pool1, op: max_pool2d, inputs: [image], kernel: 2}
  - {name: pool2, op: max_pool2d, inputs: [pool1], kernel: 2}
)");
  EXPECT_EQ(errors(), "float.yaml:3:40: inputs[0].scale: unknown key (did you mean 'shape'?)");
}

// Names, inputs, the operator and its keys do not need each other, nor do layers.
TEST_F(FloatTraceFiles, NoMistakeHidesAnother) {
  write("float.yaml", R"(name: bad
inputs:
  - {name: image, shape: [1, 8, 8, 1]}
outputs: [b, nobody]
images: nowhere.npy
layers:
  - {name: a, op: conv2d, inputs: [image], weights: w.npy, padding: sane, stride: 0, foo: 1}
  - {name: b, op: conv2d, inputs: [a], weights: w.npy, activation: rel, bar: 2}
  - {op: max_pool2d, inputs: [nobody], kernel: 0}
  - {name: c, op: blur, inputs: [], kernel: 3, sigma: 1}
  - {name: d, op: relu, inputs: [d]}
)");
  EXPECT_EQ(errors(),
            R"(float.yaml:4:10: outputs: 'nobody' is no layer
float.yaml:5:9: images: nowhere.npy: no such file
float.yaml:7:53: layers[0].weights: w.npy: no such file
float.yaml:7:69: layers[0].padding: expected valid, same or [top, left, bottom, right], found 'sane' (did you mean 'same'?)
float.yaml:7:83: layers[0].stride: 0 is out of range, expected an integer in 1..1048576
float.yaml:7:86: layers[0].foo: unknown key, expected name, inputs, op, weights, bias, groups, dilation, stride, padding or activation
float.yaml:8:49: layers[1].weights: w.npy: no such file
float.yaml:8:68: layers[1].activation: expected none, relu or relu6, found 'rel' (did you mean 'relu'?)
float.yaml:8:73: layers[1].bar: unknown key (did you mean 'bias'?)
float.yaml:9:5: layers[2].name: missing, expected a text that is not empty
float.yaml:9:30: layers[2].inputs: [0] 'nobody' is neither an input nor a layer above this one
float.yaml:9:48: layers[2].kernel: 0 is out of range, expected an integer in 1..1048576
float.yaml:10:19: layers[3].op: expected conv2d, depthwise_conv2d, fully_connected, batch_norm, relu, relu6, clip, max_pool2d, average_pool2d, global_average_pool2d, add, concat, reshape, flatten or transpose, found 'blur'
float.yaml:10:33: layers[3].inputs: is empty, expected the name of an input or a layer
float.yaml:10:48: layers[3].sigma: unknown key, expected name, inputs, op, weights, bias, groups, dilation, stride, padding, kernel, counts_padding, gamma, beta, mean, variance, epsilon, min, max, axis, shape, permutation or activation
float.yaml:11:33: layers[4].inputs: [0] 'd' is neither an input nor a layer above this one)");
}

TEST_F(FloatTraceFiles, LimitsAndEpsilonsAreThoseThatAFloat32Holds) {
  write_array("one.npy", {1}, std::vector<float>{1});
  write("float.yaml", R"(name: large
inputs:
  - {name: image, shape: [1, 1]}
outputs: [d]
layers:
  - {name: a, op: clip, inputs: [image], min: 1e39}
  - {name: b, op: clip, inputs: [image], max: -1e39}
  - {name: c, op: relu, inputs: [image], activation: {min: 1e39}}
  - {name: d, op: batch_norm, inputs: [image], gamma: one.npy, beta: one.npy, mean: one.npy,
     variance: one.npy, epsilon: 1e39}
)");
  EXPECT_EQ(
      errors(),
      R"(float.yaml:6:47: layers[0].min: 1e39 is out of range, expected a number in -1e+30..1e+30
float.yaml:7:47: layers[1].max: -1e39 is out of range, expected a number in -1e+30..1e+30
float.yaml:8:60: layers[2].activation.min: 1e39 is out of range, expected a number in -1e+30..1e+30
float.yaml:10:34: layers[3].epsilon: 1e39 is out of range, expected a number above 0 that is a normal float32 (1.2e-38 and more))");
}

// An empty bias would be none.
TEST_F(FloatTraceFiles, FilesHaveNumbers) {
  write_array("w.npy", {4, 1, 1, 3}, std::vector<float>(12));
  write_array("none.npy", {0}, std::vector<float>{});
  write("float.yaml", R"(name: empty
inputs:
  - {name: image, shape: [1, 8, 8, 3]}
outputs: [conv]
layers:
  - {name: conv, op: conv2d, inputs: [image], weights: w.npy, bias: none.npy}
)");
  EXPECT_EQ(errors(),
            "float.yaml:6:69: layers[0].bias: none.npy: is empty, expected at least one number");
}

}  // namespace
}  // namespace systole::quantize
