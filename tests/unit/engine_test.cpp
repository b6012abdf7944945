#include <gtest/gtest.h>

#include <stdexcept>
#include <string>

#include "sim/engine/engine.hpp"

namespace systole {
namespace {

LayerMeasurement three_cycles() {
  LayerMeasurement layer;
  layer.cycles = 3;
  for (std::size_t unit = 0; unit < kLedgerUnits; ++unit) {
    layer.ledger.book(static_cast<LedgerUnit>(unit), Cause::Idle, 3);
  }
  return layer;
}

template <class Check>
std::string logic_error_of(const Check& check) {
  try {
    check();
  } catch (const std::logic_error& error) {
    return error.what();
  }
  return {};
}

TEST(LayerMeasurement, ALedgerThatLacksACycleNamesItsUnit) {
  LayerMeasurement layer = three_cycles();
  EXPECT_NO_THROW(check_ledger(layer));
  layer.ledger.book(LedgerUnit::Vector, Cause::Busy);
  EXPECT_EQ(logic_error_of([&] { check_ledger(layer); }),
            "the ledger of unit vector does not close");
}

TEST(LayerMeasurement, TwoRunsThatTakeTheSameAreEqual) {
  EXPECT_NO_THROW(check_same_timing(three_cycles(), three_cycles()));
}

TEST(LayerMeasurement, TwoRunsOfOtherLengthsAreToldApart) {
  LayerMeasurement again = three_cycles();
  again.cycles = 4;
  EXPECT_EQ(logic_error_of([&] { check_same_timing(three_cycles(), again); }),
            "in all: 3 cycles at first, 4 with other data");
}

// As long as the first run, but one cycle is booked elsewhere.
TEST(LayerMeasurement, ALedgerThatDiffersNamesUnitAndCause) {
  LayerMeasurement first = three_cycles();
  LayerMeasurement again = three_cycles();
  first.ledger.book(LedgerUnit::Load, Cause::WaitDram, 2);
  again.ledger.book(LedgerUnit::Load, Cause::WaitBank, 2);
  EXPECT_EQ(logic_error_of([&] { check_same_timing(first, again); }),
            "load.wait_dram: 2 cycles at first, 0 with other data");
}

}  // namespace
}  // namespace systole
