#include <gtest/gtest.h>

#include "tests/unit/workload_test_files.hpp"

namespace systole {
namespace {

class HostOperators : public WorkloadFiles {
 protected:
  static std::string with(const std::string& layer, const std::string& second = "[1, 4, 4, 2]") {
    return "name: n\ninputs:\n  - {name: x, shape: [1, 4, 4, 2], scale: 0.5}\n  - {name: y, "
           "shape: " +
           second + ", scale: 0.25}\noutputs: [z]\nlayers:\n  - {name: z, " + layer + "}\n";
  }
  Network one(const std::string& layer, const std::string& second = "[1, 4, 4, 2]") {
    return load(with(layer, second));
  }
  Shape shape(const std::string& layer, const std::string& second = "[1, 4, 4, 2]") {
    const Network network = one(layer, second);
    return network.tensor(network.layers.at(0).output).shape;
  }
  template <typename Op>
  Op op(const std::string& layer) {
    return std::get<Op>(one(layer).layers.at(0).op);
  }
};

TEST_F(HostOperators, MovementsHaveTheShapesThatTheyName) {
  EXPECT_EQ(shape("op: concat, inputs: [x, x, x], axis: -1"), (Shape{1, 4, 4, 6}));
  EXPECT_EQ(shape("op: concat, inputs: [x, x], axis: 1"), (Shape{1, 8, 4, 2}));
  EXPECT_EQ(shape("op: pad, inputs: [x], before: [0, 1, 0, 0], after: [0, 0, 2, 0]"),
            (Shape{1, 5, 6, 2}));
  EXPECT_EQ(shape("op: transpose, inputs: [x], permutation: [3, 1, 2, 0]"), (Shape{2, 4, 4, 1}));
  EXPECT_EQ(shape("op: strided_slice, inputs: [x], begin: [0, 3, 0, 1], steps: [1, -1, 2, 1], "
                  "count: [1, 4, 2, 1], shape: [4, 2]"),
            (Shape{4, 2}));
  EXPECT_EQ(shape("op: resize_nearest, inputs: [x], size: [8, 2]"), (Shape{1, 8, 2, 2}));
  EXPECT_EQ(shape("op: resize_bilinear, inputs: [x], size: [8, 2], align_corners: true"),
            (Shape{1, 8, 2, 2}));
  EXPECT_EQ(shape("op: mean, inputs: [x], axes: [1, -2], output: {scale: 1}"), (Shape{1, 2}));
  EXPECT_EQ(shape("op: mean, inputs: [x], axes: [1], keep_dims: true, output: {scale: 1}"),
            (Shape{1, 1, 4, 2}));
  EXPECT_EQ(shape("op: batch_matmul, inputs: [x, y], output: {scale: 1}", "[2, 1, 2, 5]"),
            (Shape{2, 4, 4, 5}));
  EXPECT_EQ(shape("op: batch_matmul, inputs: [x, y], transpose_a: true, transpose_b: true, "
                  "output: {scale: 1}",
                  "[7, 4]"),
            (Shape{1, 4, 2, 7}));
  EXPECT_EQ(shape("op: add, inputs: [x, y], output: {scale: 1}", "[4, 1]"), (Shape{1, 4, 4, 2}));
}

TEST_F(HostOperators, MovementsKeepTheNumbersOfTheirInput) {
  const Network network = one("op: concat, inputs: [x, x], axis: 0");
  EXPECT_EQ(network.tensor(network.layers[0].output).scale, std::vector<float>{0.5F});
  EXPECT_EQ(errors(with("op: concat, inputs: [x, y], axis: 0")),
            "w.yaml:7:39: layers[0].inputs[1]: 'y' [1, 4, 4, 2] does not fit behind 'x' [1, 4, 4, "
            "2], expected the same other sizes, format, scale and zero point");
}

TEST_F(HostOperators, WhatHasNoAxisLeftHasNoRows) {
  for (const char* op :
       {"fully_connected, out_channels: 3, weights: {}", "l2_normalization", "softmax"}) {
    const std::string network =
        "name: n\ninputs: [{name: x, shape: [1, 2]}]\noutputs: [y]\nlayers:\n"
        "  - {name: m, op: mean, inputs: [x], axes: [0, 1]}\n"
        "  - {name: y, inputs: [m], op: " +
        std::string{op} + "}\n";
    EXPECT_EQ(
        errors(network, /*shapes_only=*/true),
        "w.yaml:6:24: layers[1].inputs[0]: 'm' has the shape [], expected one dimension or more");
  }
}

TEST_F(HostOperators, ConstantsComeFromTheScales) {
  const auto real = [](const Requantizer& requant) {
    return real_multiplier({requant.multiplier.at(0), requant.exponent.at(0)});
  };
  EXPECT_EQ(real(op<Mul>("op: mul, inputs: [x, y], output: {scale: 2}").output), 0.0625);
  EXPECT_EQ(real(op<Mean>("op: mean, inputs: [x], axes: [1, 2], output: {scale: 1}").requant),
            0.03125);
  EXPECT_EQ(real(op<Relu>("op: relu, inputs: [x], activation: relu, output: {scale: 2}").requant),
            0.25);
  EXPECT_EQ(
      op<Relu>("op: relu, inputs: [x], activation: relu, output: {scale: 2}").requant.clamp_min, 0);
  const auto leaky = op<LeakyRelu>("op: leaky_relu, inputs: [x], alpha: 0.5, output: {scale: 2}");
  EXPECT_EQ(real_multiplier(leaky.identity), 0.25);
  EXPECT_EQ(real_multiplier(leaky.alpha), 0.125);
  const auto cut = op<LeakyRelu>("op: leaky_relu, inputs: [x], alpha: 0, output: {scale: 2}");
  EXPECT_EQ(real_multiplier(cut.alpha), 0);
  // 0.5 in steps of 2^-26; the fixed-point range ends at 31, in steps of the power of two above.
  const auto softmax = op<Softmax>("op: softmax, inputs: [x]");
  EXPECT_EQ(real_multiplier(softmax.input), 33554432.0);
  EXPECT_EQ(softmax.diff_min, -31);
  EXPECT_EQ(op<Softmax>("op: softmax, inputs: [x], beta: 2").diff_min, -15);
}

// A kernel of 3 in strides of 2: on 8 rows one of padding, which goes after, on 7 rows two.
TEST_F(HostOperators, TransposedConvolutionsArePaddedForTheSizeOfTheirOutput) {
  const auto up = [&](const std::string& keys) {
    return "op: transpose_conv2d, inputs: [x], kernel: 3, out_channels: 1, stride: 2, weights: "
           "{}, " +
           keys;
  };
  const auto window = [&](const std::string& keys) {
    const Network network = load(with(up(keys)), /*shapes_only=*/true);
    return std::get<TransposeConv>(network.layers.at(0).op).window;
  };
  EXPECT_EQ(window("padding: same").pad_bottom, 1);
  EXPECT_EQ(window("padding: same, size: [7, 8]").pad_top, 1);
  EXPECT_EQ(window("padding: same, size: [7, 8]").pad_bottom, 1);
  EXPECT_EQ(window("padding: same, size: [7, 8]").pad_left, 0);
  EXPECT_EQ(window("size: [10, 9]").pad_top, 0);
  EXPECT_EQ(errors(with(up("padding: same, size: [8, 100]")), /*shapes_only=*/true),
            "w.yaml:7:123: layers[0].size: on [8, 100] the window has 4 x 50 places, expected as "
            "many as 'x' has pixels, 4 x 4");
  EXPECT_NE(errors(with(up("size: [11, 9]")), /*shapes_only=*/true), "");
}

// Scales for which other orders of the same operations give other integers.
TEST_F(HostOperators, ConstantsAreRoundedWhereTheKernelsRoundThem) {
  const auto with_scales = [&](float a, float b, const std::string& layer) {
    const std::string inputs =
        "name: n\ninputs:\n  - {name: x, shape: [1, 6], scale: " + std::to_string(a) +
        "}\n  - {name: y, shape: [1, 6], scale: " + std::to_string(b) +
        "}\noutputs: [z]\nlayers:\n  - {name: z, ";
    return load(inputs + layer + "}\n").layers.at(0).op;
  };
  const auto sub =
      std::get<Sub>(with_scales(0.044F, 0.089F, "op: sub, inputs: [x, y], output: {scale: 0.096}"));
  const float ratio = 2 * 0.089F / (1048576.0F * 0.096F);
  EXPECT_NE(quantize_multiplier(2 * double{0.089F} / (1048576 * double{0.096F})).multiplier,
            quantize_multiplier(double{ratio}).multiplier);
  EXPECT_EQ(sub.terms.output.multiplier.at(0), quantize_multiplier(double{ratio}).multiplier);
  EXPECT_EQ(sub.terms.input[0].multiplier,
            quantize_multiplier(double{0.044F / (2 * 0.089F)}).multiplier);

  const auto mul = std::get<Mul>(
      with_scales(0.189036F, 0.108931F, "op: mul, inputs: [x, y], output: {scale: 0.148268}"));
  EXPECT_EQ(
      mul.output.multiplier.at(0),
      quantize_multiplier(double{0.189036F} * double{0.108931F} / double{0.148268F}).multiplier);

  // 2^30 * 4 / 6, rounded down: the quotient keeps the two bits that the count takes.
  const auto mean = std::get<Mean>(
      with_scales(0.5F, 1.0F, "op: mean, inputs: [x], axes: [1], output: {scale: 0.5}"));
  EXPECT_EQ(mean.requant.multiplier.at(0), 715827882);
  EXPECT_EQ(mean.requant.exponent.at(0), -1);
}

// Positions have 32 bits.
TEST_F(HostOperators, SumsWithAShiftOfTheirOwnTakeAnyWidth) {
  const auto sum = [&](const std::string& requant) {
    return errors(
        "name: n\ninputs: [{name: x, shape: [1, 4, 5], scale: 1}]\noutputs: [z]\nlayers:\n"
        "  - {name: a, op: arg_max, inputs: [x], axis: 2}\n"
        "  - {name: z, op: add, inputs: [a, a], output: {scale: 1, bits: 16}" +
        requant + "}\n");
  };
  EXPECT_EQ(sum(", requant: {multiplier: [1073741824], exponent: [-9], left_shift: 10, operands: "
                "{multiplier: [1073741824, 1073741824], exponent: [0, 0]}}"),
            "");
  EXPECT_NE(sum("").find("have 32 bits, expected at most 30: add computes"), std::string::npos);
}

TEST_F(HostOperators, WidthsThatDoNotFitTheHosts32BitsAreRefused) {
  const auto wide = [&](const std::string& numbers, const std::string& layer) {
    return "name: n\ninputs:\n  - {name: x, shape: [1, 40000], scale: 1, " + numbers +
           "}\noutputs: [z]\nlayers:\n  - {name: z, " + layer +
           ", output: {scale: 4096, bits: 16}}\n";
  };
  const auto square = [&](int bits) {
    const Network network =
        load(wide("bits: " + std::to_string(bits), "op: squared_difference, inputs: [x, x]"));
    return std::get<SquaredDifference>(network.layers.at(0).op).terms.left_shift;
  };
  EXPECT_EQ(square(8), 7);
  EXPECT_EQ(square(12), 3);
  EXPECT_EQ(square(15), 0);
  EXPECT_EQ(errors(wide("bits: 16", "op: squared_difference, inputs: [x, x]")),
            "w.yaml:6:47: layers[0].inputs: have 16 bits, expected at most 15: squared_difference "
            "computes in 32 bits");
  EXPECT_EQ(errors(wide("bits: 16", "op: mul, inputs: [x, x]")), "");
  EXPECT_EQ(
      errors(wide("bits: 16, zero_point: -32768", "op: mul, inputs: [x, x]")),
      "w.yaml:6:32: layers[0].inputs: mul of such bits and zero points may be above 2^31 - 1, "
      "expected fewer bits: it computes in 32");
  EXPECT_NE(errors(wide("bits: 16, signed: false", "op: prelu, inputs: [x, x]")), "");
  EXPECT_EQ(errors(wide("bits: 16", "op: mean, inputs: [x], axes: [1]")), "");
  EXPECT_NE(errors(wide("bits: 16, zero_point: 32767", "op: sum, inputs: [x], axes: [1]")), "");
}

// Given constants with operands of 16 bits, and no left shift beside them.
TEST_F(HostOperators, WideSumsAreShiftedLessWhereNothingElseIsSaid) {
  const Network network = load(
      "name: n\ninputs: [{name: x, shape: [4], scale: 1, bits: 16}]\noutputs: [z]\nlayers:\n"
      "  - {name: z, op: add, inputs: [x, x], output: {bits: 16}, requant: {multiplier: "
      "[1073741824], exponent: [-12], operands: {multiplier: [1073741824, 1073741824], exponent: "
      "[0, 0]}}}\n");
  EXPECT_EQ(std::get<Add>(network.layers.at(0).op).left_shift, 14);
}

TEST_F(HostOperators, AReluClipsWithoutBeingToldAndOtherwiseAsItIsTold) {
  const auto limits = [&](const std::string& keys) {
    const auto relu = op<Relu>("op: relu, inputs: [x], output: {scale: 0.5, zero_point: 3}" + keys);
    return std::pair{relu.requant.clamp_min, relu.requant.clamp_max};
  };
  EXPECT_EQ(limits(""), std::pair(3, 127));
  EXPECT_EQ(limits(", activation: relu6"), std::pair(3, 15));
  EXPECT_EQ(limits(", activation: {min: -1, max: 1}"), std::pair(1, 5));
  EXPECT_EQ(limits(", clamp: [-128, 127]"), std::pair(-128, 127));
}

TEST_F(HostOperators, ConstantsThatAreGivenAreTakenAsTheyAre) {
  const auto add = op<Add>(
      "op: add, inputs: [x, y], requant: {multiplier: [1500000000], exponent: [-19], left_shift: "
      "18, operands: {multiplier: [1300000000, 1400000000], exponent: [0, -1]}}");
  EXPECT_EQ(add.left_shift, 18);
  EXPECT_EQ(add.input[1].multiplier, 1'400'000'000);
  EXPECT_EQ(add.input[1].exponent, -1);
  EXPECT_EQ(add.output.exponent, std::vector<std::int32_t>{-19});
  const auto mul = op<Mul>(
      "op: mul, inputs: [x, y], requant: {multiplier: [1500000000], exponent: [-4], variant: "
      "single, rounding: half_up}");
  EXPECT_EQ(mul.output.variant, RequantVariant::Single);
  EXPECT_EQ(mul.output.rounding, Rounding::HalfUp);
}

TEST_F(HostOperators, ConstantTensorsAreReadLikeInputs) {
  write_array<std::int8_t>("c.npy", {2}, {3, -4});
  const Network network = load(
      "name: n\ninputs: [{name: x, shape: [4, 2], scale: 1}]\n"
      "constants: [{name: c, file: c.npy, scale: 0.5, zero_point: 1}]\noutputs: [z]\nlayers:\n"
      "  - {name: z, op: mul, inputs: [x, c], output: {scale: 1}}\n");
  const Tensor& constant = network.tensor(network.layers[0].inputs[1]);
  EXPECT_EQ(constant.data, (TensorData{3, -4}));
  EXPECT_EQ(constant.zero_point, 1);
  EXPECT_TRUE(network.has_data());
  EXPECT_EQ(network.inputs.size(), 1U);
}

TEST_F(HostOperators, WhatDoesNotFitIsNamed) {
  const auto error = [&](const std::string& layer, const std::string& second = "[1, 4, 4, 2]") {
    const std::string text = errors(with(layer, second));
    return text.substr(text.find("layers[0]"));
  };
  EXPECT_EQ(error("op: transpose, inputs: [x], permutation: [0, 1, 1, 2]"),
            "layers[0].permutation: expected each axis of 'x' [1, 4, 4, 2] once, counted from 0");
  EXPECT_EQ(error("op: strided_slice, inputs: [x], begin: [0, 0, 0, 1], count: [1, 4, 4, 2]"),
            "layers[0].count: reaches from 1 to 2 on axis 3 of 'x' [1, 4, 4, 2]");
  EXPECT_EQ(error("op: pad, inputs: [x], before: [1], after: [0, 0, 0, 0]"),
            "layers[0].before: has 1 values, expected 4, one for each dimension of 'x'");
  EXPECT_EQ(error("op: mean, inputs: [x], axes: [1, 1], output: {scale: 1}"),
            "layers[0].axes: 1 comes twice or is no axis of 'x' [1, 4, 4, 2]");
  EXPECT_EQ(error("op: mul, inputs: [x, y]"),
            "layers[0].output: it and the inputs need scales, or requant");
  EXPECT_EQ(error("op: dequantize, inputs: [z]"),
            "layers[0].inputs: the layers form a cycle: z reads z");
  EXPECT_EQ(error("op: batch_matmul, inputs: [x, y], output: {scale: 1}", "[3, 5]"),
            "layers[0].inputs: the shapes do not fit: 'x' is [1, 4, 4, 2], 'y' is [3, 5]");
  EXPECT_EQ(error("op: batch_matmul, inputs: [x, y], transpose_b: true, output: {scale: 1.0e-30}"),
            "layers[0].output: its scale is too small for those of the inputs");
  EXPECT_EQ(error("op: leaky_relu, inputs: [x], alpha: 1e31, output: {scale: 1}"),
            "layers[0].alpha: 1e31 is out of range, expected a number in 0..1e+30");
  EXPECT_EQ(error("op: leaky_relu, inputs: [x], alpha: 0.5, output: {scale: 1.0e-30}"),
            "layers[0].output: its scale is too small for those of the inputs");
  EXPECT_EQ(error("op: squared_difference, inputs: [x, x], requant: {scale: 1, operands: {scale: "
                  "[1, 1]}}"),
            "layers[0].requant.scale: squared_difference takes multiplier and exponent alone");
  EXPECT_EQ(error("op: softmax, inputs: [x], axis: 1"), "layers[0].axis: softmax has no such key");
}

}  // namespace
}  // namespace systole
