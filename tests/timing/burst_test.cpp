#include "models/dma/burst.hpp"

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

}  // namespace
}  // namespace systole
