#include "models/scratchpad/write_calendar.hpp"

#include <gtest/gtest.h>

#include <string>

namespace systole {
namespace {

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
      const WriteCalendar::Write* const expected = calendar.find(cycle, bank);
      const WriteCalendar::Write* const write = later.find(cycle + 900, bank);
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
  for (Cycle cycle = 1; cycle <= 100; ++cycle) {
    many.add(cycle, 2, BankUser::Load);
    if (cycle <= 2) {
      two.add(cycle, 2, BankUser::Load);
    }
  }
  EXPECT_EQ(state_at(0, many).size(), state_at(0, two).size());
}

}  // namespace
}  // namespace systole
