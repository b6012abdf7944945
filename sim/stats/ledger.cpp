#include "sim/stats/ledger.hpp"

#include <iterator>
#include <numeric>
#include <stdexcept>
#include <string>

namespace systole {
namespace {

struct CauseRow {
  Cause cause;
  const char* name;
  const char* description;
};

constexpr CauseRow kCauseTable[] = {
    {Cause::Busy, "busy", "did useful work"},
    {Cause::BusyPartial, "busy_partial",
     "worked on a fold that does not fill the array, or on padding"},
    {Cause::Fill, "fill", "took in the stationary operand with no ifmap row beside it"},
    {Cause::Drain, "drain", "let results leave while nothing went in"},
    {Cause::WaitWeights, "wait_weights",
     "waited for the next fold's weights to be in the scratchpad"},
    {Cause::WaitActivations, "wait_activations",
     "waited for the ifmap rows to be in the scratchpad"},
    {Cause::WaitDram, "wait_dram", "waited for the DRAM to take requests or to return data"},
    {Cause::WaitBank, "wait_bank", "waited for a bank that another unit had"},
    {Cause::WaitAccumulator, "wait_accumulator",
     "waited for accumulator rows to be read or for results to be written"},
    {Cause::WaitRequant, "wait_requant",
     "waited for the requantization pipeline, full or not yet done"},
    {Cause::WaitOutstanding, "wait_outstanding", "waited with every outstanding request in use"},
    {Cause::WaitStation, "wait_station",
     "waited for a free entry of the class in the reservation station"},
    {Cause::WaitDependency, "wait_dependency", "waited for another command to finish"},
    {Cause::Idle, "idle", "had nothing to do"},
};

struct UnitRow {
  LedgerUnit unit;
  const char* name;
};

constexpr UnitRow kUnitTable[] = {
    {LedgerUnit::Sequencer, "sequencer"}, {LedgerUnit::Load, "load"},
    {LedgerUnit::Array, "array"},         {LedgerUnit::Vector, "vector"},
    {LedgerUnit::Requant, "requant"},     {LedgerUnit::Store, "store"},
    {LedgerUnit::Dram, "dram"},
};

constexpr bool causes_in_order() {
  for (std::size_t i = 0; i < std::size(kCauseTable); ++i) {
    if (static_cast<std::size_t>(kCauseTable[i].cause) != i) {
      return false;
    }
  }
  return true;
}

constexpr bool units_in_order() {
  for (std::size_t i = 0; i < std::size(kUnitTable); ++i) {
    if (static_cast<std::size_t>(kUnitTable[i].unit) != i) {
      return false;
    }
  }
  return true;
}

static_assert(std::size(kCauseTable) == kCauses, "every cause has its row");
static_assert(std::size(kUnitTable) == kLedgerUnits, "every unit has its row");
static_assert(causes_in_order() && units_in_order(), "rows stand in the order of the enumerators");

}  // namespace

const char* ledger_unit_name(LedgerUnit unit) {
  return kUnitTable[static_cast<std::size_t>(unit)].name;
}

const char* cause_name(Cause cause) { return kCauseTable[static_cast<std::size_t>(cause)].name; }

const char* cause_description(Cause cause) {
  return kCauseTable[static_cast<std::size_t>(cause)].description;
}

std::uint64_t Ledger::total(LedgerUnit unit) const {
  const UnitLedger& causes = cycles_[static_cast<std::size_t>(unit)];
  return std::accumulate(causes.begin(), causes.end(), std::uint64_t{0});
}

Ledger& Ledger::operator+=(const Ledger& o) {
  for (std::size_t u = 0; u < kLedgerUnits; ++u) {
    for (std::size_t c = 0; c < kCauses; ++c) {
      cycles_[u][c] += o.cycles_[u][c];
    }
  }
  return *this;
}

Ledger Ledger::operator-(const Ledger& o) const {
  Ledger difference;
  for (std::size_t u = 0; u < kLedgerUnits; ++u) {
    for (std::size_t c = 0; c < kCauses; ++c) {
      if (cycles_[u][c] < o.cycles_[u][c]) {
        throw std::logic_error(std::string{"ledger goes below zero: "} + kUnitTable[u].name + "." +
                               kCauseTable[c].name);
      }
      difference.cycles_[u][c] = cycles_[u][c] - o.cycles_[u][c];
    }
  }
  return difference;
}

}  // namespace systole
