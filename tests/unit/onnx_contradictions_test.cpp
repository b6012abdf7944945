// Models that say two things of one, or that leave open what must be known.

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/unit/onnx_model.hpp"

namespace systole::test {
namespace {

using ::testing::HasSubstr;

TEST(OnnxContradictions, NamesStandForOneThing) {
  Model constants{{2}};
  constants.integers("one", {}, {1}, kInt8).integers("one", {}, {2}, kInt8);
  constants.node("Relu", {"x"}, "y");
  EXPECT_THAT(constants.refusal(), HasSubstr(": initializer 'one': is given twice"));
  Model attributes{{2, 3}};
  attributes.node("Concat", {"x", "x"}, "y").with("axis", 0).with("axis", 1);
  EXPECT_THAT(attributes.refusal(), HasSubstr("has the attribute 'axis' twice"));
}

TEST(OnnxContradictions, NodesHaveAsManyOutputsAsTheirOperator) {
  Model none{{2}};
  none.node("Relu", {"x"}, "");
  EXPECT_THAT(none.refusal(), HasSubstr("(Relu): has 0 outputs, expected 1"));
  Model split{{2}};
  split.node("Split", {"x"}, "");
  EXPECT_THAT(split.refusal(), HasSubstr("(Split): has 0 outputs, expected 1 or more"));
  Model several{{2}};
  several.node("Concat", {"x", "x"}, "y").with("axis", 0).writes("z");
  EXPECT_THAT(several.refusal(), HasSubstr("(Concat 'y'): has 2 outputs, expected 1"));
  Model unnamed{{2}};
  unnamed.node("Concat", {"x", "x"}, "y").with("axis", 0).writes("");
  EXPECT_EQ(unnamed.refusal(), "");
}

TEST(OnnxContradictions, SizesOfImagesAreKnown) {
  Model model{{1, 1, 4, 4}};
  model.input_size(2, "height").node("Relu", {"x"}, "y");
  EXPECT_THAT(model.refusal(), HasSubstr(": input 'x': has 'height' as size of axis 2, expected a "
                                         "number: only the first size, the batch, may be left"));
}

TEST(OnnxContradictions, OutputsAreWhatTheModelDeclares) {
  const auto with = [](::onnx::TensorProto::DataType type, const Sizes& shape) {
    Model model{{2}};
    model.node("Concat", {"x", "x"}, "y").with("axis", 0).declares(type, shape);
    return model.refusal();
  };
  EXPECT_EQ(with(kInt8, {4}), "");
  EXPECT_EQ(with(kInt8, {-1}), "") << "an open size";
  EXPECT_THAT(with(kInt8, {5}), HasSubstr("output 'y': is declared as 5, and is computed as 4"));
  EXPECT_THAT(with(kInt8, {4, -1}), HasSubstr("is declared as 4 x ?, and is computed as 4"));
  EXPECT_THAT(with(kInt32, {4}), HasSubstr("is declared as INT32, and is computed as INT8"));
}

TEST(OnnxContradictions, PadsAreGivenOrFound) {
  const auto with = [](const Sizes& pads) {
    Model model{{1, 1, 4, 4}};
    model.node("MaxPool", {"x"}, "y").with("kernel_shape", Sizes{2, 2});
    model.with("auto_pad", "SAME_UPPER").with("pads", pads);
    return model.refusal();
  };
  EXPECT_EQ(with({0, 0, 0, 0}), "");
  EXPECT_THAT(with({0, 0, 1, 1}),
              HasSubstr("has pads beside the auto_pad 'SAME_UPPER', expected one of the two"));
}

}  // namespace
}  // namespace systole::test
