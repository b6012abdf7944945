// Float models that are refused: each would be quantized as another network than it is.

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <limits>

#include "sim/float_onnx/float_onnx.hpp"
#include "tests/unit/onnx_model.hpp"

namespace systole::quantize {
namespace {

using test::Model;
using test::Sizes;
using ::testing::EndsWith;
using ::testing::HasSubstr;

/// All errors, or "".
std::string refusal(const Model& model) {
  return model.read_by([](const std::string& path) -> std::string {
    try {
      load_float_onnx(path);
    } catch (const ConfigError& error) {
      return error.what();
    }
    return "";
  });
}

Model floats(const Sizes& shape) { return Model{shape}.takes_floats(); }

Model with_constants(Model model) {
  return model.floats("two", {2}, {1, 1})
      .floats("three", {3}, {1, 1, 1})
      .floats("below", {3}, {1, -1, 1})
      .floats("zero", {}, {0})
      .floats("nan", {}, {std::numeric_limits<float>::quiet_NaN()})
      .floats("kernel", {2, 3, 1, 1}, {1, 2, 3, 4, 5, 6})
      .floats("weights", {3, 2}, {1, 2, 3, 4, 5, 6})
      .floats("matrix", {48, 2}, std::vector<float>(96, 1));
}

/// Three channels of 4 x 4.
Model image() { return with_constants(floats({1, 3, 4, 4})); }

Model row() { return with_constants(floats({1, 3})); }

/// Nothing but the node's fault is told.
void expect_refusal(const Model& model, const std::string& error) {
  EXPECT_THAT(refusal(model), EndsWith("'): " + error));
}

constexpr auto kOne = std::int64_t{1};

TEST(FloatOnnxRefusals, ProductsOfOtherSizes) {
  EXPECT_EQ(refusal(image().node("Conv", {"x", "kernel", "two"}, "y")), "");
  expect_refusal(image().node("Conv", {"x", "kernel", "three"}, "y"),
                 "the bias has 3 values, expected 2");
  expect_refusal(image().node("Conv", {"x", "matrix"}, "y"),
                 "has weights of 48 x 2, expected 4 dimensions");
  expect_refusal(row().node("Conv", {"x", "kernel"}, "y"),
                 "has an input of 1 x 3, expected 4 dimensions: N, C, H, W");
  EXPECT_EQ(refusal(row().node("MatMul", {"x", "weights"}, "y")), "");
  expect_refusal(row().node("MatMul", {"x", "three"}, "y"),
                 "has weights of 3, expected 2 dimensions");
  expect_refusal(image().node("MatMul", {"x", "matrix"}, "y"),
                 "has an input of 1 x 3 x 4 x 4, expected 2 dimensions");
  EXPECT_EQ(refusal(image().node("Flatten", {"x"}, "f").node("MatMul", {"f", "matrix"}, "y")), "");
  expect_refusal(image().node("Flatten", {"x"}, "f").node("MatMul", {"f", "weights"}, "y"),
                 "has weights of 3 x 2 for an image of 1 x 3 x 4 x 4, which do not fit together");
  expect_refusal(row().node("MatMul", {"x", "matrix"}, "y"),
                 "has weights of 48 x 2 for an input of 1 x 3, which do not fit together");
  expect_refusal(row().node("Gemm", {"x", "weights"}, "y").with("transB", kOne),
                 "has weights of 3 x 2 for an input of 1 x 3, which do not fit together");
}

TEST(FloatOnnxRefusals, ScaledAndTransposedProducts) {
  const std::string error = "has transA, or an alpha or beta that is not 1, which is not supported";
  const auto gemm = [] { return row().node("Gemm", {"x", "weights", "two"}, "y"); };
  EXPECT_EQ(refusal(gemm()), "");
  expect_refusal(gemm().with("transA", kOne), error);
  expect_refusal(gemm().with_real("alpha", 0.5F), error);
  expect_refusal(gemm().with_real("beta", 0.5F), error);
  EXPECT_EQ(refusal(row().node("Gemm", {"x", "weights"}, "y").with_real("beta", 0.5F)), "");
}

TEST(FloatOnnxRefusals, SumsOfOtherShapes) {
  EXPECT_EQ(refusal(row().node("Add", {"x", "three"}, "y")), "");
  expect_refusal(row().node("Add", {"x", "two"}, "y"),
                 "adds a constant of 2 to 1 x 3, expected a bias behind MatMul or Gemm");
  expect_refusal(image().node("Add", {"x", "three"}, "y"),
                 "adds a constant of 3 to 1 x 3 x 4 x 4, expected a bias behind MatMul or Gemm");
  expect_refusal(image().node("Conv", {"x", "kernel"}, "c").node("Add", {"x", "c"}, "y"),
                 "adds 1 x 3 x 4 x 4 and 1 x 2 x 4 x 4, expected two of one shape");
  expect_refusal(
      image().node("Flatten", {"x"}, "f").node("Concat", {"x", "f"}, "y").with("axis", kOne),
      "joins [1, 3, 4, 4] and [1, 48], expected as many dimensions");
  // In the layout of the file, whatever the network's is.
  const auto joined = [](std::int64_t axis) {
    Model model = image().node("MaxPool", {"x"}, "p").with("kernel_shape", Sizes{2, 2});
    return model.node("Concat", {"x", "p"}, "y").with("axis", axis);
  };
  expect_refusal(joined(1),
                 "joins [1, 3, 4, 4] and [1, 3, 3, 3], expected the same sizes off axis 1");
  expect_refusal(joined(-1),
                 "joins [1, 3, 4, 4] and [1, 3, 3, 3], expected the same sizes off axis 3");
  expect_refusal(joined(0), "joins along axis 0 of [1, 3, 4, 4], expected one behind the batch");
}

TEST(FloatOnnxRefusals, ConvolutionsOfOtherChannels) {
  const auto conv = [](std::int64_t groups) {
    return image()
        .floats("narrow", {4, 1, 1, 1}, {1, 1, 1, 1})
        .floats("deep", {2, 4, 1, 1}, std::vector<float>(8, 1))
        .node("Conv", {"x", groups == 0 ? "deep" : "narrow"}, "y")
        .with("group", std::max(groups, kOne));
  };
  expect_refusal(conv(0),
                 "has weights of 2 x 4 x 1 x 1 in 1 groups for an image of 1 x 3 x 4 x 4, which do "
                 "not fit together");
  expect_refusal(conv(3),
                 "has weights of 4 x 1 x 1 x 1 in 3 groups for an image of 1 x 3 x 4 x 4, which do "
                 "not fit together");
}

TEST(FloatOnnxRefusals, WhatExportersLeaveAroundConstants) {
  using ::onnx::TensorProto;
  const auto cast = [](const Sizes& shape, const std::vector<double>& values,
                       TensorProto::DataType to) {
    Model model = row();
    model.integers("double", shape, {}, TensorProto::DOUBLE).changed([&](auto& graph) {
      TensorProto& tensor = *graph.mutable_initializer(graph.initializer_size() - 1);
      tensor.mutable_double_data()->Add(values.begin(), values.end());
    });
    return model.node("Cast", {"double"}, "c").with("to", to).node("Clip", {"x", "c"}, "y");
  };
  EXPECT_EQ(refusal(cast({}, {0.5}, TensorProto::FLOAT)), "");
  expect_refusal(cast({2}, {0.5, 1}, TensorProto::FLOAT),
                 "casts a constant of DOUBLE, expected one number");
  expect_refusal(
      row().node("Cast", {"zero"}, "c").with("to", TensorProto::INT8).node("Clip", {"x", "c"}, "y"),
      "casts a constant other than to FLOAT, which is not supported");
  const auto turned = [](const std::string& constant, const Sizes& perm) {
    return row()
        .node("Transpose", {constant}, "t")
        .with("perm", perm)
        .node("MatMul", {"x", "t"}, "y");
  };
  expect_refusal(
      turned("kernel", {1, 0}),
      "transposes a constant of 2 x 3 x 1 x 1, expected 2 dimensions that change places");
  expect_refusal(turned("weights", {0, 1}),
                 "transposes a constant of 3 x 2, expected 2 dimensions that change places");
}

TEST(FloatOnnxRefusals, WhatIsNoConstantOrNoFloat) {
  EXPECT_THAT(refusal(Model{{1, 3}}.node("Relu", {"x"}, "y")),
              EndsWith("input 'x': is of integers, expected FLOAT"));
  expect_refusal(row().node("Constant", {}, "c").node("Clip", {"x", "c"}, "y"),
                 "has no value that is a tensor");
  expect_refusal(row().node("MatMul", {"x", "x"}, "y"),
                 "computes its input 1, expected a constant");
  EXPECT_THAT(refusal(row().node("Softmax", {"x"}, "y")),
              HasSubstr("(Softmax 'y'): is not supported; expected Conv, Gemm, MatMul, "));
}

TEST(FloatOnnxRefusals, NormalizationsAndLimits) {
  const auto norm = [](const Model& of, const std::string& variance) {
    return Model{of}.node("BatchNormalization", {"x", "three", "three", "three", variance}, "y");
  };
  EXPECT_EQ(refusal(norm(image(), "three")), "");
  expect_refusal(norm(image(), "three").with("training_mode", kOne), "is in training mode");
  expect_refusal(norm(image(), "below"), "has a variance below 0");
  expect_refusal(norm(floats({1, 3, 4}).floats("three", {3}, {1, 1, 1}), "three"),
                 "has an input of 1 x 3 x 4, expected 2 or 4 dimensions");
  EXPECT_EQ(refusal(image().node("Clip", {"x", "zero"}, "y")), "");
  expect_refusal(image().node("Clip", {"x", "two"}, "y"), "has a limit that is not one number");
  expect_refusal(image().node("Clip", {"x", "nan"}, "y"),
                 "has a min of nan, expected a number in -1e+30..1e+30");
}

TEST(FloatOnnxRefusals, OtherLayouts) {
  const auto reshaped = [](const Sizes& to) {
    return image().sizes("to", to).node("Reshape", {"x", "to"}, "y");
  };
  EXPECT_EQ(refusal(reshaped({0, -1})), "");
  expect_refusal(reshaped({1, 47}), "has an input of 1 x 3 x 4 x 4 for an output of 1 x 47");
  expect_refusal(reshaped({1, 4, 4, 3}), "makes an image of 1 x 3 x 4 x 4, which is not supported");
  expect_refusal(image().node("Flatten", {"x"}, "y").with("axis", std::int64_t{2}),
                 "has an axis that is not 1, which is not supported");
  const auto padded = [](const Sizes& pads) {
    return image().sizes("pads", pads).node("Pad", {"x", "pads"}, "p").node("Relu", {"p"}, "y");
  };
  EXPECT_EQ(refusal(padded({0, 0, 0, 0, 0, 0, 0, 0})), "");
  expect_refusal(padded({0, 0, 1, 1, 0, 0, 1, 1}),
                 "pads, which is not supported before other operators than Conv and pooling");
}

TEST(FloatOnnxRefusals, ValuesThatAreNoneOrAreTwoThings) {
  expect_refusal(image().node("Relu", {"nothing"}, "y"),
                 "reads 'nothing', which is constant or which no node before it computes");
  expect_refusal(image().node("Relu", {"x"}, "y").node("Relu", {"x"}, "y"),
                 "writes 'y', which is constant, an input, or computed before");
}

}  // namespace
}  // namespace systole::quantize
