#include "sim/program/burst.hpp"

#include <gtest/gtest.h>

namespace systole {
namespace {

DmaConfig dma(std::uint32_t bus_bytes, std::uint32_t max_burst_bytes) {
  DmaConfig config;
  config.bus_bytes = bus_bytes;
  config.max_burst_bytes = max_burst_bytes;
  return config;
}

void expect_burst(const Burst& burst, std::uint64_t address, std::uint32_t size,
                  std::uint32_t useful) {
  EXPECT_EQ(burst.address, address);
  EXPECT_EQ(burst.size, size);
  EXPECT_EQ(burst.useful, useful);
}

TEST(Burst, AnAlignedRowTakesTheLargestBlocks) {
  expect_burst(choose_burst(128, 200, dma(16, 64)), 128, 64, 64);
}

TEST(Burst, AShortRestTakesTheSmallestBlockThatHoldsIt) {
  expect_burst(choose_burst(128, 17, dma(16, 64)), 128, 32, 17);
  expect_burst(choose_burst(128, 16, dma(16, 64)), 128, 16, 16);
  expect_burst(choose_burst(128, 1, dma(16, 64)), 128, 16, 1);
}

TEST(Burst, AnUnalignedStartTakesTheBlockThatReachesFurthest) {
  expect_burst(choose_burst(24, 80, dma(16, 64)), 0, 64, 40);
  expect_burst(choose_burst(40, 80, dma(16, 64)), 32, 32, 24);
  expect_burst(choose_burst(56, 80, dma(16, 64)), 48, 16, 8);
}

TEST(Burst, IsOneBeatWhereTheLargestBurstIsOne) {
  expect_burst(choose_burst(5, 80, dma(16, 16)), 0, 16, 11);
}

TEST(Burst, AllOfSomeRowsAreCountedOneByOne) {
  for (const std::uint64_t pitch : {0U, 16U, 17U, 24U, 64U, 100U, 128U}) {
    for (const std::uint64_t address : {0U, 5U, 48U}) {
      const DramRows rows{address, 50, pitch, 40};
      BurstSum expected;
      for (std::uint64_t row = 0; row < rows.rows; ++row) {
        for (std::uint64_t offset = 0; offset < rows.row_bytes;) {
          const Burst burst =
              choose_burst(address + row * pitch + offset, rows.row_bytes - offset, dma(16, 64));
          ++expected.bursts;
          expected.bytes += burst.size;
          offset += burst.useful;
        }
      }
      const BurstSum sum = bursts_of(rows, dma(16, 64));
      EXPECT_EQ(sum.bursts, expected.bursts) << pitch << ", " << address;
      EXPECT_EQ(sum.bytes, expected.bytes) << pitch << ", " << address;
    }
  }
}

}  // namespace
}  // namespace systole
