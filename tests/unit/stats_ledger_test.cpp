#include <gtest/gtest.h>

#include <set>
#include <stdexcept>
#include <string>

#include "sim/stats/ledger.hpp"

namespace systole {
namespace {

TEST(Ledger, EveryUnitAndCauseHasANameOfItsOwn) {
  std::set<std::string> units;
  for (std::size_t u = 0; u < kLedgerUnits; ++u) {
    units.insert(ledger_unit_name(static_cast<LedgerUnit>(u)));
  }
  EXPECT_EQ(units.size(), kLedgerUnits);

  std::set<std::string> causes;
  for (std::size_t c = 0; c < kCauses; ++c) {
    causes.insert(cause_name(static_cast<Cause>(c)));
    EXPECT_STRNE(cause_description(static_cast<Cause>(c)), "");
  }
  EXPECT_EQ(causes.size(), kCauses);
}

TEST(Ledger, BooksCyclesUnderOneUnitAndOneCause) {
  Ledger ledger;
  ledger.book(LedgerUnit::Array, Cause::Busy);
  ledger.book(LedgerUnit::Array, Cause::Busy, 9);
  ledger.book(LedgerUnit::Array, Cause::WaitDram, 5);
  EXPECT_EQ(ledger.at(LedgerUnit::Array, Cause::Busy), 10U);
  EXPECT_EQ(ledger.at(LedgerUnit::Load, Cause::Busy), 0U);
  EXPECT_EQ(ledger.total(LedgerUnit::Array), 15U);
  EXPECT_EQ(ledger.total(LedgerUnit::Load), 0U);
}

TEST(Ledger, TheDifferenceOfTwoMomentsIsWhatWasBookedBetweenThem) {
  Ledger start;
  start.book(LedgerUnit::Store, Cause::Idle, 4);
  Ledger end = start;
  end.book(LedgerUnit::Store, Cause::Drain, 3);
  const Ledger between = end - start;
  EXPECT_EQ(between.total(LedgerUnit::Store), 3U);
  EXPECT_EQ(between.at(LedgerUnit::Store, Cause::Drain), 3U);

  Ledger again = start;
  again += between;
  EXPECT_TRUE(again == end);
}

TEST(Ledger, CyclesBelowZeroAreABugOfOurs) {
  Ledger one;
  one.book(LedgerUnit::Dram, Cause::Busy);
  try {
    Ledger{} - one;
    FAIL() << "expected std::logic_error";
  } catch (const std::logic_error& e) {
    EXPECT_STREQ(e.what(), "ledger goes below zero: dram.busy");
  }
}

}  // namespace
}  // namespace systole
