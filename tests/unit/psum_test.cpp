#include "sim/storage/psum.hpp"

#include <gtest/gtest.h>

#include <random>
#include <vector>

namespace systole {
namespace {

struct Added {
  std::int64_t sum;
  std::uint64_t overflows;
  bool operator==(const Added& o) const { return sum == o.sum && overflows == o.overflows; }
};

Added add(std::int64_t a, std::int64_t b, std::uint32_t bits, Overflow overflow) {
  std::uint64_t overflows = 0;
  const std::int64_t sum = add_psum(a, b, {bits, overflow}, overflows);
  return {sum, overflows};
}

constexpr std::int64_t kMax64 = std::numeric_limits<std::int64_t>::max();
constexpr std::int64_t kMin64 = std::numeric_limits<std::int64_t>::min();

TEST(Psum, AtItsEndsWrapsOrStaysAndCounts) {
  EXPECT_EQ(add(127, 0, 8, Overflow::Wrap), (Added{127, 0}));
  EXPECT_EQ(add(127, 1, 8, Overflow::Wrap), (Added{-128, 1}));
  EXPECT_EQ(add(127, 1, 8, Overflow::Saturate), (Added{127, 1}));
  EXPECT_EQ(add(-127, -1, 8, Overflow::Wrap), (Added{-128, 0}));
  EXPECT_EQ(add(-128, -1, 8, Overflow::Wrap), (Added{127, 1}));
  EXPECT_EQ(add(-128, -1, 8, Overflow::Saturate), (Added{-128, 1}));
  EXPECT_EQ(add(-1, 32768, 8, Overflow::Wrap), (Added{-1, 1}));  // an addend of many widths
  EXPECT_EQ(add(kMax64, 1, 64, Overflow::Wrap), (Added{kMin64, 1}));
  EXPECT_EQ(add(kMax64, 1, 64, Overflow::Saturate), (Added{kMax64, 1}));
  EXPECT_EQ(add(kMin64, -1, 64, Overflow::Saturate), (Added{kMin64, 1}));
  EXPECT_EQ(add(kMax64, kMin64, 64, Overflow::Saturate), (Added{-1, 0}));
}

TEST(Psum, MayOverflowOnlyWhereTheLargestProductsDo) {
  EXPECT_FALSE(products_may_overflow(1024, 8, 8, {32, Overflow::Wrap}));
  EXPECT_TRUE(products_may_overflow(16, 8, 8, {16, Overflow::Wrap}));
  EXPECT_TRUE(products_may_overflow(1, 16, 16, {32, Overflow::Wrap}));
  EXPECT_FALSE(products_may_overflow(1, 1, 1, {8, Overflow::Wrap}));
  EXPECT_TRUE(products_may_overflow(32, 1, 1, {8, Overflow::Wrap}));
}

TEST(Psum, PackedRowsKeepEveryWidth) {
  std::mt19937_64 random{3};
  for (std::uint32_t bits = 8; bits <= 64; ++bits) {
    std::vector<std::uint8_t> row(5 * 8 + 1, 0xA5);
    std::vector<std::int64_t> values;
    for (std::uint64_t i = 0; i < 5; ++i) {
      values.push_back(wrapped_to(static_cast<std::int64_t>(random()), bits));
      write_psum(row.data(), i, bits, values.back());
    }
    for (std::uint64_t i = 0; i < 5; ++i) {
      ASSERT_EQ(read_psum(row.data(), i, bits), values[i]) << bits;
    }
    ASSERT_EQ(row.back(), 0xA5);
  }
}

}  // namespace
}  // namespace systole
