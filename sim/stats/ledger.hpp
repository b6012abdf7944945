#pragma once

#include <array>
#include <cstddef>
#include <cstdint>

namespace systole {

/// The units that keep a ledger.
enum class LedgerUnit : std::uint8_t {
  Sequencer,
  Load,
  Array,
  Vector,
  Requant,
  Store,
  Dram,
  Count
};
constexpr std::size_t kLedgerUnits = static_cast<std::size_t>(LedgerUnit::Count);

/// Where a unit's cycle went. Each cycle of each unit is booked under exactly one.
enum class Cause : std::uint8_t {
  Busy,             ///< useful work
  BusyPartial,      ///< work on a fold that does not fill the array, or on padding
  Fill,             ///< the stationary operand shifts in with no ifmap row beside it
  Drain,            ///< results still leave, nothing goes in
  WaitWeights,      ///< the next fold's weights are not in the scratchpad
  WaitActivations,  ///< the ifmap rows are not in the scratchpad
  WaitDram,         ///< requests or data are with the DRAM
  WaitBank,         ///< another unit has the bank
  WaitAccumulator,  ///< the accumulator rows are still to be read, or results to be written
  WaitRequant,      ///< the requantization pipeline is full or not yet done
  WaitOutstanding,  ///< every outstanding request is in use
  WaitStation,      ///< the reservation station has no free entry of the class
  WaitDependency,   ///< a command waits for another one to finish
  Idle,             ///< nothing to do
  Count
};
constexpr std::size_t kCauses = static_cast<std::size_t>(Cause::Count);

const char* ledger_unit_name(LedgerUnit unit);  ///< snake_case, as in the JSON report
const char* cause_name(Cause cause);
const char* cause_description(Cause cause);

using UnitLedger = std::array<std::uint64_t, kCauses>;

/// Cycles by unit and cause.
class Ledger {
 public:
  void book(LedgerUnit unit, Cause cause, std::uint64_t cycles = 1) {
    cycles_[static_cast<std::size_t>(unit)][static_cast<std::size_t>(cause)] += cycles;
  }
  std::uint64_t at(LedgerUnit unit, Cause cause) const {
    return cycles_[static_cast<std::size_t>(unit)][static_cast<std::size_t>(cause)];
  }
  std::uint64_t total(LedgerUnit unit) const;
  Ledger& operator+=(const Ledger& o);
  Ledger operator-(const Ledger& o) const;
  bool operator==(const Ledger& o) const { return cycles_ == o.cycles_; }

 private:
  std::array<UnitLedger, kLedgerUnits> cycles_{};
};

}  // namespace systole
