#include <gtest/gtest.h>

#include <set>
#include <stdexcept>
#include <string>

#include "models/dma/burst_slots.hpp"

namespace systole {
namespace {

TEST(BurstSlots, TheFirstFreeOneIsTaken) {
  BurstSlots slots{3};
  EXPECT_EQ(slots.take(), 0U);
  EXPECT_EQ(slots.take(), 1U);
  slots.answer(0, 10);
  slots.settle(10);
  EXPECT_EQ(slots.take(), 0U);
  EXPECT_EQ(slots.take(), 2U);
  EXPECT_FALSE(slots.any_free());
  EXPECT_THROW(slots.take(), std::logic_error);
}

TEST(BurstSlots, AnAnsweredOneIsFreeFromItsCycleOnAndNotOneEarlier) {
  BurstSlots slots{1};
  slots.take();
  EXPECT_EQ(slots.next_free(), kNever);
  slots.answer(0, 20);
  EXPECT_EQ(slots.next_free(), 20U);
  slots.settle(19);
  EXPECT_FALSE(slots.any_free());
  slots.settle(20);
  EXPECT_TRUE(slots.any_free());
  EXPECT_EQ(slots.next_free(), kNever);
}

TEST(BurstSlots, AllAreFreeWhenTheLastIsWhateverTheOrderOfAnswers) {
  BurstSlots slots{2};
  slots.take();
  slots.take();
  slots.answer(0, 30);
  EXPECT_EQ(slots.all_free(), kNever);
  slots.answer(1, 25);
  EXPECT_EQ(slots.next_free(), 25U);
  EXPECT_EQ(slots.all_free(), 30U);
}

TEST(BurstSlots, AnArchiveTellsWhoWaitsAndForWhatAtAnyCycle) {
  const AcceleratorConfig config;
  const TimingKey key{config};
  CommandNumbers numbers{key};
  BurstSlots slots{4};
  for (int i = 0; i < 3; ++i) {
    slots.take();
  }
  slots.answer(1, 105);
  StateArchive archive{numbers};
  std::set<std::size_t> waiting;
  archive.write_at(100);
  slots.archive(archive, [&](std::size_t slot) { waiting.insert(slot); });
  EXPECT_EQ(waiting, (std::set<std::size_t>{0, 2}));
  const std::string bytes{archive.bytes()};

  BurstSlots others{4};
  waiting.clear();
  archive.read_at(1000, bytes, {});
  others.archive(archive, [&](std::size_t slot) { waiting.insert(slot); });
  EXPECT_EQ(waiting, (std::set<std::size_t>{0, 2}));
  EXPECT_EQ(others.next_free(), 1005U);
  EXPECT_EQ(others.take(), 3U);
  EXPECT_FALSE(others.any_free());
}

}  // namespace
}  // namespace systole
