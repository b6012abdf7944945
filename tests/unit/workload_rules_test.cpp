// The rules that stand alone: order of layers, geometry, scales.

#include <gtest/gtest.h>

#include <cmath>

#include "sim/workload/geometry.hpp"
#include "sim/workload/layer_order.hpp"
#include "sim/workload/scales.hpp"

namespace systole {
namespace {

using Lists = std::vector<std::vector<std::size_t>>;

TEST(LayerOrder, ListThatCanRunStaysAsItIs) {
  EXPECT_EQ(order_layers({{}, {0}, {}, {1, 2}}).order, (std::vector<std::size_t>{0, 1, 2, 3}));
}

TEST(LayerOrder, LayerComesAfterWhatItReads) {
  const LayerOrder found = order_layers({{2}, {0, 0}, {}, {}});
  EXPECT_EQ(found.order, (std::vector<std::size_t>{2, 0, 1, 3}));
  EXPECT_TRUE(found.cycles.empty());
}

TEST(LayerOrder, EachCycleIsFoundOnceAndWhatHangsBehindItIsNone) {
  // 0 runs; 1 and 2 read each other; 3 reads 2; 4 reads itself; 5 reads 3 and 4.
  const LayerOrder found = order_layers({{}, {0, 2}, {1}, {2}, {4}, {3, 4}});
  EXPECT_EQ(found.order, (std::vector<std::size_t>{0}));
  EXPECT_EQ(found.cycles, (Lists{{1, 2}, {4}}));
}

TEST(LayerOrder, LongChainsNeedNoDeepStack) {
  constexpr std::size_t kLayers = 200'000;
  Lists backwards(kLayers);
  for (std::size_t i = 0; i + 1 < kLayers; ++i) {
    backwards[i] = {i + 1};
  }
  EXPECT_EQ(order_layers(backwards).order.front(), kLayers - 1);
  backwards[kLayers - 1] = {0};
  EXPECT_EQ(order_layers(backwards).cycles.at(0).size(), kLayers);
}

TEST(Geometry, ElementsAreCountedWithoutOverflow) {
  EXPECT_EQ(checked_elements({2, 3, 4}), 24);
  EXPECT_EQ(checked_elements({}), 1);
  EXPECT_EQ(checked_elements({std::int64_t{1} << 31}), std::int64_t{1} << 31);
  EXPECT_EQ(checked_elements({(std::int64_t{1} << 31) + 1}), std::nullopt);
  EXPECT_EQ(checked_elements({std::int64_t{1} << 32, std::int64_t{1} << 32}), std::nullopt);
  EXPECT_EQ(checked_elements({4, 0}), std::nullopt);
  EXPECT_EQ(checked_elements({4, -1}), std::nullopt);
}

// TensorFlow: as many outputs as strides, the odd row after the image.
TEST(Geometry, SamePaddingPutsTheOddRowAfter) {
  Window window;
  window.kernel_h = window.kernel_w = 3;
  window.stride_h = window.stride_w = 2;
  pad_same(window, 8, 7);
  EXPECT_EQ(window.pad_top, 0);
  EXPECT_EQ(window.pad_bottom, 1);
  EXPECT_EQ(window.pad_left, 1);
  EXPECT_EQ(window.pad_right, 1);
}

TEST(Geometry, SamePaddingGivesOneOutputPerStrideForEverySize) {
  for (std::int64_t size = 1; size <= 20; ++size) {
    for (std::int64_t kernel = 1; kernel <= 7; ++kernel) {
      for (std::int64_t stride = 1; stride <= 5; ++stride) {
        for (std::int64_t dilation = 1; dilation <= 3; ++dilation) {
          Window window;
          window.kernel_h = kernel;
          window.stride_h = stride;
          window.dilation_h = dilation;
          pad_same(window, size, 1);
          EXPECT_EQ(output_size(window, size, 1).h, (size + stride - 1) / stride);
          EXPECT_GE(window.pad_bottom, window.pad_top);
          EXPECT_LE(window.pad_bottom - window.pad_top, 1);
        }
      }
    }
  }
}

TEST(Geometry, WindowLargerThanThePaddedImageHasNoOutput) {
  Window window;
  window.kernel_h = 3;
  window.dilation_h = 2;  // spans 5 rows
  EXPECT_EQ(output_size(window, 4, 1).h, std::nullopt);
  window.pad_bottom = 1;
  EXPECT_EQ(output_size(window, 4, 1).h, 1);
}

// Found by search: for these scales the two formulas differ, so a mix-up shows.
TEST(Scales, ProductOfScalesIsRoundedToFloatOnlyForFullyConnectedLayersWithOneScale) {
  const float a = 0.1F;
  const float b = 0.3F;
  const float c = 0.7F;
  const double exact = static_cast<double>(a) * static_cast<double>(b) / static_cast<double>(c);
  const double rounded = static_cast<double>(a * b) / static_cast<double>(c);
  ASSERT_NE(quantize_multiplier(exact).multiplier, quantize_multiplier(rounded).multiplier);
  EXPECT_EQ(convolution_multipliers(a, {b}, c)->at(0).multiplier,
            quantize_multiplier(exact).multiplier);
  EXPECT_EQ(product_multipliers(a, {b}, c)->at(0).multiplier,
            quantize_multiplier(rounded).multiplier);
  EXPECT_EQ(product_multipliers(a, {b, b}, c)->at(1).multiplier,
            quantize_multiplier(exact).multiplier);
}

TEST(Scales, MultipliersOfTwoToTheThirtyAndMoreAreRefused) {
  EXPECT_TRUE(convolution_multipliers(1 << 29, {1.0F}, 1.0F));
  EXPECT_FALSE(convolution_multipliers(1 << 30, {1.0F}, 1.0F));
  EXPECT_FALSE(product_multipliers(1e30F, {1e30F}, 1.0F));  // infinite in float32
  EXPECT_EQ(product_multipliers(1e-30F, {1e-30F}, 1.0F)->at(0).multiplier, 0);  // 0 in float32
}

TEST(Scales, AddScalesTheLargerInputByOneHalf) {
  Add add;
  ASSERT_TRUE(set_add_multipliers(add, 0.25F, 0.5F, 0.5F, 8));
  EXPECT_EQ(add.left_shift, 20);
  EXPECT_EQ(real_multiplier(add.input[0]), 0.25);
  EXPECT_EQ(add.input[1].multiplier, 1 << 30);
  EXPECT_EQ(add.input[1].exponent, 0);
  EXPECT_EQ(real_multiplier({add.output.multiplier.at(0), add.output.exponent.at(0)}),
            std::ldexp(2.0, -20));
}

// |q - zero point| of 16-bit operands is below 2^16.
TEST(Scales, AddShiftsWideOperandsLessSoThatTheyFitIn32Bits) {
  Add add;
  ASSERT_TRUE(set_add_multipliers(add, 1.0F, 1.0F, 1.0F, 16));
  EXPECT_EQ(add.left_shift, 14);
  ASSERT_TRUE(set_add_multipliers(add, 1.0F, 1.0F, 1.0F, 10));
  EXPECT_EQ(add.left_shift, 20);
}

TEST(Scales, ValuesAreRoundedHalfAwayFromZeroAndClamped) {
  const ElementFormat int8{8, true};
  EXPECT_EQ(quantize_value(0.5F, 1.0F, 0, int8), 1);
  EXPECT_EQ(quantize_value(-0.5F, 1.0F, 0, int8), -1);
  EXPECT_EQ(quantize_value(1.5F, 1.0F, 10, int8), 12);
  EXPECT_EQ(quantize_value(6.0F, 0.0235F, -128, int8), 127);
  EXPECT_EQ(quantize_value(-1e30F, 1e-10F, 0, int8), -128);
  EXPECT_EQ(quantize_value(3.0F, 1.0F, 0, {2, false}), 3);
  EXPECT_EQ(quantize_value(4.0F, 1.0F, 0, {2, false}), 3);
}

}  // namespace
}  // namespace systole
