#pragma once

#include <cstdint>
#include <vector>

#include "sim/stats/bandwidth_series.hpp"
#include "sim/stats/bank_conflicts.hpp"
#include "sim/stats/events.hpp"
#include "sim/stats/ledger.hpp"

namespace systole {

/// What running one layer's program took.
struct LayerMeasurement {
  std::uint64_t cycles = 0;          ///< first command accepted to last write acknowledged
  std::uint64_t compute_cycles = 0;  ///< of these, with a fold in the array
  EventCounts events;
  Ledger ledger;  ///< every unit's causes add up to `cycles`
  BankConflictCounts bank_conflicts;
  std::uint64_t peak_bytes_per_window = 0;
  std::vector<BandwidthSeries::Window> windows;  ///< DRAM bytes over time
};

}  // namespace systole
