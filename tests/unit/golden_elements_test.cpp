// Operators of the host that choose, look up or compare elements, against their definition.
#include <gtest/gtest.h>

#include <cmath>

#include "models/golden/fixed_point.hpp"
#include "sim/network/refusal.hpp"
#include "tests/unit/golden_layers.hpp"

namespace systole {
namespace {

using namespace test;

TEST(GoldenExtremum, TakesTheLargerOrTheSmallerAndRepeatsSizesOfOne) {
  const std::vector<Tensor> tensors{tensor({2, 2}), tensor({2}), tensor({2, 2})};
  EXPECT_EQ(run(Extremum{true}, tensors, {{1, -5, 3, 4}, {2, 0}}), (TensorData{2, 0, 3, 4}));
  EXPECT_EQ(run(Extremum{false}, tensors, {{1, -5, 3, 4}, {2, 0}}), (TensorData{1, -5, 2, 0}));
}

TEST(GoldenReduceExtremum, TakesTheExtremumOverTheAxes) {
  const std::vector<Tensor> columns{tensor({2, 3}), tensor({3})};
  EXPECT_EQ(run(ReduceExtremum{{0}, true}, columns, {{1, -5, 3, 0, -6, 9}}),
            (TensorData{1, -5, 9}));
  EXPECT_EQ(run(ReduceExtremum{{0}, false}, columns, {{1, -5, 3, 0, -6, 9}}),
            (TensorData{0, -6, 3}));
  EXPECT_EQ(run(ReduceExtremum{{0, 1}, true}, {tensor({2, 3}), tensor({1, 1})},
                {{-128, -128, -128, -128, -128, -128}}),
            (TensorData{-128}));
  EXPECT_THROW(run(ReduceExtremum{{2}, true}, columns, {{1, 2, 3, 4, 5, 6}}), Refusal);
}

TEST(GoldenArgExtremum, IsTheFirstOfEqualOnes) {
  const TensorData values{3, 7, 7, 1, -2, -2};
  const std::vector<Tensor> rows{tensor({2, 3}), tensor({2})};
  EXPECT_EQ(run(ArgExtremum{1, true}, rows, {values}), (TensorData{1, 0}));
  EXPECT_EQ(run(ArgExtremum{1, false}, rows, {values}), (TensorData{0, 1}));
  const std::vector<Tensor> columns{tensor({2, 3}), tensor({3})};
  EXPECT_EQ(run(ArgExtremum{0, true}, columns, {values}), (TensorData{0, 0, 0}));
  EXPECT_EQ(run(ArgExtremum{0, false}, columns, {values}), (TensorData{1, 1, 1}));
}

TEST(GoldenGather, TakesElementsOfAnAxisInTheGivenOrder) {
  EXPECT_EQ(run(Gather{1, {2, 0, 2}}, {tensor({2, 3}), tensor({2, 3})}, {{1, 2, 3, 4, 5, 6}}),
            (TensorData{3, 1, 3, 6, 4, 6}));
  EXPECT_EQ(run(Gather{0, {1}}, {tensor({2, 3}), tensor({1, 3})}, {{1, 2, 3, 4, 5, 6}}),
            (TensorData{4, 5, 6}));
  EXPECT_THROW(run(Gather{0, {2}}, {tensor({2, 3}), tensor({1, 3})}, {{1, 2, 3, 4, 5, 6}}),
               Refusal);
}

TEST(GoldenLookup, HasAnEntryForEachIntegerOfTheInput) {
  Lookup op;
  for (std::int32_t q = -128; q <= 127; ++q) {
    op.table.push_back(q * q % 100);
  }
  EXPECT_EQ(run(op, {tensor({3}), tensor({3})}, {{-128, 0, 127}}),
            (TensorData{128 * 128 % 100, 0, 127 * 127 % 100}));
  op.table.pop_back();
  EXPECT_THROW(run(op, {tensor({1}), tensor({1})}, {{0}}), Refusal);
}

TEST(GoldenPrelu, HasASlopeForEachChannel) {
  Rng rng{5};
  const Tensor in = tensor({100, 3}, 0.5F, 5);
  const Tensor alpha = tensor({3}, 0.01F, -7);
  const Tensor out = tensor({100, 3}, 0.4F, -30);
  const Prelu op{quantize_multiplier(0.5 / 0.4),
                 quantize_multiplier(0.5 * static_cast<double>(0.01F) / 0.4)};
  const std::vector<TensorData> data{random_data(rng, in.shape), {-100, 0, 120}};
  const TensorData result = run(op, {in, alpha, out}, data);
  for (std::size_t i = 0; i < result.size(); ++i) {
    const double x = real_of(data[0][i], in);
    expect_near(result[i], x >= 0 ? x : real_of(data[1][i % 3], alpha) * x, out);
  }
}

TEST(GoldenSquaredDifference, IsTheRealOneToAStep) {
  Rng rng{6};
  const Tensor a = tensor({200}, 0.02F, 3);
  const Tensor b = tensor({200}, 0.01F, -7);
  const Tensor out = tensor({200}, 0.05F, -128);
  SquaredDifference op;
  op.terms.left_shift = 7;
  op.terms.input = {quantize_multiplier(0.5), quantize_multiplier(0.25)};
  op.terms.input_zero_point = {3, -7};
  op.terms.output = scaled(0.04 * 0.04 / (1 << 14) / 0.05, -128);
  const std::vector<TensorData> data{random_data(rng, {200}), random_data(rng, {200})};
  const TensorData result = run(op, {a, b, out}, data);
  for (std::size_t i = 0; i < result.size(); ++i) {
    const double difference = real_of(data[0][i], a) - real_of(data[1][i], b);
    expect_near(result[i], difference * difference, out);
  }
}

TEST(GoldenL2Normalization, GivesRowsOfLengthOne) {
  Rng rng{7};
  const Tensor in = tensor({50, 9}, 0.3F, 20);
  const Tensor out = tensor({50, 9}, 1.0F / 128, 0);
  const TensorData data = random_data(rng, in.shape);
  const TensorData result = run(L2Normalization{}, {in, out}, {data});
  for (std::size_t row = 0; row < 50; ++row) {
    double squares = 0;
    for (std::size_t i = row * 9; i < row * 9 + 9; ++i) {
      squares += real_of(data[i], in) * real_of(data[i], in);
    }
    for (std::size_t i = row * 9; i < row * 9 + 9; ++i) {
      expect_near(result[i], real_of(data[i], in) / std::sqrt(squares), out);
    }
  }
  EXPECT_EQ(run(L2Normalization{}, {tensor({2}, 1, 3), tensor({2}, 1.0F / 128)}, {{3, 3}}),
            (TensorData{0, 0}));
}

TEST(GoldenFixedPoint, InverseSquareRootsAreRealOnesToNineteenBits) {
  Rng rng{8};
  std::uniform_int_distribution<std::int32_t> any{2, std::numeric_limits<std::int32_t>::max()};
  for (int i = 0; i < 20000; ++i) {
    const std::int32_t value = std::max(2, any(rng) >> (i % 30));
    const double real = real_multiplier(golden::inverse_square_root(value));
    EXPECT_NEAR(real * std::sqrt(value), 1.0, 2e-6) << value;
  }
}

// uint8 differences negate the multiplier: where the product of the second operand is a tie, it is
// rounded up after the minus, not before.
TEST(GoldenSub, UnsignedOnesRoundTheNegatedProduct) {
  Sub op;
  op.terms.left_shift = 0;
  op.terms.input = {QuantizedMultiplier{1 << 30, 1}, QuantizedMultiplier{1 << 30, 0}};  // 1, 1/2
  op.terms.output = scaled(1, 0);
  op.terms.output.clamp_min = -1000;
  op.terms.output.clamp_max = 1000;
  Tensor in = tensor({4});
  const std::vector<TensorData> data{{100, 100, 100, 100}, {1, 2, 3, 5}};
  EXPECT_EQ(run(op, {in, in, tensor({4})}, data), (TensorData{99, 99, 98, 97}));
  in.format.is_signed = false;
  EXPECT_EQ(run(op, {in, in, tensor({4})}, data), (TensorData{100, 99, 99, 98}));
}

TEST(GoldenResize, UnsignedBilinearRoundsHalvesUp) {
  Tensor in = tensor({1, 1, 2, 1});
  in.format.is_signed = false;
  const std::vector<Tensor> twice{in, tensor({1, 1, 4, 1})};
  EXPECT_EQ(run(ResizeBilinear{}, twice, {{0, 3}}), (TensorData{0, 2, 3, 3}));
  EXPECT_EQ(run(ResizeBilinear{false, true}, twice, {{0, 100}}), (TensorData{0, 25, 75, 100}));
}

}  // namespace
}  // namespace systole
