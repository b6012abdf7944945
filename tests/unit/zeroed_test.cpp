#include "sim/functional/zeroed.hpp"

#include <gtest/gtest.h>
#include <sys/mman.h>
#include <unistd.h>

#include <algorithm>
#include <cstdint>
#include <vector>

namespace systole {
namespace {

TEST(Zeroed, HoldsZerosAlignedForVectors) {
  for (const std::size_t count : {1U, 17U, 100'000U}) {
    const Zeroed<std::int32_t> zeros = make_zeroed<std::int32_t>(count);
    EXPECT_EQ(reinterpret_cast<std::uintptr_t>(zeros.get()) % HWY_ALIGNMENT, 0U);
    EXPECT_TRUE(std::all_of(zeros.get(), zeros.get() + count, [](auto x) { return x == 0; }));
  }
}

TEST(Zeroed, TakesMemoryWhereItIsTouched) {
  constexpr std::size_t kBytes = std::size_t{64} << 20U;
  const Zeroed<std::uint8_t> zeros = make_zeroed<std::uint8_t>(kBytes);
  zeros[kBytes / 2] = 1;
  const auto page = static_cast<std::uintptr_t>(::sysconf(_SC_PAGESIZE));
  const std::uintptr_t first = (reinterpret_cast<std::uintptr_t>(zeros.get()) + page - 1) / page;
  std::vector<unsigned char> in_memory(kBytes / page - 1);
  ASSERT_EQ(
      ::mincore(reinterpret_cast<void*>(first * page), in_memory.size() * page, in_memory.data()),
      0);
  const auto touched = std::count_if(in_memory.begin(), in_memory.end(),
                                     [](unsigned char page_is) { return (page_is & 1U) != 0; });
  EXPECT_GE(touched, 1);
  EXPECT_LT(touched, static_cast<std::ptrdiff_t>(in_memory.size() / 8));  // pages may be huge
}

}  // namespace
}  // namespace systole
