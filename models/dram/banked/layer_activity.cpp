#include "models/dram/banked/layer_activity.hpp"

namespace systole::dram {

Ledger LayerActivity::ledger(std::uint64_t layer_cycles) const {
  Ledger ledger;
  ledger.book(LedgerUnit::Dram, Cause::Busy, busy_cycles);
  ledger.book(LedgerUnit::Dram, Cause::WaitDram, waiting_cycles);
  ledger.book(LedgerUnit::Dram, Cause::Idle, layer_cycles - busy_cycles - waiting_cycles);
  return ledger;
}

EventCounts LayerActivity::events() const {
  EventCounts events;
  events.add(Event::DramReadAccesses, device.reads);
  events.add(Event::DramWriteAccesses, device.writes);
  events.add(Event::DramRowHits, device.row_hits);
  events.add(Event::DramRowMisses, device.row_misses);
  events.add(Event::DramRowConflicts, device.row_conflicts);
  events.add(Event::DramActivates, device.activates);
  events.add(Event::DramPrecharges, device.precharges + device.precharges_all);
  events.add(Event::DramRefreshes, device.refreshes);
  events.add(Event::DramActiveCycles, device.active_cycles);
  events.add(Event::DramPrechargedCycles, device.precharged_cycles);
  return events;
}

}  // namespace systole::dram
