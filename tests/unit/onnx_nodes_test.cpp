// Single nodes of models that are made here: what layers they become, and what is refused.

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <ostream>
#include <string>
#include <utility>
#include <vector>

#include "models/golden/golden.hpp"
#include "tests/unit/onnx_model.hpp"

namespace systole::test {
namespace {

using ::testing::ElementsAre;
using ::testing::EndsWith;
using ::testing::HasSubstr;
using ::testing::Not;

TEST(OnnxNodes, WhatIsWrongWithAnInputIsSaidOnce) {
  Model model{{2, 0}};
  model.node("Relu", {"x"}, "y");
  EXPECT_THAT(model.refusal(), EndsWith(": input 'x': a tensor has a dimension of 0: shapes must "
                                        "be known and not empty"));
}

TEST(OnnxNodes, AScalarHasNoAxis) {
  Model model{{2}};
  model.integers("one", {}, {1}, kInt8).node("Concat", {"one", "one"}, "y").with("axis", 0);
  EXPECT_THAT(model.refusal(), HasSubstr("has the axis 0 of a scalar, which has none"));
}

// Integers of different scales have no order; along the other axes all have one.
TEST(OnnxNodes, PositionsOfExtremaAreOfIntegersOfOneScale) {
  for (const char* const op : {"ArgMax", "ArgMin"}) {
    const auto along = [&](std::int64_t axis) {
      Model model{{2, 3}};
      model.floats("s", {3}, {0.1F, 1, 2}).integers("z", {3}, {0, 0, 0}, kInt8);
      model.node("DequantizeLinear", {"x", "s", "z"}, "d").with("axis", 1);
      model.node(op, {"d"}, "y").with("axis", axis);
      return model.refusal();
    };
    EXPECT_THAT(along(1), HasSubstr("compares integers with a scale per channel"));
    EXPECT_THAT(along(-1), HasSubstr("compares integers with a scale per channel"));
    EXPECT_EQ(along(0), "");
  }
}

using Taken = std::vector<std::pair<std::size_t, Sizes>>;

/// What the model's Resize takes of each axis that it changes.
Taken resized(const Model& model) {
  Taken taken;
  const Network network = model.load();
  Sizes expected = network.tensor(network.inputs.at(0)).shape;
  for (const Layer& layer : network.layers) {
    const auto& gather = std::get<Gather>(layer.op);
    taken.emplace_back(gather.axis, gather.indices);
    expected[gather.axis] = static_cast<std::int64_t>(gather.indices.size());
  }
  EXPECT_EQ(network.tensor(network.outputs.at(0)).shape, expected);
  return taken;
}

Model resize(const Sizes& shape, const std::vector<float>& scales) {
  Model model{shape};
  model.floats("scales", {static_cast<std::int64_t>(scales.size())}, scales);
  return model.node("Resize", {"x", "", "scales"}, "y");
}

// i / 1.3 are 0, 0.77 and 1.54; of 4 elements a scale of 0.9 leaves 3, i / 0.9.
TEST(OnnxNodes, ResizeFollowsAScaleThatChangesNoSize) {
  const auto taken = [](const std::vector<float>& scales) {
    Model model = resize({1, 1, 3, 4}, scales);
    return resized(
        model.with("coordinate_transformation_mode", "asymmetric").with("nearest_mode", "floor"));
  };
  EXPECT_EQ(taken({1, 1, 1.3F, 0.9F}), (Taken{{2, {0, 0, 1}}, {3, {0, 1, 2}}}));
  EXPECT_EQ(taken({1, 1, 1.3F, 1}), (Taken{{2, {0, 0, 1}}}));
}

// (i + 0.5) / 1.1 - 0.5 are nearest to i; sizes that are the input's are a scale of 1.
TEST(OnnxNodes, ResizeLeavesAnAxisAloneOfWhichItTakesAll) {
  const Taken doubled{{3, {0, 0, 1, 1, 2, 2}}};
  EXPECT_EQ(resized(resize({1, 1, 3, 3}, {1, 1, 1.1F, 2})), doubled);
  Model model{{1, 2, 3, 3}};
  model.sizes("sizes", {1, 2, 3, 6});
  EXPECT_EQ(resized(model.node("Resize", {"x", "", "", "sizes"}, "y")), doubled);
}

// 0.5 and 2.5 lie between two elements.
TEST(OnnxNodes, ResizePrefersTheElementThatTheNodeNames) {
  const auto taken = [](const std::string& rounding) {
    return resized(resize({1, 1, 1, 4}, {1, 1, 1, 0.5F}).with("nearest_mode", rounding));
  };
  EXPECT_EQ(taken("round_prefer_floor"), (Taken{{3, {0, 2}}}));
  EXPECT_EQ(taken("round_prefer_ceil"), (Taken{{3, {1, 3}}}));
}

TEST(OnnxNodes, AnOutputIsNeitherAnInputNorAConstant) {
  const char* const reason = "output 'y': is the input 'x' as it is, expected what a node computes";
  Model same{{2, 3}};
  EXPECT_THAT(same.node("Identity", {"x"}, "y").refusal(), HasSubstr(reason));
  EXPECT_THAT(resize({1, 3}, {1, 1}).refusal(), HasSubstr(reason));
  Model constant{{2, 3}};
  constant.sizes("y", {1, 2});
  EXPECT_THAT(constant.refusal(), HasSubstr("output 'y': is a constant, expected what a node"));
}

/// Of 4 elements.
StridedSlice sliced(std::int64_t start, std::int64_t end, std::int64_t step) {
  Model model{{4}};
  model.sizes("start", {start}).sizes("end", {end}).sizes("axis", {0}).sizes("step", {step});
  model.node("Slice", {"x", "start", "end", "axis", "step"}, "y");
  const Network network = model.load();
  return std::get<StridedSlice>(network.layers.at(0).op);
}

// The operator's text: starts are clamped to 0..3 if the step is negative, else 0..4; ends to -1..3
// or 0..4.
TEST(OnnxNodes, StartsAndEndsOutOfRangeAreTheEdges) {
  constexpr std::int64_t kLeast = std::numeric_limits<std::int64_t>::min();
  constexpr std::int64_t kMost = std::numeric_limits<std::int64_t>::max();
  const auto expect = [](const StridedSlice& slice, std::int64_t begin, std::int64_t count) {
    EXPECT_THAT(slice.begin, ElementsAre(begin));
    EXPECT_THAT(slice.count, ElementsAre(count));
  };
  expect(sliced(-100, kLeast, -1), 0, 1);
  expect(sliced(kLeast, -5, -2), 0, 1);
  expect(sliced(kMost, kLeast, -1), 3, 4);
  expect(sliced(100, 0, -2), 3, 2);
  expect(sliced(-100, kMost, 1), 0, 4);
  expect(sliced(-3, -1, 1), 1, 2);
}

/// Of [1,4,6] with 9; axes are there from opset 18 on.
Model pad(const Sizes& pads, std::int64_t opset = 13) {
  Model model{{1, 4, 6}, opset};
  model.sizes("pads", pads).integers("nine", {}, {9}, kInt8);
  return model;
}

Model pad_axes(const Sizes& pads, const Sizes& axes, std::int64_t opset = 18) {
  Model model = pad(pads, opset);
  return model.sizes("axes", axes).node("Pad", {"x", "pads", "nine", "axes"}, "y");
}

TEST(OnnxNodes, PadsAreOfTheAxesThatANodeNames) {
  const Network network = pad_axes({1, 2, 3, 4}, {-1, 1}).load();
  const auto& op = std::get<Pad>(network.layers.at(0).op);
  EXPECT_THAT(op.before, ElementsAre(0, 2, 1));
  EXPECT_THAT(op.after, ElementsAre(0, 4, 3));
  EXPECT_EQ(op.value, 9);
  EXPECT_EQ(network.tensor(network.outputs.at(0)).shape, (Shape{1, 10, 10}));
  EXPECT_THAT(pad_axes({1, 2, 3, 4}, {1}).refusal(),
              HasSubstr("has 4 pads, expected two for each of 1 axes"));
  EXPECT_THAT(pad_axes({1, 2, 3, 4}, {2, -1}).refusal(), HasSubstr("names an axis twice"));
  EXPECT_THAT(pad_axes({1, 2}, {3}).refusal(), HasSubstr("has the axis 3, expected -3..2"));
  EXPECT_THAT(pad_axes({1, 2}, {1}, 13).refusal(), HasSubstr("has 4 inputs, expected 1..3"));
}

// What its QuantizeLinear asks of an operator is the operator's mistake, once for all of them.
TEST(OnnxNodes, AnOperatorThatWaitsNamesItselfInItsMistakes) {
  Model model{{1, 1, 4, 4}};
  model.floats("scale", {}, {1e30F}).integers("zero", {}, {0}, kInt8);
  model.floats("small", {}, {1e-30F});
  model.node("DequantizeLinear", {"x", "scale", "zero"}, "d");
  model.node("AveragePool", {"d"}, "p").with("kernel_shape", Sizes{3, 3});
  model.node("Relu", {"p"}, "r");
  model.node("QuantizeLinear", {"r", "small", "zero"}, "q");
  const std::string refusal = model.node("QuantizeLinear", {"r", "small", "zero"}, "y").refusal();
  EXPECT_THAT(refusal, HasSubstr("node 1 (AveragePool 'p'): has scales whose ratio is not from"));
  EXPECT_THAT(refusal, Not(HasSubstr("\n")));
}

/// An AveragePool, or MaxPool, of [1,2,5,6].
struct Pooling {
  Sizes kernel, strides, dilations, pads;
  bool ceil_mode = false;
  bool counts_padding = false;

  Model model(const std::string& op) const {
    Model made{{1, 2, 5, 6}, 19};
    made.floats("xs", {}, {0.5F}).integers("xz", {}, {3}, kInt8);
    made.floats("ys", {}, {0.3F}).integers("yz", {}, {-5}, kInt8);
    made.node("DequantizeLinear", {"x", "xs", "xz"}, "d").node(op, {"d"}, "p");
    made.with("kernel_shape", kernel).with("strides", strides).with("dilations", dilations);
    made.with("pads", pads).with("ceil_mode", ceil_mode ? 1 : 0);
    if (op == "AveragePool") {
      made.with("count_include_pad", counts_padding ? 1 : 0);
    }
    return made.node("QuantizeLinear", {"p", "ys", "yz"}, "y");
  }

  /// Taps of a window that are in the image, and how many it is divided by, as ONNX's operator
  /// defines it: padding counts, what ceil_mode adds behind it does not.
  std::pair<Sizes, std::int64_t> taps(std::int64_t window, std::size_t axis,
                                      std::int64_t in) const {
    Sizes inside;
    std::int64_t counted = 0;
    for (std::int64_t tap = 0; tap < kernel[axis]; ++tap) {
      const std::int64_t at = window * strides[axis] - pads[axis] + tap * dilations[axis];
      if (at >= 0 && at < in) {
        inside.push_back(at);
      }
      counted += counts_padding ? (at < in + pads[axis + 2] ? 1 : 0) : (at >= 0 && at < in ? 1 : 0);
    }
    return {inside, counted};
  }

  /// Of a ramp.
  TensorData means(const Shape& out) const {
    TensorData result;
    for (std::int64_t i = 0; i < element_count(out); ++i) {
      const std::int64_t c = i / (out[2] * out[3]);
      const auto [rows, counted_rows] = taps(i / out[3] % out[2], 0, 5);
      const auto [cols, counted_cols] = taps(i % out[3], 1, 6);
      std::int64_t sum = 0;
      for (const std::int64_t row : rows) {
        for (const std::int64_t col : cols) {
          sum += ramp(c, row, col) - 3;
        }
      }
      const float scale = 0.5F / static_cast<float>(counted_rows * counted_cols) / 0.3F;
      const double mean = std::nearbyint(static_cast<float>(sum) * scale) - 5;
      result.push_back(static_cast<std::int32_t>(std::clamp(mean, -128.0, 127.0)));
    }
    return result;
  }
  static std::int32_t ramp(std::int64_t c, std::int64_t row, std::int64_t col) {
    return static_cast<std::int32_t>((c * 61 + row * 23 + col * 37) % 256 - 128);
  }
};

std::ostream& operator<<(std::ostream& out, const Pooling& pooling) {
  return out << ::testing::PrintToString(pooling.kernel) << " strides "
             << ::testing::PrintToString(pooling.strides) << " dilations "
             << ::testing::PrintToString(pooling.dilations) << " pads "
             << ::testing::PrintToString(pooling.pads) << (pooling.ceil_mode ? " ceil" : "")
             << (pooling.counts_padding ? " counts" : "");
}

TEST(OnnxNodes, MeansAreOfTheTapsThatCount) {
  const std::vector<Pooling> shapes{
      {{3, 3}, {1, 1}, {1, 1}, {1, 1, 1, 1}}, {{3, 2}, {2, 2}, {1, 1}, {1, 0, 2, 1}},
      {{5, 4}, {1, 3}, {1, 1}, {3, 2, 2, 3}}, {{3, 3}, {2, 2}, {1, 1}, {0, 1, 0, 1}},
      {{2, 3}, {1, 2}, {3, 2}, {2, 3, 2, 2}}, {{2, 2}, {3, 4}, {1, 1}, {1, 0, 0, 0}},
      {{1, 1}, {1, 1}, {1, 1}, {0, 0, 0, 0}}};
  TensorData image;
  for (std::int64_t i = 0; i < 2 * 5 * 6; ++i) {
    image.push_back(Pooling::ramp(i / 30, i / 6 % 5, i % 6));
  }
  for (Pooling pooling : shapes) {
    for (const int flags : {0, 1, 2, 3}) {
      pooling.ceil_mode = flags % 2 != 0;
      pooling.counts_padding = flags / 2 != 0;
      const Network network = pooling.model("AveragePool").load();
      const TensorId y = network.outputs.at(0);
      EXPECT_EQ(golden::run(network, {image}).at(y), pooling.means(network.tensor(y).shape))
          << pooling;
    }
  }
}

TEST(OnnxNodes, AnOddPaddingIsBeforeOrBehindAsTheNodeSays) {
  const auto window = [](const std::string& where) {
    Model model{{1, 1, 4, 4}};
    model.node("MaxPool", {"x"}, "y").with("kernel_shape", Sizes{1, 2}).with("auto_pad", where);
    const Network network = model.load();
    for (const Layer& layer : network.layers) {
      if (const auto* const pool = std::get_if<MaxPool>(&layer.op)) {
        return pool->window;
      }
    }
    return Window{};
  };
  EXPECT_EQ(window("SAME_UPPER").pad_left, 0);
  EXPECT_EQ(window("SAME_UPPER").pad_right, 1);
  EXPECT_EQ(window("SAME_LOWER").pad_left, 1);
  EXPECT_EQ(window("SAME_LOWER").pad_right, 0);
}

// What the first limits to -10 at most is 0 behind the second, the least that there is.
TEST(OnnxNodes, LimitsBehindEachOtherAreThoseOfBoth) {
  Model model{{4}};
  model.floats("s", {}, {1}).floats("t", {}, {2}).integers("z", {}, {5}, kInt8);
  model.floats("most", {}, {-10}).node("DequantizeLinear", {"x", "s", "z"}, "d");
  model.node("Clip", {"d", "", "most"}, "c").node("Relu", {"c"}, "r");
  const Network network = model.node("QuantizeLinear", {"r", "t", "z"}, "y").load();
  EXPECT_THAT(golden::run(network, {{-128, 0, 9, 127}}).at(network.outputs.at(0)),
              ElementsAre(5, 5, 5, 5));
}

TEST(OnnxNodes, AWindowNeedsATapInTheImage) {
  const Pooling between{{2, 1}, {1, 1}, {5, 1}, {4, 0, 4, 0}};
  for (const char* op : {"AveragePool", "MaxPool"}) {
    EXPECT_EQ(between.model(op).refusal(), "") << op;
    Pooling outside = between;
    outside.dilations = {6, 1};
    outside.pads = {5, 0, 5, 0};
    EXPECT_THAT(outside.model(op).refusal(),
                HasSubstr("has a window whose taps all lie in the padding"))
        << op;
  }
}

// e^1270 is beyond binary64, softplus(1270) is 1270.
TEST(OnnxNodes, FunctionsOfLargeNumbersAreWhatTheyTendTo) {
  const auto table = [](const char* op) {
    Model model{{4}};
    model.floats("s", {}, {10}).integers("z", {}, {0}, kInt8);
    model.node("DequantizeLinear", {"x", "s", "z"}, "d").node(op, {"d"}, "f");
    const Network network = model.node("QuantizeLinear", {"f", "s", "z"}, "y").load();
    return std::get<Lookup>(network.layers.at(0).op).table;
  };
  for (const char* const op : {"Softplus", "Mish", "HardSwish", "Gelu", "Elu"}) {
    const auto values = table(op);
    for (std::size_t i = 0; i < values.size(); ++i) {
      EXPECT_EQ(values[i], std::max(static_cast<int>(i) - 128, 0)) << op << ' ' << i;
    }
  }
}

// 1.6 is the integer 40 of the scale 0.04: binary32 finds so by division, by multiplication not.
TEST(OnnxNodes, PadsWithNumbersOfTheScale) {
  const auto padded = [](float value) {
    Model model{{1, 4, 6}};
    model.floats("scale", {}, {0.04F}).integers("zero", {}, {9}, kInt8).floats("v", {}, {value});
    model.sizes("pads", {0, 0, 1, 0, 0, 0}).node("DequantizeLinear", {"x", "scale", "zero"}, "d");
    model.node("Pad", {"d", "pads", "v"}, "p");
    return model.node("QuantizeLinear", {"p", "scale", "zero"}, "y");
  };
  for (const auto& [value, integer] : {std::pair{1.6F, 49}, {0.04F * 7, 16}, {0.0F, 9}}) {
    EXPECT_EQ(std::get<Pad>(padded(value).load().layers.at(0).op).value, integer) << value;
  }
  EXPECT_THAT(padded(1.61F).refusal(), HasSubstr("no integer of the input's scale"));
}

// What is cut is cut first: a reflection is of what is left.
// Relu and Clip behind a Pad are of what it adds, too, and QuantizeLinear rounds that.
TEST(OnnxNodes, WhatAPadAddsIsClippedAndRoundedWithTheOthers) {
  const auto padded = [](const Sizes& pads, float value, float low, bool has_value) {
    Model model{{3, 3}};
    model.floats("s", {}, {1}).integers("z", {}, {0}, kInt8).floats("v", {}, {value});
    model.floats("s4", {}, {4}).integers("z10", {}, {10}, kInt8).sizes("pads", pads);
    model.floats("low", {}, {low}).floats("high", {}, {100});
    model.node("DequantizeLinear", {"x", "s", "z"}, "d").node("Relu", {"d"}, "r");
    model.node("Pad", {"r", "pads", has_value ? "v" : ""}, "p");
    model.node("Clip", {"p", "low", "high"}, "c").node("QuantizeLinear", {"c", "s4", "z10"}, "y");
    return std::get<Pad>(model.load().layers.back().op).value;
  };
  const Sizes around = {1, 0, 0, 1};
  EXPECT_EQ(padded(around, -9, 0, true), 10);
  EXPECT_EQ(padded(around, 300, 0, true), 10 + 25);
  EXPECT_EQ(padded(around, 7, 0, true), 10 + 2) << "7 / 4, rounded";
  EXPECT_EQ(padded(around, -9, 8, false), 10 + 2) << "0, clipped";
  EXPECT_EQ(padded({1, -1, 0, 0}, -9, 0, true), 10) << "behind a cut";
}

TEST(OnnxNodes, NegativePadsTakeElementsOff) {
  const auto layers = [](Model model, const std::string& mode) {
    model.node("Pad", {"x", "pads", "nine"}, "y").with("mode", mode);
    return model.load().layers;
  };
  const std::vector<Layer> mixed = layers(pad({0, -1, 2, 0, -2, -3}), "constant");
  ASSERT_EQ(mixed.size(), 2U);
  const auto& cut = std::get<StridedSlice>(mixed[0].op);
  EXPECT_THAT(cut.begin, ElementsAre(0, 1, 0));
  EXPECT_THAT(cut.count, ElementsAre(1, 1, 3));
  EXPECT_THAT(std::get<Pad>(mixed[1].op).before, ElementsAre(0, 0, 2));
  EXPECT_THAT(std::get<Pad>(mixed[1].op).after, ElementsAre(0, 0, 0));
  EXPECT_EQ(layers(pad({0, -1, 0, 0, 0, 0}), "constant").size(), 1U);
  const std::vector<Layer> reflected = layers(pad({0, 0, -3, 0, 0, 2}), "reflect");
  ASSERT_EQ(reflected.size(), 2U);
  EXPECT_THAT(std::get<StridedSlice>(reflected[0].op).begin, ElementsAre(0, 0, 3));
  EXPECT_THAT(std::get<Gather>(reflected[1].op).indices, ElementsAre(0, 1, 2, 1, 0));
}

TEST(OnnxNodes, PadsLeaveAnElementOfEachAxis) {
  const auto refusal = [](const Sizes& pads) {
    return pad(pads).node("Pad", {"x", "pads", "nine"}, "y").refusal();
  };
  constexpr std::int64_t kLeast = std::numeric_limits<std::int64_t>::min();
  EXPECT_THAT(refusal({0, -2, 0, 0, -2, 0}), HasSubstr("has pads that leave nothing of axis 1"));
  EXPECT_THAT(refusal({0, -4, 0, 0, 2, 0}), HasSubstr("a pad of -4 on axis 1, expected -3..65536"));
  EXPECT_THAT(refusal({0, 0, 0, 0, 0, kLeast}), HasSubstr("on axis 2, expected -5..65536"));
  EXPECT_THAT(refusal({0, 0, 65537, 0, 0, 0}), HasSubstr("a pad of 65537 on axis 2"));
}

/// [2,3], whose last node reduces it along axis 1.
Model reduce(const std::string& op, std::int64_t opset) {
  Model model{{2, 3}, opset};
  model.floats("s", {}, {1}).integers("z", {}, {0}, kInt8).sizes("axes", {1});
  model.node("DequantizeLinear", {"x", "s", "z"}, "d");
  return model.node(op, {"d", "axes"}, "r");
}

// Exporters write attributes that have their defaults as well.
TEST(OnnxNodes, AxesThatAreThereMayComeWithWhatNoneWouldMean) {
  for (const std::int64_t with_none : {0, 1}) {
    for (const char* const op : {"ReduceMean", "ReduceSum", "ReduceMax", "ReduceMin"}) {
      Model model = reduce(op, 18);
      model.with("keepdims", 1).with("noop_with_empty_axes", with_none);
      const Network network = model.node("QuantizeLinear", {"r", "s", "z"}, "y").load();
      EXPECT_EQ(network.tensor(network.outputs.at(0)).shape, (Shape{2, 1})) << op;
    }
  }
}

/// What is wrong with [2,3,4] in the shape that a part of its sizes says.
std::string reshaped_by_part(const std::vector<std::pair<std::string, std::int64_t>>& ends) {
  Model model{{2, 3, 4}, 15};
  model.node("Shape", {"x"}, "sizes");
  for (const auto& [name, value] : ends) {
    model.with(name, value);
  }
  model.node("Reshape", {"x", "sizes"}, "y");
  return model.refusal();
}

TEST(OnnxNodes, AShapeMayBeAPartOfTheSizes) {
  EXPECT_EQ(reshaped_by_part({{"start", 0}}), "");
  EXPECT_EQ(reshaped_by_part({{"start", -9}, {"end", 9}}), "");
  EXPECT_THAT(reshaped_by_part({{"start", 1}}), HasSubstr("2 x 3 x 4 for an output of 3 x 4"));
  EXPECT_THAT(reshaped_by_part({{"end", -1}}), HasSubstr("2 x 3 x 4 for an output of 2 x 3"));
  EXPECT_THAT(reshaped_by_part({{"start", -2}, {"end", 2}}), EndsWith("for an output of 3"));
  EXPECT_THAT(reshaped_by_part({{"start", 2}, {"end", 1}}), EndsWith("for an output of scalar"));
}

TEST(OnnxNodes, IntegersMayHaveATypeBesideTheirZeroPoint) {
  const auto refusal = [](bool has_zero, std::int64_t type, std::int64_t block) {
    Model model{{4}, 21};
    model.floats("s", {}, {1}).floats("t", {}, {2}).integers("z", {}, {0}, kInt8);
    model.node("DequantizeLinear", {"x", "s", "z"}, "d").with("block_size", 0);
    model.node("QuantizeLinear", {"d", "t", has_zero ? "z" : ""}, "y").with("saturate", 1);
    return model.with("output_dtype", type).with("block_size", block).refusal();
  };
  EXPECT_EQ(refusal(true, 0, 0), "");
  EXPECT_EQ(refusal(true, kInt8, 0), "");
  EXPECT_EQ(refusal(false, kInt8, 0), "");
  EXPECT_EQ(refusal(false, 0, 0), "");
  EXPECT_THAT(refusal(true, ::onnx::TensorProto::UINT8, 0),
              HasSubstr("has a zero point of INT8 for integers of UINT8"));
  EXPECT_THAT(refusal(false, kInt32, 0), HasSubstr("gives INT32, expected INT8 or UINT8"));
  EXPECT_THAT(refusal(true, 0, 2), HasSubstr("has a scale per block"));
}

// Sizes that an exporter keeps in a matrix.
TEST(OnnxNodes, SizesMayBeTransposed) {
  Model model{{2, 3}};
  model.integers("rows", {2, 1}, {3, 2}, ::onnx::TensorProto::INT64).sizes("all", {-1});
  model.node("Transpose", {"rows"}, "columns").node("Reshape", {"columns", "all"}, "sizes");
  const Network network = model.node("Reshape", {"x", "sizes"}, "y").load();
  EXPECT_EQ(network.tensor(network.outputs.at(0)).shape, (Shape{3, 2}));
}

TEST(OnnxNodes, RepeatsAreWholeAndPositive) {
  constexpr std::int64_t kLeast = std::numeric_limits<std::int64_t>::min();
  for (const std::int64_t times : {std::int64_t{0}, std::int64_t{-1}, kLeast + 1, kLeast / 2 + 1}) {
    Model model{{4}};
    EXPECT_THAT(model.sizes("times", {times}).node("Tile", {"x", "times"}, "y").refusal(),
                HasSubstr("of an axis, expected 1..2^20"));
  }
}

}  // namespace
}  // namespace systole::test
