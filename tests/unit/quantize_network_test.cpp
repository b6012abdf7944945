#include <gtest/gtest.h>

#include "sim/network/refusal.hpp"
#include "sim/quantize/float_network.hpp"

namespace systole::quantize {
namespace {

FloatTensor zeros(const Shape& shape) {
  return {shape, std::vector<float>(static_cast<std::size_t>(element_count(shape)))};
}

FloatConv2d conv_3x3(std::int64_t out, std::int64_t in) {
  FloatConv2d conv;
  conv.window.kernel_h = conv.window.kernel_w = 3;
  conv.window.pad_top = conv.window.pad_left = 1;
  conv.weight = zeros({out, 3, 3, in});
  return conv;
}

std::string refusal(FloatNetwork network, FloatOp op, const std::vector<ValueId>& from) {
  try {
    network.add_layer("layer", std::move(op), from);
  } catch (const Refusal& error) {
    return error.what();
  }
  return "no error";
}

TEST(FloatNetworkTest, ShapesFollowFromTheOperators) {
  FloatNetwork network;
  const ValueId image = network.add_input("image", {1, 8, 10, 3});
  FloatConv2d conv = conv_3x3(4, 3);
  conv.window.stride_h = 2;
  const ValueId a = network.add_layer("a", conv, {image});
  EXPECT_EQ(network.value(a).shape, (Shape{1, 4, 9, 4}));
  const ValueId b = network.add_layer("b", FloatClip{0.0F, 6.0F}, {a});
  const ValueId c = network.add_layer("c", FloatConcat{3}, {a, b, a});
  EXPECT_EQ(network.value(c).shape, (Shape{1, 4, 9, 12}));
  const ValueId d = network.add_layer("d", FloatGlobalAveragePool{}, {c});
  const ValueId e = network.add_layer("e", FloatReshape{{1, 12}}, {d});
  const ValueId f = network.add_layer("f", FloatFullyConnected{zeros({10, 12}), {}}, {e});
  EXPECT_EQ(network.value(f).shape, (Shape{1, 10}));
  const ValueId g = network.add_layer("g", FloatTranspose{{0, 3, 1, 2}}, {c});
  EXPECT_EQ(network.value(g).shape, (Shape{1, 12, 4, 9}));
  EXPECT_EQ(network.value(g).name, "g");
}

TEST(FloatNetworkTest, WhatDoesNotFitIsRefusedWithBothShapes) {
  FloatNetwork network;
  const ValueId image = network.add_input("image", {1, 8, 8, 3});
  const ValueId other = network.add_input("other", {1, 8, 8, 2});
  EXPECT_EQ(refusal(network, conv_3x3(4, 2), {image}),
            "the weights are [4, 3, 3, 2], expected 3 input channels");
  EXPECT_EQ(refusal(network, FloatAdd{}, {image, other}),
            "adds [1, 8, 8, 3] and [1, 8, 8, 2], expected two of one shape");
  EXPECT_EQ(refusal(network, FloatAdd{}, {image}), "has 1 inputs, expected two");
  EXPECT_EQ(refusal(network, FloatConcat{1}, {image, other}),
            "joins [1, 8, 8, 3] and [1, 8, 8, 2], expected the same sizes off axis 1");
  EXPECT_EQ(refusal(network, FloatReshape{{1, 100}}, {image}),
            "reshapes [1, 8, 8, 3] to [1, 100], expected as many elements");
  FloatMaxPool pool;
  pool.window.kernel_h = pool.window.kernel_w = 9;
  EXPECT_EQ(refusal(network, pool, {image}),
            "the kernel reaches over 9 elements, and the padded input has 8");
}

}  // namespace
}  // namespace systole::quantize
