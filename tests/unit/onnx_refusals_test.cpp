// Models that the ONNX reader refuses, one mistake each, and what it says of them.

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <limits>

#include "tests/unit/onnx_model.hpp"

namespace systole::test {
namespace {

using ::onnx::GraphProto;
using ::onnx::TensorProto;
using ::testing::EndsWith;
using ::testing::HasSubstr;
using ::testing::Not;

constexpr float kNan = std::numeric_limits<float>::quiet_NaN();
constexpr auto kUint8 = TensorProto::UINT8;

/// Of the input x of int8, and constants; 'd' is x through DequantizeLinear.
Model of(const Sizes& shape, std::int64_t opset = 13) {
  Model model{shape, opset};
  model.floats("s", {}, {0.5F}).floats("s2", {2}, {0.5F, 0.25F}).floats("s3", {3}, {1, 2, 3});
  model.floats("nan", {}, {kNan}).floats("one", {}, {1});
  model.integers("z", {}, {0}, kInt8).integers("z2", {2}, {0, 0}, kInt8);
  model.integers("z3", {3}, {0, 0, 0}, kInt8).integers("zi", {}, {0}, kInt32);
  model.integers("w", {2, 3}, {1, 2, 3, 4, 5, 6}, kInt8);
  model.integers("kernel", {2, 3, 1, 1}, {1, 2, 3, 4, 5, 6}, kInt8);
  return model;
}
Model dequantized(const Sizes& shape, std::int64_t opset = 13) {
  return of(shape, opset).node("DequantizeLinear", {"x", "s", "z"}, "d");
}
/// A scale for each index of axis 1, of which there are two.
Model by_channel(const Sizes& shape) {
  return of(shape).node("DequantizeLinear", {"x", "s2", "z2"}, "d").with("axis", 1);
}
Model& quantizes(Model& model, const std::string& from) {
  return model.node("QuantizeLinear", {from, "s", "z"}, "y");
}
Model of_floats(const Sizes& shape, std::int64_t opset = 13) {
  Model model = of(shape, opset).takes_floats();
  // Without it the whole would be a float network.
  return model.node("DequantizeLinear", {"z", "s"}, "zero");
}
const Sizes kImage{1, 3, 4, 4};

/// The one mistake of the model is of its node `op`.
void expect_refusal(const Model& model, const std::string& op, const std::string& error) {
  const std::string told = model.refusal();
  EXPECT_THAT(told, EndsWith("): " + error));
  EXPECT_THAT(told, HasSubstr(" (" + op)) << error;
  EXPECT_THAT(told, Not(HasSubstr("\n")));
}

TEST(OnnxRefusals, Constants) {
  const auto reshape = [](const std::string& shape, const auto& add) {
    Model model = of({2, 3});
    add(model);
    return model.node("Reshape", {"x", shape}, "y");
  };
  expect_refusal(reshape("few", [](Model& m) { m.integers("few", {2}, {6}, TensorProto::INT64); }),
                 "Reshape", "constant 'few' has 1 bytes or elements of data, expected 2");
  expect_refusal(reshape("raw",
                         [](Model& m) {
                           m.integers("raw", {2}, {}, TensorProto::INT64);
                           m.changed([](GraphProto& g) {
                             g.mutable_initializer(g.initializer_size() - 1)->set_raw_data("123");
                           });
                         }),
                 "Reshape", "constant 'raw' has 3 bytes or elements of data, expected 16");
  expect_refusal(reshape("wide", [](Model& m) { m.integers("wide", {1}, {300}, kInt8); }),
                 "Reshape", "constant 'wide' has the value 300, which no INT8 holds");
  expect_refusal(reshape("s", [](Model&) {}), "Reshape",
                 "a constant is of FLOAT, expected INT32 or INT64");
  expect_refusal(
      reshape("double", [](Model& m) { m.integers("double", {1}, {}, TensorProto::DOUBLE); }),
      "Reshape", "elements are of DOUBLE, expected FLOAT, INT8, UINT8, INT32 or INT64");
  expect_refusal(reshape("long", [](Model& m) { m.sizes("long", Sizes(65, 1)); }), "Reshape",
                 "a list has 65 elements, expected one or two per dimension");
  expect_refusal(reshape("x", [](Model&) {}), "Reshape",
                 "computes its input 1 'x', expected a constant");
  const auto changed = [&](const auto& change) {
    return reshape("list", [&](Model& m) {
      m.sizes("list", {6}).changed([&](GraphProto& g) {
        change(*g.mutable_initializer(g.initializer_size() - 1));
      });
    });
  };
  expect_refusal(changed([](TensorProto& t) { t.set_data_location(TensorProto::EXTERNAL); }),
                 "Reshape",
                 "constant 'list' keeps its data outside of the file, which is not supported");
  expect_refusal(changed([](TensorProto& t) { t.mutable_segment()->set_begin(0); }), "Reshape",
                 "constant 'list' is one segment of a tensor, which is not supported");
}

TEST(OnnxRefusals, InputsAndNames) {
  const auto input = [](const Sizes& shape, const auto& change) {
    Model model = of(shape);
    model.changed([&](GraphProto& graph) {
      change(*graph.mutable_input(0)->mutable_type()->mutable_tensor_type());
    });
    return model.node("Relu", {"x"}, "y").refusal();
  };
  const auto keep = [](::onnx::TypeProto_Tensor&) {};
  EXPECT_THAT(input(Sizes(9, 1), keep),
              EndsWith("input 'x': a tensor has 9 dimensions, at most 8 are supported"));
  EXPECT_THAT(input({1 << 15, 1 << 15}, keep),
              EndsWith("input 'x': a tensor has more than 2^28 elements"));
  EXPECT_THAT(input({2}, [](auto& type) { type.set_elem_type(TensorProto::INT64); }),
              EndsWith("input 'x': has elements of INT64, which are for constants alone: sizes and "
                       "axes"));
  EXPECT_THAT(input({2}, [](auto& type) { type.clear_shape(); }),
              EndsWith("input 'x': is no tensor of a known shape, expected one"));
  Model sparse = of({2});
  sparse.changed([](GraphProto& graph) { graph.add_sparse_initializer(); });
  EXPECT_THAT(sparse.node("Identity", {"x"}, "y").refusal(),
              HasSubstr("sparse initializers: are not supported"));
  expect_refusal(of({2, 3}).node("Transpose", {"x"}, "y").node("Transpose", {"x"}, "y"),
                 "Transpose", "writes 'y', which is constant, an input, or computed before");
  expect_refusal(of({2, 3}).node("Concat", {"x", "x"}, "y").with_real("axis", 1), "Concat",
                 "has an attribute 'axis' of FLOAT, expected INT");
  expect_refusal(of({2}).node("DequantizeLinear", {"x", "", "z"}, "y"), "DequantizeLinear",
                 "has no input 1, which it needs");
}

TEST(OnnxRefusals, ElementsOfTwoTensors) {
  const auto second = [](const Sizes& shape) {
    return dequantized(shape).node("DequantizeLinear", {"w", "s", "z"}, "v");
  };
  Model sum = second({2, 4}).node("Add", {"d", "v"}, "f");
  expect_refusal(quantizes(sum, "f"), "Add",
                 "has operands of 2 x 4 and 2 x 3, which do not fit together");
  expect_refusal(of({2, 4}).node("Concat", {"x", "w"}, "y").with("axis", std::int64_t{0}), "Concat",
                 "has inputs of 2 x 4 and 2 x 3, which do not fit together");
  expect_refusal(of({2, 3}).node("Concat", {"x", "zi"}, "y").with("axis", std::int64_t{0}),
                 "Concat", "has inputs of INT8 and INT32, expected one type");
  Model scales = dequantized({2, 3}).node("DequantizeLinear", {"w", "one", "z"}, "v");
  expect_refusal(
      scales.node("Max", {"d", "v"}, "y"), "Max",
      "expected two operands of one scale through DequantizeLinear, or one and a number");
}

TEST(OnnxRefusals, ScalesByChannel) {
  Model pool = by_channel({1, 2, 4, 4}).node("GlobalAveragePool", {"d"}, "p");
  expect_refusal(quantizes(pool, "p"), "GlobalAveragePool",
                 "has an operand with a scale per channel, expected one: only weights can");
  expect_refusal(by_channel({1, 2}).node("Sqrt", {"d"}, "y"), "Sqrt",
                 "has an operand with a scale per channel, expected one");
  const Sizes shape{3, 2};
  expect_refusal(
      of(shape).node("QLinearSigmoid", {"x", "s2", "z2", "s", "z"}, "y", "com.microsoft"),
      "com.microsoft.QLinearSigmoid", "has an operand with a scale per channel, expected one");
  expect_refusal(
      of(shape).node("QLinearSigmoid", {"x", "s", "z", "s2", "z2"}, "y", "com.microsoft"),
      "com.microsoft.QLinearSigmoid", "has an output with a scale per channel, expected one");
  expect_refusal(by_channel({1, 2}).sizes("flat", {2}).node("Reshape", {"d", "flat"}, "y"),
                 "Reshape", "moves integers with a scale per channel, which is not supported");
  expect_refusal(of(shape).node("DequantizeLinear", {"x", "s3", "z3"}, "y").with("axis", 1),
                 "DequantizeLinear", "has 3 scales or zero points for axis 1 of 3 x 2");
  expect_refusal(of(shape).node("DequantizeLinear", {"x", "s2", "z3"}, "y").with("axis", 1),
                 "DequantizeLinear",
                 "has 2 scales and 3 zero points, expected as many of both, or one zero point");
}

TEST(OnnxRefusals, Quantizing) {
  expect_refusal(of({2}).node("QuantizeLinear", {"x", "s", "z"}, "y"), "QuantizeLinear",
                 "has an input of INT8, expected FLOAT");
  expect_refusal(of({2}).node("QuantizeLinear", {"nan", "s", "z"}, "y"), "QuantizeLinear",
                 "quantizes a constant with a NaN in it, expected numbers");
  expect_refusal(of({2}).node("DequantizeLinear", {"one", "s", "z"}, "y"), "DequantizeLinear",
                 "has an input of FLOAT, expected INT8, UINT8 or INT32");
  expect_refusal(of({2}).node("DequantizeLinear", {"x", "z", "z"}, "y"), "DequantizeLinear",
                 "a constant is of INT8, expected FLOAT");
  expect_refusal(of({2}).node("DequantizeLinear", {"z", "x", "z"}, "y"), "DequantizeLinear",
                 "has a scale of INT8, expected FLOAT");
  expect_refusal(of({2}).node("Cast", {"x"}, "y").with("to", kInt32), "Cast",
                 "casts INT8 to INT32, expected integers to FLOAT");
  expect_refusal(of({2}).node("DynamicQuantizeLinear", {"x"}, "y"), "DynamicQuantizeLinear",
                 "has an input of INT8, expected FLOAT");
  Model root = dequantized({2}).node("Sqrt", {"d"}, "r");
  expect_refusal(quantizes(root, "r"), "Sqrt",
                 "has no result for some of the integers that it takes");
}

TEST(OnnxRefusals, FunctionsAndLimits) {
  expect_refusal(dequantized({2}, 20).node("Gelu", {"d"}, "y").with("approximate", "erf"), "Gelu",
                 "has the approximation 'erf', expected none or tanh");
  for (const char* const exponent : {"s2", "d"}) {
    expect_refusal(dequantized({2}).node("Pow", {"d", exponent}, "y"), "Pow",
                   "has an exponent that is not one constant number, which is not supported");
  }
  expect_refusal(dequantized({2}).node("Clip", {"d", "s2"}, "y"), "Clip",
                 "has 2 limits, expected one");
  expect_refusal(dequantized({2}).node("Clip", {"d", "nan"}, "y"), "Clip",
                 "has a limit of NaN, expected a number");
  expect_refusal(dequantized({2}).node("Clip", {"d", "one", "s"}, "y"), "Clip",
                 "has a min above its max, expected the lower limit first");
  expect_refusal(dequantized({2, 3, 4}, 12).node("Softmax", {"d"}, "y").with("axis", 1), "Softmax",
                 "is over several axes (opset 12 and before), which is not supported");
  Model chain = dequantized({2});
  std::string last = "d";
  for (int i = 0; i < 201; ++i) {
    chain.node("Relu", {last}, "r" + std::to_string(i));
    last = "r" + std::to_string(i);
  }
  EXPECT_THAT(quantizes(chain, last).refusal(),
              HasSubstr("follows more than 200 operators that wait for their QuantizeLinear"));
}

TEST(OnnxRefusals, Products) {
  const auto conv = [](Model model, const std::string& w) {
    return model.node("QLinearConv", {"x", "s", "z", w, "s", "z", "s", "z"}, "y");
  };
  EXPECT_EQ(conv(of(kImage), "kernel").refusal(), "");
  expect_refusal(conv(of({1, 3}), "kernel"), "QLinearConv",
                 "has operands of 1 x 3 and 2 x 3 x 1 x 1, expected 4 dimensions each");
  expect_refusal(conv(of(kImage), "kernel").with("group", 2), "QLinearConv",
                 "has operands of 1 x 3 x 4 x 4 and 2 x 3 x 1 x 1 with 2 groups, which do not fit "
                 "together");
  expect_refusal(conv(of({2, 2, 2, 2}), "x"), "QLinearConv",
                 "has weights that are computed, expected constants");
  expect_refusal(conv(of_floats(kImage), "kernel"), "QLinearConv",
                 "has an input of FLOAT, expected INT8 or UINT8");
  expect_refusal(dequantized({3}).node("MatMul", {"d", "d"}, "y"), "MatMul",
                 "has operands of 3 and 3, expected 2 dimensions or more");
  expect_refusal(dequantized({2, 3}).node("MatMul", {"d", "d"}, "y"), "MatMul",
                 "has operands of 2 x 3 and 2 x 3, which do not fit together");
  const auto gemm = [](const std::string& bias, const std::string& result = "y") {
    return dequantized({2, 2}).node("Gemm", {"d", "d", bias}, result);
  };
  expect_refusal(gemm("s2").with_real("alpha", 2), "Gemm",
                 "has an alpha or beta that is not 1, which is not supported");
  expect_refusal(gemm("s2").with_real("beta", 2), "Gemm",
                 "has an alpha or beta that is not 1, which is not supported");
  expect_refusal(gemm("d"), "Gemm", "has a bias 'd' that is computed, expected a constant");
  Model biased = gemm("s2", "g");
  expect_refusal(quantizes(biased, "g"), "Gemm",
                 "has a bias beside weights that are computed, expected constants");
  expect_refusal(of_floats({2, 2}).node("MatMul", {"x", "zero"}, "y"), "MatMul",
                 "has a float operand 'x': expected integers through DequantizeLinear");
  expect_refusal(dequantized({2, 2}).node("Relu", {"d"}, "r").node("MatMul", {"r", "d"}, "y"),
                 "MatMul",
                 "has a float operand 'r', which node 1 (Relu 'r') computes: expected integers "
                 "through DequantizeLinear");
}

TEST(OnnxRefusals, WeightsAndBiases) {
  const auto conv = [](Model& model, const std::string& w, const std::string& scale,
                       const std::string& zero, const std::string& bias) {
    return model.node("QLinearConv", {"x", "s", "z", w, scale, zero, "s", "z", bias}, "y");
  };
  Model model = of(kImage);
  EXPECT_EQ(conv(model, "kernel", "s2", "z2", "").refusal(), "");
  model = of(kImage);
  expect_refusal(conv(model, "kernel", "s3", "z3", ""), "QLinearConv",
                 "has weights with 3 scales on axis 0, expected one, or 2 on axis 0");
  model = of(kImage).integers("unsigned", {2, 3, 1, 1}, {0, 255, 3, 4, 5, 255}, kUint8);
  model.integers("differ", {2}, {0, 255}, kUint8);
  expect_refusal(conv(model, "unsigned", "s2", "differ", ""), "QLinearConv",
                 "has weights whose zero points differ and which less these do not fit int8, "
                 "expected one zero point");
  model = of(kImage).integers("three", {3}, {1, 2, 3}, kInt32);
  expect_refusal(conv(model, "kernel", "s", "z", "three"), "QLinearConv",
                 "has a bias of 3, expected one for each of 2 output channels");
  model = of(kImage);
  expect_refusal(conv(model, "kernel", "s", "z", "z2"), "QLinearConv",
                 "has a bias of INT8, expected INT32 or FLOAT");
  model = of(kImage).floats("huge", {2}, {0, 1e30F});
  expect_refusal(conv(model, "kernel", "s", "z", "huge"), "QLinearConv",
                 "has a bias that no INT32 holds in steps of x_scale * w_scale");
}

TEST(OnnxRefusals, OnnxruntimesOperators) {
  const auto conv = [](const std::string& scale, const std::string& zero) {
    return of(kImage).node("QLinearConv", {"x", "s", "z", "kernel", "s", "z", scale, zero}, "y");
  };
  expect_refusal(conv("s", "zi"), "QLinearConv", "has a result of INT32, expected INT8 or UINT8");
  expect_refusal(conv("s2", "z2"), "QLinearConv",
                 "has a result with a scale per channel, expected one");
  expect_refusal(of_floats(kImage).node("ConvInteger", {"x", "kernel"}, "y"), "ConvInteger",
                 "has an input of FLOAT, expected INT8 or UINT8");
  expect_refusal(of(kImage).node("ConvInteger", {"x", "kernel", "z", "z3"}, "y"), "ConvInteger",
                 "has 3 zero points, expected one, or 2");
  expect_refusal(of({1, 4, 4, 3})
                     .node("QLinearAveragePool", {"x", "s", "z", "s", "z"}, "y", "com.microsoft")
                     .with("channels_last", 1),
                 "com.microsoft.QLinearAveragePool", "has channels_last, which is not supported");
  expect_refusal(
      of({2, 3}).node("QLinearGlobalAveragePool", {"x", "s", "z", "s", "z"}, "y", "com.microsoft"),
      "com.microsoft.QLinearGlobalAveragePool",
      "has an input of 2 x 3, expected 4 dimensions: N, C, H, W");
  const auto gemm = [](const std::vector<std::string>& result) {
    std::vector<std::string> inputs{"x", "s", "z", "w", "s", "z", ""};
    inputs.insert(inputs.end(), result.begin(), result.end());
    return of({4, 2}).node("QGemm", inputs, "y", "com.microsoft");
  };
  EXPECT_EQ(gemm({"s", "z"}).refusal(), "");
  expect_refusal(gemm({"s", "z"}).with_real("alpha", 2), "com.microsoft.QGemm",
                 "has an alpha that is not 1, which is not supported");
  expect_refusal(gemm({}), "com.microsoft.QGemm",
                 "has a float result, expected y_scale and y_zero_point");
  expect_refusal(of({2}).node("QLinearConcat", {"s", "z", "x", "s"}, "y", "com.microsoft"),
                 "com.microsoft.QLinearConcat",
                 "has 4 inputs, expected two and three for each tensor");
}

TEST(OnnxRefusals, Windows) {
  const auto pool = [](const Model& model) {
    return Model{model}.node("MaxPool", {"x"}, "y").with("kernel_shape", Sizes{2, 2});
  };
  EXPECT_EQ(pool(of(kImage)).refusal(), "");
  expect_refusal(pool(of({3, 4})), "MaxPool",
                 "has an input of 3 x 4, expected 4 dimensions: N, C, H, W");
  expect_refusal(pool(of(kImage)).with("strides", Sizes{1}), "MaxPool",
                 "has 1 strides, expected 2: images of two dimensions");
  expect_refusal(pool(of(kImage)).with("strides", Sizes{1, 0}), "MaxPool",
                 "has strides of 0, expected 1..65536");
  expect_refusal(pool(of(kImage)).with("auto_pad", "FULL"), "MaxPool",
                 "has the auto_pad 'FULL', expected NOTSET, VALID, SAME_UPPER or SAME_LOWER");
  expect_refusal(pool(of({1, 3, 1, 4})), "MaxPool",
                 "has a window of 2 on an image of 1, padding included");
  expect_refusal(pool(of(kImage)).with("storage_order", 1), "MaxPool",
                 "has a storage_order, which is not supported");
  expect_refusal(pool(of_floats(kImage)), "MaxPool",
                 "has an input of FLOAT, expected INT8 or UINT8, or DequantizeLinear before it");
  expect_refusal(dequantized({2, 3}).node("GlobalAveragePool", {"d"}, "y"), "GlobalAveragePool",
                 "has an input of 2 x 3, expected 4 dimensions: N, C, H, W");
}

TEST(OnnxRefusals, Reductions) {
  expect_refusal(of_floats({2, 3}).node("ReduceMax", {"x"}, "y"), "ReduceMax",
                 "has an input of FLOAT, expected DequantizeLinear before it");
  expect_refusal(of_floats({2, 3}).node("ArgMax", {"x"}, "y"), "ArgMax",
                 "has an input of FLOAT, expected INT8 or UINT8, or DequantizeLinear before it");
  expect_refusal(of({2, 3}).node("ArgMax", {"x"}, "y").with("select_last_index", 1), "ArgMax",
                 "selects the last of equal elements, which is not supported");
}

TEST(OnnxRefusals, Shapes) {
  expect_refusal(of({2, 3}).sizes("to", {-2}).node("Reshape", {"x", "to"}, "y"), "Reshape",
                 "has a size of -2 in its shape, expected 1..2^28, -1 or 0");
  for (const std::int64_t axis : {-3, 3}) {
    expect_refusal(of({2, 3}).node("Flatten", {"x"}, "y").with("axis", axis), "Flatten",
                   "has the axis " + std::to_string(axis) + ", expected -2..2");
  }
  expect_refusal(of({2, 3}).sizes("axes", {0, 0}).node("Unsqueeze", {"x", "axes"}, "y"),
                 "Unsqueeze", "names an axis twice");
  expect_refusal(of({2, 3}).node("Transpose", {"x"}, "y").with("perm", Sizes{0, 0}), "Transpose",
                 "has a perm that does not name each axis once");
  expect_refusal(of({2, 3}).node("Constant", {}, "y"), "Constant",
                 "has no value that is a tensor or a number");
}

TEST(OnnxRefusals, Pads) {
  const auto pad = [](Model model, const std::string& from, const std::string& value) {
    return model.sizes("pads", {1, 1}).node("Pad", {from, "pads", value}, "y");
  };
  expect_refusal(pad(of({2}), "x", "z2"), "Pad", "pads with 2 numbers, expected one");
  expect_refusal(pad(of({2}), "x", "one"), "Pad", "pads INT8 with FLOAT, expected one type");
  expect_refusal(pad(dequantized({2}), "d", "nan"), "Pad", "pads with a NaN, expected a number");
  expect_refusal(pad(of({2}), "x", "z").with("mode", "wrap"), "Pad",
                 "has the mode 'wrap', expected constant, reflect or edge");
  expect_refusal(
      of({2}).sizes("pads", {2, 1}).node("Pad", {"x", "pads"}, "y").with("mode", "reflect"), "Pad",
      "reflects 2 and 1 elements of axis 0, expected 0..1");
  expect_refusal(
      of({2}, 10).node("Pad", {"x"}, "y").with("pads", Sizes{1, 1}).with_real("value", 1), "Pad",
      "pads with a value that is not 0, which in opset 10 and before is not supported");
}

TEST(OnnxRefusals, Resizes) {
  const auto resize = [](std::int64_t opset, const std::vector<float>& scales) {
    const Sizes count{static_cast<std::int64_t>(scales.size())};
    return of({1, 1, 4, 4}, opset).floats("k", count, scales).node("Resize", {"x", "", "k"}, "y");
  };
  EXPECT_EQ(resize(13, {1, 1, 2, 2}).refusal(), "");
  expect_refusal(resize(13, {1, 1, 2, 2}).with("coordinate_transformation_mode", "tf_crop"),
                 "Resize",
                 "has the coordinates 'tf_crop', expected half_pixel, asymmetric, align_corners, "
                 "pytorch_half_pixel or tf_half_pixel_for_nn");
  expect_refusal(resize(13, {1, 1, 2, 2}).with("nearest_mode", "simple"), "Resize",
                 "has the nearest_mode 'simple', expected round_prefer_floor, round_prefer_ceil, "
                 "floor or ceil");
  expect_refusal(resize(18, {1, 1, 2, 2}).with("antialias", 1), "Resize",
                 "has antialias, axes or an aspect ratio to keep, which are not supported");
  expect_refusal(of({1, 1, 4, 4}).node("Resize", {"x"}, "y"), "Resize",
                 "has neither scales nor sizes, expected one of the two");
  expect_refusal(resize(13, {2, 2}), "Resize",
                 "has 2 scales or sizes for an input of 1 x 1 x 4 x 4, expected one for each "
                 "dimension");
  for (const float scale : {0.1F, -1.0F, kNan, 1e9F}) {
    expect_refusal(resize(13, {1, 1, 2, scale}), "Resize",
                   "has a scale or size that gives axis 3 no elements, or over 2^20");
  }
}

TEST(OnnxRefusals, Slices) {
  const auto slice = [](const Sizes& starts, const Sizes& ends, const Sizes& steps) {
    Model model = of({2, 3}).sizes("starts", starts).sizes("ends", ends).sizes("steps", steps);
    return model.node("Slice", {"x", "starts", "ends", "", "steps"}, "y");
  };
  EXPECT_EQ(slice({0, 1}, {2, 3}, {1, 1}).refusal(), "");
  expect_refusal(slice({0, 1}, {2, 3}, {1, 0}), "Slice",
                 "has a step of 0, expected -2^31..2^31 without 0");
  expect_refusal(slice({0, 1}, {2, 1}, {1, 1}), "Slice", "takes nothing of axis 1");
  expect_refusal(slice({0, 1}, {2}, {1, 1}), "Slice",
                 "has 2 starts, 1 ends, 2 axes and 2 steps, expected as many of each");
  const auto split = [](std::int64_t opset, const Sizes& sizes) {
    Model model = of({2, 4}, opset).sizes("sizes", sizes);
    return model.node("Split", {"x", sizes.empty() ? "" : "sizes"}, "y")
        .with("axis", 1)
        .writes("rest");
  };
  EXPECT_EQ(split(13, {1, 3}).refusal(), "");
  expect_refusal(split(18, {}).with("num_outputs", 3), "Split",
                 "has 2 outputs and a num_outputs of 3, expected the same");
  expect_refusal(split(13, {1, 1, 2}), "Split", "cuts 2 x 4 into 3 parts for 2 outputs");
  expect_refusal(split(13, {3, 2}), "Split", "takes 2 from 3 on of axis 1 of 2 x 4");
  expect_refusal(split(13, {4, 0}), "Split", "takes 0 from 4 on of axis 1 of 2 x 4");
}

TEST(OnnxRefusals, ElementsThatAreTakenAndRepeated) {
  const auto gather = [](const std::string& indices) {
    Model model = of({2, 3}).sizes("at", {-4});
    return model.node("Gather", {"x", indices}, "y").with("axis", 1);
  };
  expect_refusal(gather("s2"), "Gather", "has indices of FLOAT, expected INT32 or INT64");
  expect_refusal(gather("at"), "Gather", "takes element -4 of axis 1 of 2 x 3");
  expect_refusal(of({2, 3}).sizes("times", {2}).node("Tile", {"x", "times"}, "y"), "Tile",
                 "has 1 repeats for an input of 2 x 3, expected one for each dimension");
  const auto blocks = [](const Sizes& shape, std::int64_t block) {
    return of(shape).node("DepthToSpace", {"x"}, "y").with("blocksize", block);
  };
  expect_refusal(blocks({4, 1}, 2), "DepthToSpace",
                 "has an input of 4 x 1, expected 4 dimensions: N, C, H, W");
  expect_refusal(blocks({1, 4, 1, 1}, 0), "DepthToSpace", "has a blocksize of 0, expected 1..4096");
  expect_refusal(blocks({1, 4, 1, 1}, 2).with("mode", "RCD"), "DepthToSpace",
                 "has the mode 'RCD', expected DCR or CRD");
  expect_refusal(blocks({1, 3, 1, 1}, 2), "DepthToSpace",
                 "has blocks of 2 in an input of 1 x 3 x 1 x 1");
}

TEST(OnnxRefusals, Files) {
  namespace fs = std::filesystem;
  const auto told = [](const std::string& path) -> std::string {
    try {
      load_onnx(path);
    } catch (const ConfigError& error) {
      return error.what();
    }
    return "";
  };
  EXPECT_EQ(told("/nowhere/at/all.onnx"), "/nowhere/at/all.onnx: no such file");
  EXPECT_EQ(told("/dev/null"), "/dev/null: cannot be read");
  const fs::path large =
      fs::temp_directory_path() / ("large" + std::to_string(::getpid()) + ".onnx");
  std::ofstream{large}.close();
  EXPECT_EQ(told(large.string()),
            large.string() + ": is no ONNX model (a graph or its opset is missing)");
  fs::resize_file(large, std::uintmax_t{1} << 31);  // no block of it is on the disk
  EXPECT_EQ(told(large.string()), large.string() + ": has 2 GiB or more, expected less");
  fs::remove(large);
}

}  // namespace
}  // namespace systole::test
