#include "sim/network/ceil_div.hpp"

#include <gtest/gtest.h>

#include <cstdint>
#include <type_traits>

namespace systole {
namespace {

TEST(CeilDiv, RoundsUpAndLeavesWholeQuotients) {
  EXPECT_EQ(ceil_div(0, 8), 0);
  EXPECT_EQ(ceil_div(1, 8), 1);
  EXPECT_EQ(ceil_div(8, 8), 1);
  EXPECT_EQ(ceil_div(9, 8), 2);
  EXPECT_EQ(round_up(0U, 8U), 0U);
  EXPECT_EQ(round_up(9U, 8U), 16U);
  EXPECT_EQ(round_up(16U, 8U), 16U);
}

TEST(CeilDiv, IsOfTheWiderType) {
  const std::int64_t large = std::int64_t{1} << 40;
  EXPECT_EQ(ceil_div(large + 1, 2U), (large >> 1) + 1);
  EXPECT_EQ(round_up(large + 1, 4U), large + 4);
  static_assert(std::is_same_v<decltype(ceil_div(1U, 1U)), unsigned>);
  static_assert(std::is_same_v<decltype(ceil_div(large, 1U)), std::int64_t>);
}

}  // namespace
}  // namespace systole
