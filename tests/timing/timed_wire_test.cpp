#include <gtest/gtest.h>

#include <string>

#include "sim/timing/timed_queue.hpp"

namespace systole {
namespace {

TEST(TimedWire, WhatIsWrittenAheadIsSeenBehindThatCycle) {
  Alarm reader;
  TimedWire<int> wire{1, reader};
  wire.write(11, 2);  // at the end of cycle 10
  EXPECT_EQ(wire.latest(), 2);
  EXPECT_EQ(wire.read(10), 1);
  EXPECT_EQ(wire.read(11), 1);
  EXPECT_EQ(wire.read(12), 2);
}

TEST(TimedWire, AReaderThatListensOnlyThenIsWokenForWhatWasWrittenAhead) {
  Alarm reader;
  reader.serve(1);
  TimedWire<int> wire{1, reader};
  wire.wake(10, false);
  wire.write(11, 2);
  EXPECT_EQ(reader.at(), kNever);
  wire.wake(11, true);
  EXPECT_EQ(reader.at(), 12U);
}

TEST(TimedWire, AReaderIsNotWokenForWhatItCanSee) {
  Alarm reader;
  reader.serve(1);
  TimedWire<int> wire{1, reader};
  wire.wake(10, false);
  wire.write(11, 2);
  wire.wake(12, true);
  EXPECT_EQ(reader.at(), kNever);
}

TEST(TimedWire, AnArchiveHoldsWhatWasWrittenAhead) {
  const AcceleratorConfig config;
  const TimingKey key{config};
  CommandNumbers numbers{key};
  Alarm reader;
  TimedWire<std::uint32_t> wire{1, reader};
  wire.write(101, 2);
  StateArchive archive{numbers};
  archive.write_at(100);
  wire.archive(archive);
  const std::string bytes{archive.bytes()};
  TimedWire<std::uint32_t> other{7, reader};
  archive.read_at(1000, bytes, {});
  other.archive(archive);
  EXPECT_EQ(other.latest(), 2U);
  EXPECT_EQ(other.read(1001), 1U);
  EXPECT_EQ(other.read(1002), 2U);
}

}  // namespace
}  // namespace systole
