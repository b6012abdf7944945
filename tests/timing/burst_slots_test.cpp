#include <gtest/gtest.h>

#include <stdexcept>
#include <string>

#include "models/dma/burst_slots.hpp"

namespace systole {
namespace {

TEST(BurstSlots, ThereAreAsManyAsBurstsMayBeOnTheirWay) {
  BurstSlots slots{2};
  slots.take();
  slots.take();
  EXPECT_FALSE(slots.any_free(9));
  EXPECT_THROW(slots.take(), std::logic_error);
  slots.answer(10);
  slots.take();
  EXPECT_FALSE(slots.any_free(10));
}

TEST(BurstSlots, AnAnsweredOneIsFreeFromItsCycleOnAndNotOneEarlier) {
  BurstSlots slots{1};
  slots.take();
  EXPECT_EQ(slots.next_free(), kNever);
  slots.answer(20);
  EXPECT_EQ(slots.next_free(), 20U);
  EXPECT_FALSE(slots.any_free(19));
  EXPECT_TRUE(slots.any_free(20));
}

TEST(BurstSlots, AnswersAtEqualDistancesFreeOneAfterTheOther) {
  BurstSlots slots{3};
  for (int i = 0; i < 3; ++i) {
    slots.take();
  }
  EXPECT_THROW(slots.answer(CycleRun{20, 5, 4}), std::logic_error);
  slots.answer(CycleRun{20, 5, 2});
  EXPECT_EQ(slots.next_free(), 20U);
  slots.take();
  EXPECT_EQ(slots.next_free(), 25U);
  slots.take();
  EXPECT_EQ(slots.next_free(), kNever);
}

TEST(BurstSlots, AllAreFreeWhenTheLastIs) {
  BurstSlots slots{2};
  slots.take();
  slots.take();
  slots.answer(25);
  EXPECT_EQ(slots.all_free(), kNever);
  slots.answer(30);
  EXPECT_EQ(slots.next_free(), 25U);
  EXPECT_EQ(slots.all_free(), 30U);
}

TEST(BurstSlots, AnswersComeInTheOrderOfTheBursts) {
  BurstSlots slots{2};
  EXPECT_THROW(slots.answer(10), std::logic_error);
  slots.take();
  slots.take();
  slots.answer(30);
  EXPECT_THROW(slots.answer(25), std::logic_error);
}

TEST(BurstSlots, AnArchiveTellsHowManyWaitAndForWhatAtAnyCycle) {
  const AcceleratorConfig config;
  const TimingKey key{config};
  CommandNumbers numbers{key};
  BurstSlots slots{4};
  for (int i = 0; i < 4; ++i) {
    slots.take();
  }
  slots.answer(99);
  slots.answer(105);
  StateArchive archive{numbers};
  archive.write_at(100);
  slots.archive(archive);
  const std::string bytes{archive.bytes()};

  BurstSlots others{4};
  archive.read_at(1000, bytes, {});
  others.archive(archive);
  EXPECT_TRUE(others.any_free(1000));
  EXPECT_EQ(others.all_free(), kNever);
  others.take();
  EXPECT_EQ(others.next_free(), 1005U);
  others.take();
  EXPECT_EQ(others.next_free(), kNever);
}

}  // namespace
}  // namespace systole
