#include "models/array/pe_array.hpp"

#include <gtest/gtest.h>

#include <random>

#include "tests/support/array_bench.hpp"

namespace systole {
namespace {

using test::array_of;
using test::ArrayBench;

ArrayBench bench_of(std::uint32_t rows, std::uint32_t cols, std::uint32_t seed) {
  const ArrayConfig config = array_of(rows, cols);
  return {config, make_weight_stationary_array(config), seed};
}

TEST(WeightStationaryArray, EveryRowLeavesWithItsProductRowsPlusColsMinusTwoCyclesLater) {
  std::minstd_rand shapes{1};
  for (std::uint32_t seed = 0; seed < 120; ++seed) {
    const auto rows = static_cast<std::uint32_t>(1 + shapes() % 20);
    const auto cols = static_cast<std::uint32_t>(1 + shapes() % 20);
    SCOPED_TRACE(testing::Message() << "seed " << seed << ", " << rows << " x " << cols);
    ArrayBench bench = bench_of(rows, cols, seed);
    bench.run(20);
    ASSERT_GT(bench.rows_checked(), 20);
  }
}

TEST(WeightStationaryArray, HoldsAtSizesBeyondAVectorRegister) {
  for (const std::uint32_t size : {33U, 64U, 100U}) {
    ArrayBench bench = bench_of(size, size + 1, size);
    bench.run(10);
  }
}

TEST(WeightStationaryArray, PsumsWrapModuloTwoToThe32) {
  ArrayConfig config = array_of(4, 1);
  config.activation_bits = 16;
  config.weight_bits = 16;
  test::expect_wrap(*make_weight_stationary_array(config));
}

}  // namespace
}  // namespace systole
