#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "models/dram/banked/banked_memory_timing.hpp"

namespace systole::test {

/// A burst that a master wants to send in `cycle`, or as soon after as it can.
struct PlannedBurst {
  std::uint64_t cycle = 0;
  dram::PortBurst burst;
};

/// What a memory did for its masters, in cycles of the core.
struct MemoryHistory {
  std::vector<std::vector<std::uint64_t>> sent;      ///< by master
  std::vector<std::vector<std::uint64_t>> answered;  ///< by master: first beats
  std::vector<std::uint64_t> accepted;  ///< ids, in order, as seen in visits of every cycle
  std::uint64_t idle_at = 0;
  dram::LayerActivity activity;
  Ledger booked;  ///< cycle by cycle, of each visit
  std::vector<BandwidthSeries::Window> windows;
  /// Equal if and only if all was but `accepted` and `booked`.
  std::string text() const;
};

enum class Visits {
  EveryCycleLooking,  ///< the masters before the memory, which looks at everything in each
  EveryCycle,         ///< when it finds something to do
  EveryCycleMemoryFirst,
  EventsOnly,  ///< those that next_event() and the plan name
};

/// Runs one layer of planned bursts; after an answer a master is ready for the next one `hold`
/// cycles after the first beat.
MemoryHistory run_masters(dram::BankedMemoryTiming& memory,
                          const std::vector<std::vector<PlannedBurst>>& plans, std::uint64_t hold,
                          Visits visits);

}  // namespace systole::test
