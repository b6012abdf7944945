#pragma once

#include "sim/stats/bank_conflicts.hpp"
#include "sim/stats/events.hpp"
#include "sim/stats/ledger.hpp"

namespace systole {

/// Where the blocks of one machine write what they count. A layer's figures are
/// the difference between its end and its start.
struct Measurements {
  EventCounts events;
  Ledger ledger;
  BankConflictCounts bank_conflicts;  ///< Event::BankConflicts, by who waited for whom
  std::uint64_t compute_cycles = 0;   ///< cycles with a fold in the array

  void lost_bank(BankedLocal memory, BankUser waited, BankUser had) {
    events.add(Event::BankConflicts);
    bank_conflicts.add(memory, waited, had);
  }
};

}  // namespace systole
