// Operators of the host, each against arithmetic of another kind: reals, sums from the other side,
// or the definition spelled out.
#include <gtest/gtest.h>

#include <cmath>

#include "sim/network/refusal.hpp"
#include "tests/unit/golden_layers.hpp"

namespace systole {
namespace {

using namespace test;

TEST(GoldenSub, IsTheRealDifference) {
  Rng rng{1};
  const Tensor a = tensor({100}, 0.5F, 3);
  const Tensor b = tensor({100}, 0.25F, -7);
  const Tensor out = tensor({100}, 0.75F, 9);
  Sub op;
  op.terms.input = {quantize_multiplier(0.5), quantize_multiplier(0.25)};
  op.terms.input_zero_point = {3, -7};
  op.terms.output = scaled(1.0 / (1 << 20) / 0.75, 9);
  const std::vector<TensorData> data{random_data(rng, {100}), random_data(rng, {100})};
  const TensorData result = run(op, {a, b, out}, data);
  for (std::size_t i = 0; i < result.size(); ++i) {
    expect_near(result[i], real_of(data[0][i], a) - real_of(data[1][i], b), out);
  }
}

TEST(GoldenMul, IsTheRealProductAndRepeatsSizesOfOne) {
  Rng rng{2};
  const Tensor a = tensor({2, 3, 1}, 0.5F, 3);
  const Tensor b = tensor({3, 4}, 0.25F, -7);
  const Tensor out = tensor({2, 3, 4}, 10, 9);
  const std::vector<TensorData> data{random_data(rng, a.shape), random_data(rng, b.shape)};
  const TensorData result = run(Mul{scaled(0.5 * 0.25 / 10, 9)}, {a, b, out}, data);
  for (std::size_t i = 0; i < result.size(); ++i) {
    expect_near(result[i], real_of(data[0][i / 4], a) * real_of(data[1][i % 12], b), out);
  }
}

TEST(GoldenAdd, RepeatsSizesOfOneAndRefusesOthers) {
  Add op;
  op.left_shift = 0;
  op.output = as_is();
  EXPECT_EQ(run(op, {tensor({2, 2}), tensor({2}), tensor({2, 2})}, {{1, 2, 3, 4}, {10, 20}}),
            (TensorData{11, 22, 13, 24}));
  EXPECT_THROW(run(op, {tensor({2, 2}), tensor({3}), tensor({2, 2})}, {{1, 2, 3, 4}, {1, 2, 3}}),
               Refusal);
}

TEST(GoldenMean, IsTheRealMeanOverTheAxes) {
  Rng rng{3};
  const Tensor in = tensor({2, 5, 7, 3}, 0.5F, 4);
  const Tensor out = tensor({2, 3}, 0.125F, -2);
  const TensorData data = random_data(rng, in.shape);
  const TensorData result = run(Mean{{1, 2}, scaled(0.5 / 0.125 / 35, -2)}, {in, out}, {data});
  for (std::size_t n = 0; n < 2; ++n) {
    for (std::size_t c = 0; c < 3; ++c) {
      double sum = 0;
      for (std::size_t pixel = 0; pixel < 35; ++pixel) {
        sum += real_of(data[(n * 35 + pixel) * 3 + c], in);
      }
      expect_near(result[n * 3 + c], sum / 35, out);
    }
  }
}

TEST(GoldenSoftmax, IsTheRealSoftmaxToAStep) {
  Rng rng{4};
  constexpr std::size_t kClasses = 10;
  const Tensor in = tensor({20, kClasses}, 0.1F);
  const Tensor out = tensor({20, kClasses}, 1.0F / 256, -128);
  Softmax op;
  op.input = quantize_multiplier(static_cast<double>(0.1F) * (1 << 26));
  op.diff_min = -static_cast<std::int32_t>(std::ldexp(31, 26 - op.input.exponent));
  const TensorData data = random_data(rng, in.shape);
  const TensorData result = run(op, {in, out}, {data});
  for (std::size_t row = 0; row < 20; ++row) {
    double sum = 0;
    for (std::size_t i = 0; i < kClasses; ++i) {
      sum += std::exp(real_of(data[row * kClasses + i], in));
    }
    for (std::size_t i = 0; i < kClasses; ++i) {
      const std::size_t at = row * kClasses + i;
      expect_near(result[at], std::exp(real_of(data[at], in)) / sum, out);
    }
  }
}

TEST(GoldenLogistic, IsTheRealLogisticToAStepForEveryInput) {
  for (const float scale : {0.001F, 0.03F, 0.1F, 0.5F}) {
    TensorData data;
    for (std::int32_t q = -128; q <= 127; ++q) {
      data.push_back(q);
    }
    const Tensor in = tensor({256}, scale, 11);
    const Tensor out = tensor({256}, 1.0F / 256, -128);
    Logistic op;
    op.input = quantize_multiplier(static_cast<double>(scale) * (1 << 27));
    op.radius = static_cast<std::int32_t>(std::min(std::ldexp(15, 27 - op.input.exponent), 1e6));
    const TensorData result = run(op, {in, out}, {data});
    for (std::size_t i = 0; i < data.size(); ++i) {
      expect_near(result[i], 1 / (1 + std::exp(-real_of(data[i], in))), out);
    }
  }
}

TEST(GoldenLeakyRelu, HasASlopeOnEitherSide) {
  Rng rng{5};
  const Tensor in = tensor({300}, 0.5F, 5);
  const Tensor out = tensor({300}, 0.4F, -30);
  const LeakyRelu op{quantize_multiplier(0.5 / 0.4), quantize_multiplier(0.5 * 0.1 / 0.4)};
  const TensorData data = random_data(rng, in.shape);
  const TensorData result = run(op, {in, out}, {data});
  for (std::size_t i = 0; i < data.size(); ++i) {
    const double x = real_of(data[i], in);
    expect_near(result[i], x >= 0 ? x : 0.1 * x, out);
  }
}

TEST(GoldenPad, SurroundsWithTheValue) {
  EXPECT_EQ(run(Pad{{1, 0}, {0, 2}, -9}, {tensor({1, 2}), tensor({2, 4})}, {{1, 2}}),
            (TensorData{-9, -9, -9, -9, 1, 2, -9, -9}));
}

TEST(GoldenConcat, PutsInputsBehindOneAnotherOnAnAxis) {
  EXPECT_EQ(
      run(Concat{1}, {tensor({2, 1}), tensor({2, 2}), tensor({2, 3})}, {{1, 2}, {3, 4, 5, 6}}),
      (TensorData{1, 3, 4, 2, 5, 6}));
  EXPECT_THROW(run(Concat{1}, {tensor({2, 1}), tensor({2, 3})}, {{1, 2}}), Refusal);
}

TEST(GoldenTranspose, PermutesTheAxes) {
  EXPECT_EQ(run(Transpose{{2, 0, 1}}, {tensor({1, 2, 3}), tensor({3, 1, 2})}, {{1, 2, 3, 4, 5, 6}}),
            (TensorData{1, 4, 2, 5, 3, 6}));
}

TEST(GoldenStridedSlice, RefusesToLeaveItsInput) {
  EXPECT_EQ(run(StridedSlice{{4}, {-2}, {3}}, {tensor({5}), tensor({3})}, {{0, 1, 2, 3, 4}}),
            (TensorData{4, 2, 0}));
  EXPECT_THROW(run(StridedSlice{{3}, {2}, {2}}, {tensor({5}), tensor({2})}, {{0, 1, 2, 3, 4}}),
               Refusal);
}

TEST(GoldenResize, NearestTakesThePixelBelowOrTheNearestCorner) {
  const std::vector<Tensor> twice{tensor({1, 1, 2, 1}), tensor({1, 1, 4, 1})};
  EXPECT_EQ(run(ResizeNearest{}, twice, {{1, 2}}), (TensorData{1, 1, 2, 2}));
  const std::vector<Tensor> corners{tensor({1, 1, 3, 1}), tensor({1, 1, 4, 1})};
  EXPECT_EQ(run(ResizeNearest{true, false}, corners, {{1, 2, 3}}), (TensorData{1, 2, 2, 3}));
}

TEST(GoldenResize, BilinearWeighsNeighboursByTheirDistance) {
  const std::vector<Tensor> twice{tensor({1, 1, 2, 1}), tensor({1, 1, 4, 1})};
  EXPECT_EQ(run(ResizeBilinear{false, true}, twice, {{0, 100}}), (TensorData{0, 25, 75, 100}));
  EXPECT_EQ(run(ResizeBilinear{}, twice, {{0, 100}}), (TensorData{0, 50, 100, 100}));
  EXPECT_EQ(run(ResizeBilinear{}, twice, {{0, -3}}), (TensorData{0, -2, -3, -3}));  // away from 0
  const std::vector<Tensor> corners{tensor({1, 1, 2, 1}), tensor({1, 1, 5, 1})};
  EXPECT_EQ(run(ResizeBilinear{true, false}, corners, {{0, 100}}),
            (TensorData{0, 25, 50, 75, 100}));
}

// <conv(x), y> = <x, transpose_conv(y)> for all x and y: transposed convolution is the adjoint.
TEST(GoldenTransposeConv, IsTheAdjointOfTheConvolution) {
  Rng rng{6};
  for (int i = 0; i < 20; ++i) {
    Window window;
    window.kernel_h = 1 + i % 3;
    window.kernel_w = 3;
    window.stride_h = 1 + i % 2;
    window.stride_w = 2;
    window.pad_top = i % 2;
    window.pad_left = window.pad_right = 1;
    const Shape small{2, (7 + window.pad_top - window.kernel_h) / window.stride_h + 1, 4, 3};
    const Shape large{2, 7, 7, 5};
    Conv2d conv;
    conv.window = window;
    conv.requant = as_is();
    TransposeConv transposed;
    transposed.window = window;
    transposed.requant = as_is();
    const TensorData x = random_data(rng, large);
    const TensorData y = random_data(rng, small);
    // [small C][kh][kw][large C], and the same with the channels swapped.
    const Shape weight_shape{3, window.kernel_h, window.kernel_w, 5};
    const Shape swapped_shape{5, window.kernel_h, window.kernel_w, 3};
    const TensorData weight = random_data(rng, weight_shape);
    TensorData swapped(weight.size());
    const auto taps = static_cast<std::size_t>(window.kernel_h * window.kernel_w);
    for (std::size_t s = 0; s < 3; ++s) {
      for (std::size_t tap = 0; tap < taps; ++tap) {
        for (std::size_t l = 0; l < 5; ++l) {
          swapped[(l * taps + tap) * 3 + s] = weight[(s * taps + tap) * 5 + l];
        }
      }
    }
    const TensorData down =
        run(conv, {tensor(large), tensor(weight_shape), tensor(small)}, {x, weight});
    const TensorData up =
        run(transposed, {tensor(small), tensor(swapped_shape), tensor(large)}, {y, swapped});
    std::int64_t left = 0;
    std::int64_t right = 0;
    for (std::size_t j = 0; j < down.size(); ++j) {
      left += std::int64_t{down[j]} * y[j];
    }
    for (std::size_t j = 0; j < up.size(); ++j) {
      right += std::int64_t{up[j]} * x[j];
    }
    EXPECT_EQ(left, right) << i;
  }
}

TEST(GoldenBatchMatMul, MultipliesEveryBatchAndRepeatsTheSingleOne) {
  Rng rng{7};
  const Tensor a = tensor({3, 2, 4}, 1, 5);
  const Tensor b = tensor({1, 5, 4}, 1, -6);  // transposed
  const TensorData left = random_data(rng, a.shape);
  const TensorData right = random_data(rng, b.shape);
  const TensorData result =
      run(BatchMatMul{false, true, as_is()}, {a, b, tensor({3, 2, 5})}, {left, right});
  for (std::size_t row = 0; row < 6; ++row) {
    for (std::size_t column = 0; column < 5; ++column) {
      std::int32_t sum = 0;
      for (std::size_t k = 0; k < 4; ++k) {
        sum += (left[row * 4 + k] - 5) * (right[column * 4 + k] + 6);
      }
      EXPECT_EQ(result[row * 5 + column], sum);
    }
  }
}

}  // namespace
}  // namespace systole
