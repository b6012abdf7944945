#include <gtest/gtest.h>

#include <cstdint>
#include <random>

#include "sim/stats/transfer_runs.hpp"

namespace systole {
namespace {

TEST(TransferRuns, EquallyFarApartAreOneRun) {
  TransferRuns runs;
  for (std::uint64_t i = 0; i < 5; ++i) {
    runs.add({10 + 7 * i, 4, 4, 1, 64, false});
    runs.add({11 + 9 * i, 2, 2, 1, 32, true});
  }
  runs.add({10 + 7 * 5, 4, 7, 3, 64, false});
  EXPECT_EQ(runs.size(), 2U);
  runs.add({10 + 7 * 8, 4, 7, 3, 32, false});
  EXPECT_EQ(runs.size(), 3U);
}

TEST(TransferRuns, MoveTheBytesOfTheirTransfersInTheSameWindows) {
  std::mt19937 random{1};
  const auto below = [&](std::uint64_t end) { return random() % end; };
  for (int round = 0; round < 200; ++round) {
    const std::uint64_t start = below(5 * kBandwidthWindow);
    const std::uint64_t later = below(2 * kBandwidthWindow);
    TransferRuns runs;
    BandwidthSeries expected;
    for (const bool write : {false, true}) {
      std::uint64_t at = start - below(start / 2 + 1);
      for (int i = 0; i < 6; ++i) {
        const std::uint64_t cycles = 1 + below(round % 2 == 0 ? 8 : 700);
        const std::uint64_t apart = cycles + below(30);
        const auto count = static_cast<std::uint32_t>(1 + below(60));
        const auto bytes = static_cast<std::uint32_t>(below(300));
        const bool as_run = below(2) == 0;
        if (as_run) {
          runs.add({at, cycles, apart, count, bytes, write});
        }
        for (std::uint32_t k = 0; k < count; ++k, at += apart) {
          expected.add(at + later, cycles, write, bytes);
          if (!as_run) {
            runs.add({at, cycles, cycles, 1, bytes, write});
          }
        }
      }
    }
    runs.move_back(start);
    BandwidthSeries series;
    runs.add_to(series, start + later);
    EXPECT_EQ(series.windows(), expected.windows());
  }
}

}  // namespace
}  // namespace systole
