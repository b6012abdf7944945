#include <gtest/gtest.h>

#include <fstream>
#include <iterator>
#include <map>

#include "models/golden/golden.hpp"
#include "sim/convert/trace_writer.hpp"
#include "sim/run/inputs.hpp"
#include "sim/workload/random_data.hpp"
#include "tests/unit/workload_test_files.hpp"

namespace systole {
namespace {

namespace fs = std::filesystem;

// Every operator that YAML has, each with a key that is not its default.
constexpr const char* kEveryOperator = R"(name: every operator
inputs:
  - {name: x, shape: [1, 6, 6, 4], zero_point: 3}
  - {name: "f, l", shape: [1, 6, 6, 4], float: true}
constants:
  - {name: c, shape: [4], zero_point: -7}
outputs: [sum, back, bmm, product, dense, up, resized, bits, where, length, square, slopes]
layers:
  - {name: conv, op: conv2d, inputs: [x], kernel: [3, 2], out_channels: 8, groups: 2, weights: {}, bias: {}, padding: same, stride: [2, 1], output: {zero_point: 5}, activation: relu}
  - {name: "dw/1", op: depthwise_conv2d, inputs: [x], kernel: 2, out_channels: 8, weights: {bits: 4}, dilation: 2, mapping: {tile_oh: 2}}
  - {name: bits, op: conv2d, inputs: [x], kernel: 1, out_channels: 3, weights: {}, requant: {multiplier: [1073741825, 1073741826, 1073741827], exponent: [-9, -10, -8], variant: single, rounding: half_up}}
  - {name: pool, op: max_pool2d, inputs: [x], kernel: 2, stride: 2, clamp: [-5, 90]}
  - {name: mean_pool, op: average_pool2d, inputs: [x], kernel: 3, padding: same}
  - {name: global, op: global_average_pool2d, inputs: [mean_pool]}
  - {name: times, op: mul, inputs: [x, c], output: {zero_point: 1}}
  - {name: less, op: sub, inputs: [times, x]}
  - {name: sum, op: add, inputs: [less, c]}
  - {name: mean, op: mean, inputs: [x], axes: [1, 2], keep_dims: true}
  - {name: of_all, op: mean, inputs: [x], axes: [0, 1, 2, 3]}
  - {name: padded, op: pad, inputs: [x], before: [0, 1, 0, 0], after: [0, 0, 1, 0], value: 9}
  - {name: joined, op: concat, inputs: [x, x], axis: -1}
  - {name: turned, op: transpose, inputs: [joined], permutation: [0, 3, 1, 2]}
  - {name: cut, op: strided_slice, inputs: [padded], begin: [0, 6, 0, 1], steps: [1, -2, 1, 2], count: [1, 3, 7, 2], shape: [3, 7, 2]}
  - {name: soft, op: softmax, inputs: [cut]}
  - {name: logistic, op: logistic, inputs: [turned]}
  - {name: relu, op: relu, inputs: [x], activation: relu}
  - {name: no_limits, op: relu, inputs: [relu], clamp: [-128, 127]}
  - {name: leaky, op: leaky_relu, inputs: [no_limits], alpha: 0.25}
  - {name: again, op: requantize, inputs: [leaky], output: {signed: false, zero_point: 100}}
  - {name: quantized, op: quantize, inputs: ["f, l"], output: {scale: 0.0078125}}
  - {name: back, op: dequantize, inputs: [quantized]}
  - {name: near, op: resize_nearest, inputs: [x], size: [9, 4], half_pixel_centers: true}
  - {name: resized, op: resize_bilinear, inputs: [near], size: [5, 5], align_corners: true}
  - {name: up, op: transpose_conv2d, inputs: [x], kernel: 3, out_channels: 2, stride: 2, padding: same, weights: {}, bias: {}}
  - {name: bmm, op: batch_matmul, inputs: [turned, turned], transpose_b: true}
  - {name: rows, op: reshape, inputs: [x], shape: [-1, 4]}
  - {name: product, op: matmul, inputs: [rows], out_channels: 7, weights: {}}
  - {name: larger, op: maximum, inputs: [x, joined_half]}
  - {name: smaller, op: minimum, inputs: [larger, x]}
  - {name: joined_half, op: gather, inputs: [joined], axis: -1, indices: [7, 0, 2, 2]}
  - {name: most, op: reduce_max, inputs: [smaller], axes: [1], keep_dims: true}
  - {name: least, op: reduce_min, inputs: [most], axes: [2]}
  - {name: where, op: arg_min, inputs: [least], axis: 2}
  - {name: top, op: arg_max, inputs: [x], axis: -1, keep_dims: true}
  - {name: total, op: sum, inputs: [x], axes: [1, 2], keep_dims: true}
  - {name: square, op: squared_difference, inputs: [x, total], output: {zero_point: -100}}
  - {name: slopes, op: prelu, inputs: [x, c], output: {zero_point: 2}}
  - {name: nibbles, op: requantize, inputs: [x], output: {bits: 3}}
  - {name: looked_up, op: lookup, inputs: [nibbles], table: [5, -7, 100, 0, 1, 2, 3, -128]}
  - {name: length, op: l2_normalization, inputs: [looked_up]}
  - {name: dense, op: fully_connected, inputs: [x], out_channels: 3, weights: {}, bias: {}, shape: [1, 6, 6, 3]}
)";

std::map<std::string, std::string> files_in(const fs::path& folder) {
  std::map<std::string, std::string> files;
  for (const auto& entry : fs::directory_iterator{folder}) {
    std::ifstream in{entry.path(), std::ios::binary};
    files[entry.path().filename().string()] = {std::istreambuf_iterator<char>{in}, {}};
  }
  return files;
}

class Convert : public WorkloadFiles {
 protected:
  std::string folder(const std::string& name) {
    fs::create_directories(path(name));
    return path(name);
  }
  Network every_operator() {
    Network network = load(kEveryOperator, /*shapes_only=*/true);
    fill_with_random_data(network, 11);
    return network;
  }
};

TEST_F(Convert, EveryOperatorComesBackWithTheSameResults) {
  const Network network = every_operator();
  const Network again = load_workload(write_trace(network, {}, folder("a")));
  const auto values = golden::run(network, inference_inputs(network, {}, 0));
  const auto others = golden::run(again, inference_inputs(again, {}, 0));
  ASSERT_EQ(network.layers.size(), again.layers.size());
  for (std::size_t i = 0; i < network.layers.size(); ++i) {
    const Layer& layer = network.layers[i];
    EXPECT_EQ(layer.name, again.layers[i].name);
    EXPECT_EQ(op_name(network, layer), op_name(again, again.layers[i]));
    EXPECT_EQ(values[layer.output], others[again.layers[i].output]) << layer.name;
    EXPECT_EQ(layer.mapping.tile_oh, again.layers[i].mapping.tile_oh) << layer.name;
  }
}

TEST_F(Convert, WhatWasConvertedConvertsToTheSameBytes) {
  const Network network = every_operator();
  const Network again = load_workload(write_trace(network, {}, folder("a")));
  write_trace(again, {}, folder("b"));
  EXPECT_GT(files_in(path("a")).size(), 10U);
  EXPECT_EQ(files_in(path("a")), files_in(path("b")));
}

TEST_F(Convert, ShapesStayShapes) {
  const Network network = load(kEveryOperator, /*shapes_only=*/true);
  const std::string file = write_trace(network, {}, folder("a"));
  EXPECT_FALSE(load_workload(file, {/*shapes_only=*/true}).has_data());
  EXPECT_LE(files_in(path("a")).size(), 2U);
}

TEST_F(Convert, ANetworkThatYamlCannotSayLeavesNoYaml) {
  Network network = every_operator();
  std::get<Conv2d>(network.layers.at(0).op).requant.mode = RequantMode::ShiftOnly;
  EXPECT_THROW(write_trace(network, {}, folder("a")), ConvertError);
  network = every_operator();
  network.tensors.at(network.layers.at(3).output).zero_point = 50;  // a pool keeps its input's
  EXPECT_THROW(write_trace(network, {}, folder("b")), ConvertError);
  for (const char* name : {"a", "b"}) {
    for (const auto& file : files_in(path(name))) {
      EXPECT_EQ(file.first.find(".yaml"), std::string::npos) << file.first;
    }
  }
}

TEST_F(Convert, AFileThatCannotGetItsNameIsNamedAndLeavesNoDraft) {
  const Network network = every_operator();
  const fs::path file = fs::path{write_trace(network, {}, folder("a"))}.filename();
  fs::create_directories(fs::path{path("b")} / file / "in the way");
  try {
    write_trace(network, {}, folder("b"));
    FAIL() << "written";
  } catch (const std::runtime_error& error) {
    EXPECT_EQ(error.what(),
              (fs::path{path("b")} / file).string() + ": cannot be written: Is a directory");
  }
  EXPECT_FALSE(fs::exists(fs::path{path("b")} / (file.string() + ".draft")));
}

Layer& layer_named(Network& network, const std::string& name) {
  for (Layer& layer : network.layers) {
    if (layer.name == name) {
      return layer;
    }
  }
  throw std::runtime_error{"no layer " + name};
}

// Each is a number that the file has no key for, or derives from others.
TEST_F(Convert, WhatWouldComeBackOtherwiseIsRefused) {
  const auto refusal = [&](const auto& change) -> std::string {
    Network network = every_operator();
    change(network);
    try {
      write_trace(network, {}, folder("a"));
    } catch (const ConvertError& error) {
      return error.what();
    }
    return "";
  };
  const auto as_another = [](const std::string& layer) {
    return "layer '" + layer +
           "' cannot be written: it would come back as another operator, or with other constants";
  };
  EXPECT_EQ(refusal([](Network& network) {
              ++std::get<Softmax>(layer_named(network, "soft").op).diff_min;
            }),
            as_another("soft"));
  EXPECT_EQ(refusal([](Network& network) {
              ++std::get<Conv2d>(layer_named(network, "conv").op).requant.zero_point;
            }),
            as_another("conv"));
  EXPECT_EQ(refusal([](Network& network) {
              ++std::get<Add>(layer_named(network, "sum").op).input_zero_point[1];
            }),
            as_another("sum"));
  EXPECT_EQ(refusal([](Network& network) {
              std::get<Relu>(layer_named(network, "relu").op).requant.accumulator.bits = 24;
            }),
            as_another("relu"));
  // What the loader says, without the file that it has read: nobody is to see that.
  EXPECT_EQ(refusal([](Network& network) {
              std::get<MaxPool>(layer_named(network, "pool").op).window.stride_h = 2'000'000;
            }),
            "YAML cannot say this network: layer 'pool': stride[0]: 2000000 is out of range, "
            "expected an integer in 1..1048576");
  // As TensorFlow Lite's kernel does, without a layer that says so.
  EXPECT_EQ(refusal([](Network& network) {
              const Layer& dense = layer_named(network, "dense");
              network.tensors.at(dense.inputs.at(1)).shape = {3, 36};
            }),
            "layer 'dense': its ifmap [1, 6, 6, 4] is taken as rows of 36, which YAML could say "
            "only with a reshape, a layer more");
  EXPECT_EQ(refusal([](Network& network) {
              auto& requant = std::get<Conv2d>(layer_named(network, "bits").op).requant;
              requant.rounding = Rounding::Stochastic;
            }),
            "layer 'bits': its rounding cannot be written");
  EXPECT_EQ(refusal([](Network& network) { network.layers.at(1).name = "conv"; }),
            "two layers are named 'conv'");
  EXPECT_EQ(
      refusal([](Network& network) { network.tensors.at(network.inputs.at(1)).shape.clear(); }),
      "input 'f, l' has no dimensions, which YAML cannot say: inputs have one dimension or "
      "more");
  EXPECT_EQ(refusal([](Network& network) {
              Layer& conv = layer_named(network, "conv");
              conv.inputs.at(1) = layer_named(network, "turned").output;
            }),
            "layer 'conv': its weights or bias are computed by '" +
                std::string{"turned', which cannot be written"});
  EXPECT_EQ(refusal([](Network&) {}), "");
}

}  // namespace
}  // namespace systole
