#include <gtest/gtest.h>

#include <set>
#include <stdexcept>
#include <string>

#include "sim/stats/events.hpp"

namespace systole {
namespace {

TEST(Events, EachHasANameOfItsOwnAUnitAndASentence) {
  std::set<std::string> names;
  for (std::size_t i = 0; i < kEvents; ++i) {
    const EventInfo& info = event_info(static_cast<Event>(i));
    EXPECT_TRUE(names.insert(info.name).second) << info.name;
    EXPECT_EQ(std::string{info.name}.find_first_not_of("abcdefghijklmnopqrstuvwxyz_"),
              std::string::npos)
        << info.name;
    EXPECT_STRNE(info.unit, "");
    EXPECT_GT(std::string{info.what}.size(), 20U) << info.name;
  }
}

TEST(Events, CountsOfByteAndBitEventsSayTheirUnitInTheirName) {
  for (std::size_t i = 0; i < kEvents; ++i) {
    const EventInfo& info = event_info(static_cast<Event>(i));
    const std::string name = info.name;
    const std::string unit = info.unit;
    EXPECT_EQ(unit == "byte", name.find("_bytes") != std::string::npos) << name;
    EXPECT_EQ(unit == "bit", name.find("_bits") != std::string::npos) << name;
  }
}

TEST(Events, CountsAddAndSubtractEventByEvent) {
  EventCounts start;
  start.add(Event::Mac, 5);
  start.add(Event::Folds);
  EventCounts end = start;
  end.add(Event::Mac, 7);
  end.add(Event::BankConflicts, 2);

  const EventCounts difference = end - start;
  EXPECT_EQ(difference[Event::Mac], 7U);
  EXPECT_EQ(difference[Event::BankConflicts], 2U);
  EXPECT_EQ(difference[Event::Folds], 0U);

  EventCounts again = start;
  again += difference;
  EXPECT_TRUE(again == end);
}

TEST(Events, TheSumGrowsWithEveryEvent) {
  EventCounts counts;
  EXPECT_EQ(counts.sum(), 0U);
  for (std::size_t i = 0; i < kEvents; ++i) {
    counts.add(static_cast<Event>(i), 2);
  }
  EXPECT_EQ(counts.sum(), 2 * kEvents);
}

TEST(Events, ACountThatWouldGoBelowZeroIsABugOfOurs) {
  EventCounts one;
  one.add(Event::Folds);
  try {
    EventCounts{} - one;
    FAIL() << "expected std::logic_error";
  } catch (const std::logic_error& e) {
    EXPECT_STREQ(e.what(), "event count goes below zero: folds");
  }
}

}  // namespace
}  // namespace systole
