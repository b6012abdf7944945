#include <gtest/gtest.h>

#include <string>

#include "sim/timing/stretches.hpp"

namespace systole {
namespace {

TEST(Stretches, ThoseThatTouchEachOtherAreOne) {
  Stretches stretches;
  stretches.add(5, 7);
  stretches.add(7, 9);
  stretches.add(8, 8);
  stretches.add(20, 21);
  EXPECT_EQ(stretches.next(1).first, 5U);
  EXPECT_EQ(stretches.next(8).end, 9U);
  EXPECT_EQ(stretches.next(9).first, 20U);
  EXPECT_EQ(stretches.next(21).first, kNever);
}

TEST(Stretches, AnArchiveKeepsWhatLiesAheadAtAnyCycle) {
  const AcceleratorConfig config;
  const TimingKey key{config};
  CommandNumbers numbers{key};
  StateArchive archive{numbers};
  const auto state_at = [&](Cycle now, Stretches stretches) {
    archive.write_at(now);
    stretches.archive(archive);
    return std::string{archive.bytes()};
  };
  Stretches early, late, past;
  early.add(90, 103);
  early.add(110, 120);
  late.add(999, 1003);
  late.add(1010, 1020);
  past.add(50, 60);
  const std::string bytes = state_at(100, early);
  EXPECT_EQ(state_at(1000, late), bytes);
  EXPECT_EQ(state_at(100, past), state_at(100, {}));

  Stretches read;
  archive.read_at(5000, bytes, {});
  read.archive(archive);
  EXPECT_LE(read.next(5001).first, 5001U);
  EXPECT_EQ(read.next(5001).end, 5003U);
  EXPECT_EQ(read.next(5003).first, 5010U);
  EXPECT_EQ(read.next(5003).end, 5020U);
}

}  // namespace
}  // namespace systole
