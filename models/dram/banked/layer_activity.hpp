#pragma once

#include <cstdint>

#include "models/dram/banked/stats.hpp"
#include "sim/stats/events.hpp"
#include "sim/stats/ledger.hpp"

namespace systole::dram {

/// What a memory did in one layer. Cycles are the core's but for `device`.
struct LayerActivity {
  std::uint64_t busy_cycles = 0;     ///< with a beat on the request or the response channel
  std::uint64_t waiting_cycles = 0;  ///< with none, and a burst neither answered nor drained
  Stats device;                      ///< of the banks

  /// As the machine books them, for a layer of so many cycles.
  Ledger ledger(std::uint64_t layer_cycles) const;
  EventCounts events() const;
};

}  // namespace systole::dram
