#include "sim/network/ceil_div.hpp"

#include <gtest/gtest.h>

#include <cstdint>
#include <limits>
#include <type_traits>

#include "sim/network/divisor.hpp"

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

// On both sides of 32 bits, and of each multiple.
TEST(Quotient, IsThatOfTheProcessorByEitherWay) {
  constexpr std::uint64_t kMost = std::numeric_limits<std::uint64_t>::max();
  constexpr std::uint64_t kSplit = std::uint64_t{1} << 32U;
  for (const std::uint64_t value :
       {std::uint64_t{1}, std::uint64_t{2}, std::uint64_t{3}, std::uint64_t{1'000'003}, kSplit - 1,
        kSplit, kSplit + 1, kMost / 2, kMost / 2 + 1, kMost - 1, kMost}) {
    const Divisor divisor{value};
    EXPECT_EQ(divisor.value(), value);
    for (const std::uint64_t times :
         {std::uint64_t{0}, std::uint64_t{1}, std::uint64_t{5}, kMost / value / 2, kMost / value}) {
      for (const std::uint64_t of : {times * value - 1, times * value, times * value + 1}) {
        EXPECT_EQ(divisor.quotient(of), of / value) << of << " / " << value;
        EXPECT_EQ(divisor.remainder(of), of % value) << of << " % " << value;
        EXPECT_EQ(quotient(of, value), of / value) << of << " / " << value;
      }
    }
  }
}

}  // namespace
}  // namespace systole
