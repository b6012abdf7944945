#include "models/scratchpad/write_calendar.hpp"

#include <gtest/gtest.h>

#include <map>
#include <string>

namespace systole {
namespace {

/// Writes of loads, one a cycle of [first, end).
void load_each(WriteCalendar& calendar, Cycle first, Cycle end, std::uint32_t bank) {
  for (Cycle cycle = first; cycle < end; ++cycle) {
    calendar.add(cycle, bank, BankUser::Load);
  }
}

class WriteCalendarTest : public testing::Test {
 protected:
  std::string state_at(Cycle now, WriteCalendar& calendar) {
    archive_.write_at(now);
    calendar.archive(archive_);
    return std::string{archive_.bytes()};
  }
  WriteCalendar read_at(Cycle now, const std::string& state) {
    WriteCalendar calendar;
    archive_.read_at(now, state, {});
    calendar.archive(archive_);
    return calendar;
  }

 private:
  AcceleratorConfig config_;
  TimingKey key_{config_};
  CommandNumbers numbers_{key_};
  StateArchive archive_{numbers_};
};

TEST_F(WriteCalendarTest, AnArchiveHoldsTheWritesToComeAtAnyCycle) {
  WriteCalendar calendar;
  calendar.add(100, 0, BankUser::Load);  // is over
  for (Cycle cycle = 101; cycle < 110; cycle += 2) {
    calendar.add(cycle, 3, BankUser::Load);
  }
  calendar.add(110, 3, BankUser::Load);  // at another distance
  calendar.add(110, 1, BankUser::Vector);
  calendar.add(112, 3, BankUser::Store);
  const std::string state = state_at(100, calendar);

  WriteCalendar later = read_at(1000, state);
  for (Cycle cycle = 90; cycle < 130; ++cycle) {
    for (std::uint32_t bank = 0; bank < 5; ++bank) {
      const WriteCalendar::Run* const expected = calendar.find(cycle, bank);
      const WriteCalendar::Run* const write = later.find(cycle + 900, bank);
      ASSERT_EQ(write != nullptr, expected != nullptr) << cycle << " " << bank;
      if (write != nullptr) {
        EXPECT_EQ(write->by, expected->by);
      }
    }
  }
  EXPECT_NE(later.find(1001, 3), nullptr);
  EXPECT_EQ(state_at(1000, later), state);
}

TEST_F(WriteCalendarTest, TheStateOfAStreamOfWritesIsAsLongAsThatOfTwo) {
  WriteCalendar two;
  WriteCalendar many;
  load_each(two, 1, 3, 2);
  load_each(many, 1, 101, 2);
  EXPECT_EQ(state_at(0, many).size(), state_at(0, two).size());
}

TEST_F(WriteCalendarTest, WritesThatAreKnownAheadLieBehindThoseThatComeLater) {
  WriteCalendar calendar;
  load_each(calendar, 50, 60, 1);
  calendar.add(40, 1, BankUser::Load);
  calendar.add(45, 1, BankUser::Vector);
  calendar.add(42, 1, BankUser::Load);
  EXPECT_EQ(calendar.first_of(41, 100, 1), 42U);
  EXPECT_EQ(calendar.first_of(43, 100, 1), 45U);
  EXPECT_EQ(calendar.first_of(46, 100, 1), 50U);
  EXPECT_EQ(calendar.first_of(60, 100, 1), 100U);
  EXPECT_EQ(calendar.find(41, 1), nullptr);
  ASSERT_NE(calendar.find_next(45, 1), nullptr);
  EXPECT_EQ(calendar.find_next(45, 1)->by, BankUser::Vector);
}

TEST_F(WriteCalendarTest, WritesAtEqualDistancesAreThoseOneByOne) {
  for (const CycleRun& run : {CycleRun{20, 1, 5}, CycleRun{14, 4, 5}, CycleRun{18, 4, 1}}) {
    WriteCalendar each, at_once;
    for (WriteCalendar* calendar : {&each, &at_once}) {
      calendar->add(10, 0, BankUser::Load);
      calendar->add(14, 0, BankUser::Vector);
    }
    for (std::uint32_t i = 0; i < run.count; ++i) {
      each.add(run.at(i), 0, BankUser::Load);
    }
    at_once.add(run, 0, BankUser::Load);
    EXPECT_EQ(state_at(9, at_once), state_at(9, each)) << "from " << run.first;
  }
}

TEST_F(WriteCalendarTest, AWriteBehindOneThatWasAskedForIsFound) {
  WriteCalendar calendar;
  calendar.add(10, 0, BankUser::Load);
  calendar.add(12, 0, BankUser::Load);
  EXPECT_EQ(calendar.find_next(13, 0), nullptr);
  calendar.add(14, 0, BankUser::Load);
  EXPECT_NE(calendar.find_next(14, 0), nullptr);
}

TEST_F(WriteCalendarTest, CyclesInWhichSomebodyWritesAreToldOneUserAfterAnother) {
  WriteCalendar calendar;
  load_each(calendar, 10, 14, 0);
  calendar.add(14, 0, BankUser::Vector);
  calendar.add(16, 0, BankUser::Load);
  std::map<BankUser, Cycle> cycles;
  const auto count = [&](BankUser by, Cycle of_them) { cycles[by] += of_them; };
  EXPECT_EQ(calendar.while_written(11, 100, 0, count), 15U);
  EXPECT_EQ(cycles[BankUser::Load], 3U);
  EXPECT_EQ(cycles[BankUser::Vector], 1U);
  EXPECT_EQ(calendar.while_written(15, 100, 0, count), 15U);
  EXPECT_EQ(calendar.while_written(10, 12, 0, count), 12U);
}

}  // namespace
}  // namespace systole
