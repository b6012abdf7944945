#include "models/array/pe_array.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <deque>
#include <iterator>
#include <random>
#include <utility>
#include <vector>

#include "models/array/multiply_pairs.hpp"
#include "sim/storage/psum.hpp"
#include "tests/support/array_bench.hpp"

namespace systole {
namespace {

using test::array_of;
using test::ArrayBench;

using Make = std::unique_ptr<PeArray> (*)(const ArrayConfig&);

ArrayBench bench_of(Make make, std::uint32_t rows, std::uint32_t cols, std::uint32_t seed) {
  const ArrayConfig config = array_of(rows, cols);
  return {config, make(config), seed};
}

/// Both keep the same contract, whatever their registers.
class WeightStationaryArray : public ::testing::TestWithParam<Make> {};
INSTANTIATE_TEST_SUITE_P(Kinds, WeightStationaryArray,
                         ::testing::Values(make_watched_weight_stationary_array,
                                           make_retimed_weight_stationary_array),
                         [](const auto& kind) { return kind.index == 0 ? "Watched" : "Retimed"; });

TEST_P(WeightStationaryArray, EveryRowLeavesWithItsProductRowsPlusColsMinusTwoCyclesLater) {
  std::minstd_rand shapes{1};
  for (std::uint32_t seed = 0; seed < 120; ++seed) {
    const auto rows = static_cast<std::uint32_t>(1 + shapes() % 20);
    const auto cols = static_cast<std::uint32_t>(1 + shapes() % 20);
    SCOPED_TRACE(testing::Message() << "seed " << seed << ", " << rows << " x " << cols);
    ArrayBench bench = bench_of(GetParam(), rows, cols, seed);
    bench.run(20);
    ASSERT_GT(bench.rows_checked(), 20);
  }
}

TEST_P(WeightStationaryArray, HoldsAtSizesBeyondAVectorRegister) {
  for (const std::uint32_t size : {33U, 64U, 100U}) {
    ArrayBench bench = bench_of(GetParam(), size, size + 1, size);
    bench.run(10);
  }
}

TEST(MultiplyPairs, AllKindsAgreeOnExtremesAndOnEveryCount) {
  std::minstd_rand rng{1};
  const auto pair = [&rng] {
    const auto operand = [&rng] {
      constexpr std::array<std::int16_t, 4> kExtremes{-32768, 32767, 0, -1};
      const auto r = static_cast<std::uint32_t>(rng());
      return r % 3 == 0 ? kExtremes[r / 3 % 4] : static_cast<std::int16_t>(r / 16);
    };
    return OperandPairOfRows{operand(), operand()};
  };
  for (std::size_t count = 0; count < 70; ++count) {
    std::array<std::vector<OperandPairOfRows>, 4> operands;
    for (auto& row : operands) {
      std::generate_n(std::back_inserter(row), count, pair);
    }
    std::vector<std::uint32_t> expected(count);
    std::generate(expected.begin(), expected.end(),
                  [&] { return static_cast<std::uint32_t>(rng()); });
    const std::vector<std::uint32_t> before = expected;
    for (std::size_t i = 0; i < count; ++i) {
      for (std::size_t j = 0; j < 4; j += 2) {
        const OperandPairOfRows a = operands[j][i];
        const OperandPairOfRows b = operands[j + 1][i];
        expected[i] += static_cast<std::uint32_t>(a.upper * b.upper) +
                       static_cast<std::uint32_t>(a.lower * b.lower);
      }
    }
    for (const MultiplyPairs multiply : multiply_pairs_here()) {
      std::vector<std::uint32_t> sums = before;
      sums.push_back(42);  // behind the last one
      multiply(sums.data(), operands[0].data(), operands[1].data(), operands[2].data(),
               operands[3].data(), count);
      EXPECT_EQ(sums.back(), 42U);
      sums.pop_back();
      EXPECT_EQ(sums, expected);
    }
  }
}

TEST(ComposableArray, AddsAllProductsOfAPeInTheCycleOfOne) {
  for (const std::uint32_t products : {1U, 2U, 4U, 16U}) {
    ArrayConfig config = array_of(5, 3);
    config.pe = PeKind::Composable;
    ArrayBench bench{config, make_pe_array(config), products};
    bench.run(20, products);
    EXPECT_GT(bench.rows_checked(), 20);
  }
}

TEST(ComposableArray, CountsTheAdditionsOfItsPesThatOverflow) {
  ArrayConfig config = array_of(2, 1);
  config.pe = PeKind::Composable;
  config.accumulator_bits = 8;
  const auto array = make_pe_array(config);
  OperandRow weights(16, 1);
  OperandRow lanes(32, 0);
  std::fill_n(lanes.begin(), 8, std::int16_t{15});  // 60 in each PE
  lanes[8] = 0;
  ArrayInput input;
  input.products_per_pe = 4;
  PsumRow psums;
  for (std::uint32_t row = 2; row-- > 0;) {
    input.weights = &weights;
    input.weight_row = row;
    array->step(input, psums);
  }
  input.weights = nullptr;
  input.swap = true;
  input.ifmap = &lanes;
  array->step(input, psums);
  ASSERT_TRUE(array->step({}, psums));
  EXPECT_EQ(psums, PsumRow{120});
  EXPECT_EQ(array->overflows(), 0U);
  lanes[7] = 24;  // 69 in the second PE
  array->step(input, psums);
  ASSERT_TRUE(array->step({}, psums));
  EXPECT_EQ(psums, PsumRow{129 - 256});
  EXPECT_EQ(array->overflows(), 1U);
}

/// A fold of `steps` steps: lanes and weights of each.
struct StreamedFold {
  std::vector<OperandRow> lanes, weights;
};

StreamedFold streamed_fold(const ArrayConfig& config, std::uint32_t products, std::size_t steps,
                           std::minstd_rand& rng) {
  StreamedFold fold;
  const auto row = [&](std::uint32_t pes) {
    OperandRow operands(std::size_t{pes} * products);
    std::generate(operands.begin(), operands.end(),
                  [&] { return static_cast<std::int16_t>(static_cast<int>(rng() % 256) - 128); });
    return operands;
  };
  for (std::size_t i = 0; i < steps; ++i) {
    fold.lanes.push_back(row(config.rows));
    fold.weights.push_back(row(config.cols));
  }
  return fold;
}

PsumRow sums_of_pixel(const StreamedFold& fold, std::uint32_t cols, std::uint32_t products,
                      std::uint32_t pixel) {
  PsumRow sums(cols);
  for (std::size_t i = 0; i < fold.lanes.size(); ++i) {
    for (std::uint32_t p = 0; p < products; ++p) {
      for (std::uint32_t c = 0; c < cols; ++c) {
        sums[c] += fold.lanes[i][pixel * products + p] * fold.weights[i][p * cols + c];
      }
    }
  }
  return sums;
}

// Folds with bubbles in them, their last steps `rows` cycles apart at least.
TEST(ComposableOutputStationaryArray, RowsLeaveFromRowsPlusColsMinusOneCyclesAfterTheLastProducts) {
  std::minstd_rand rng{3};
  for (const std::uint32_t products : {1U, 2U, 4U, 16U}) {
    ArrayConfig config = array_of(4, 3);
    config.pe = PeKind::Composable;
    config.dataflow = Dataflow::OutputStationary;
    const auto array = make_pe_array(config);
    std::deque<std::pair<std::uint64_t, PsumRow>> expected;
    std::uint64_t cycle = 0;
    PsumRow psums;
    const auto step = [&](const ArrayInput& input) {
      const bool due = !expected.empty() && expected.front().first == cycle;
      ASSERT_EQ(array->step(input, psums), due) << products << " products, cycle " << cycle;
      if (due) {
        EXPECT_EQ(psums, expected.front().second);
        expected.pop_front();
      }
      ++cycle;
    };
    for (int i = 0; i < 20; ++i) {
      const StreamedFold fold = streamed_fold(config, products, 4 + rng() % 5, rng);
      for (std::size_t at = 0; at < fold.lanes.size();) {
        ArrayInput input;
        input.products_per_pe = products;
        if (rng() % 3 != 0) {
          input.ifmap = &fold.lanes[at];
          input.weights = &fold.weights[at];
          input.last = ++at == fold.lanes.size();
        }
        for (std::uint32_t left = 0; input.last && left < config.rows; ++left) {
          expected.emplace_back(cycle + config.rows + config.cols - 1 + left,
                                sums_of_pixel(fold, config.cols, products, config.rows - 1 - left));
        }
        ASSERT_NO_FATAL_FAILURE(step(input));
      }
    }
    while (!array->idle()) {
      ASSERT_NO_FATAL_FAILURE(step({}));
    }
    EXPECT_TRUE(expected.empty());
  }
}

/// Both arrays take the same operands, one product a PE, and show the same in every cycle.
void expect_the_same_pes(const ArrayConfig& fixed, std::uint32_t seed) {
  ArrayConfig composable = fixed;
  composable.pe = PeKind::Composable;
  const auto expected = make_transparent_pe_array(fixed);
  const auto array = make_transparent_pe_array(composable);
  std::minstd_rand rng{seed};
  int working = 0;
  PsumRow psums;
  PsumRow expected_psums;
  const bool output_stationary = fixed.dataflow == Dataflow::OutputStationary;
  for (std::uint32_t cycle = 0; cycle < 200; ++cycle) {
    const StreamedFold operands = streamed_fold(fixed, 1, 1, rng);
    ArrayInput input;
    const bool vector = cycle < 190 && cycle >= 10 && rng() % 3 != 0;
    input.ifmap = vector ? &operands.lanes[0] : nullptr;
    input.swap = vector && cycle % 20 < 3;
    input.last = output_stationary && vector && cycle % 20 == 19;
    const bool weights = output_stationary ? vector : cycle % 20 < 10;
    input.weights = weights ? &operands.weights[0] : nullptr;
    input.weight_row = output_stationary ? 0 : fixed.rows - 1 - cycle % fixed.rows;
    ASSERT_EQ(array->step(input, psums), expected->step(input, expected_psums)) << cycle;
    for (std::uint32_t r = 0; r < fixed.rows; ++r) {
      for (std::uint32_t c = 0; c < fixed.cols; ++c) {
        const PeRegisters pe = array->look(r, c).value();
        const PeRegisters want = expected->look(r, c).value();
        ASSERT_EQ(pe.working, want.working) << cycle << ": " << r << ' ' << c;
        if (want.working) {
          ++working;
          ASSERT_EQ(pe.psum, want.psum) << cycle << ": " << r << ' ' << c;
          ASSERT_EQ(pe.from_left, want.from_left) << cycle;
          ASSERT_EQ(pe.from_top, want.from_top) << cycle;
          ASSERT_EQ(pe.stationary, want.stationary) << cycle << ": " << r << ' ' << c;
        }
      }
    }
  }
  EXPECT_GT(working, 500);
}

TEST(ComposableArray, ShowsItsPesAsFixedOnesDo) {
  ArrayConfig config = array_of(4, 3);
  expect_the_same_pes(config, 5);
  config.dataflow = Dataflow::OutputStationary;
  expect_the_same_pes(config, 6);
}

TEST(ComposableOutputStationaryArray, CountsTheAdditionsOfItsPesThatOverflow) {
  ArrayConfig config = array_of(1, 1);
  config.pe = PeKind::Composable;
  config.dataflow = Dataflow::OutputStationary;
  config.accumulator_bits = 8;
  config.overflow = Overflow::Saturate;
  const auto array = make_pe_array(config);
  const OperandRow lanes{100, -90, 60, -10};  // 60 at once
  const OperandRow weights(4, 1);
  ArrayInput input;
  input.products_per_pe = 4;
  input.ifmap = &lanes;
  input.weights = &weights;
  PsumRow psums;
  array->step(input, psums);
  array->step(input, psums);
  EXPECT_EQ(array->overflows(), 0U);
  input.last = true;
  array->step(input, psums);  // 180 do not fit
  EXPECT_EQ(array->overflows(), 1U);
  ASSERT_TRUE(array->step({}, psums));
  EXPECT_EQ(psums, PsumRow{127});
}

TEST(WeightStationaryArrayOf16Bits, PsumsWrapModuloTwoToThe32) {
  ArrayConfig config = array_of(4, 1);
  config.activation_bits = 16;
  config.weight_bits = 16;
  test::expect_wrap(*make_weight_stationary_array(config));
}

/// Folds of products that leave 32 bits now and then; the sums and the overflows of each, one
/// addition after the other, are the reference.
TEST(OutputStationaryArray, SumsThatDoNotFitAreFoundAndCountedOneByOne) {
  constexpr std::uint32_t kRows = 5, kCols = 19, kProducts = 40, kFolds = 6;
  for (const Overflow overflow : {Overflow::Wrap, Overflow::Saturate}) {
    ArrayConfig config = array_of(kRows, kCols);
    config.dataflow = Dataflow::OutputStationary;
    config.activation_bits = config.weight_bits = 16;
    config.overflow = overflow;
    const std::unique_ptr<PeArray> array = make_output_stationary_array(config);
    std::minstd_rand rng{7};
    const auto operand = [&rng] {
      constexpr std::array<std::int16_t, 4> kExtremes{-32768, 32767, 30000, -1};
      return kExtremes[rng() / 16 % 4];
    };
    std::uint64_t expected_overflows = 0;
    std::deque<PsumRow> expected;  // rows of the folds as they leave, the last one first
    std::size_t rows_checked = 0;
    PsumRow left;
    const auto step = [&](const ArrayInput& input) {
      if (array->step(input, left)) {
        ASSERT_FALSE(expected.empty());
        EXPECT_EQ(left, expected.front());
        expected.pop_front();
        ++rows_checked;
      }
    };
    for (std::uint32_t fold = 0; fold < kFolds; ++fold) {
      std::vector<PsumRow> sums(kRows, PsumRow(kCols));
      for (std::uint32_t k = 0; k < kProducts; ++k) {
        OperandRow ifmap(kRows), weights(kCols);
        std::generate(ifmap.begin(), ifmap.end(), operand);
        std::generate(weights.begin(), weights.end(), operand);
        for (std::uint32_t r = 0; r < kRows; ++r) {
          for (std::uint32_t c = 0; c < kCols; ++c) {
            sums[r][c] = add_psum(sums[r][c], std::int64_t{ifmap[r]} * weights[c], {32, overflow},
                                  expected_overflows);
          }
        }
        ArrayInput input;
        input.ifmap = &ifmap;
        input.weights = &weights;
        input.last = k + 1 == kProducts;
        if (input.last) {
          expected.insert(expected.end(), sums.rbegin(), sums.rend());
        }
        step(input);
      }
    }
    while (!array->idle()) {
      step({});
    }
    EXPECT_EQ(rows_checked, kFolds * kRows);
    EXPECT_GT(expected_overflows, 100U);
    EXPECT_EQ(array->overflows(), expected_overflows);
  }
}

}  // namespace
}  // namespace systole
