#include "models/dma/latest_cycles.hpp"

#include <gtest/gtest.h>

#include <string>

namespace systole {
namespace {

TEST(LatestCycles, AreCountedFromTheLatestOn) {
  LatestCycles cycles;
  EXPECT_EQ(cycles.latest(1), 0U);
  for (Cycle cycle = 1; cycle <= 40; ++cycle) {
    cycles.push(10 * cycle);
  }
  EXPECT_EQ(cycles.latest(1), 400U);
  EXPECT_EQ(cycles.latest(32), 90U);
  EXPECT_EQ(cycles.latest(33), 0U) << "so many are not kept";
}

TEST(LatestCycles, AnArchiveTellsOfThoseToComeOnly) {
  const AcceleratorConfig config;
  const TimingKey key{config};
  CommandNumbers numbers{key};
  StateArchive archive{numbers};
  const auto bytes_of = [&](LatestCycles cycles) {
    archive.write_at(100);
    cycles.archive(archive);
    return std::string{archive.bytes()};
  };
  LatestCycles cycles;
  for (const Cycle cycle : {90U, 100U, 103U, 108U}) {
    cycles.push(cycle);
  }
  LatestCycles others;
  for (const Cycle cycle : {7U, 103U, 108U}) {
    others.push(cycle);
  }
  const std::string bytes = bytes_of(cycles);
  EXPECT_EQ(bytes, bytes_of(others));

  LatestCycles read;
  read.push(999);
  archive.read_at(1000, bytes, {});
  read.archive(archive);
  EXPECT_EQ(read.latest(1), 1008U);
  EXPECT_EQ(read.latest(2), 1003U);
  EXPECT_EQ(read.latest(3), 0U);
}

}  // namespace
}  // namespace systole
