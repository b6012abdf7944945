#pragma once

#include "sim/stats/events.hpp"
#include "sim/stats/ledger.hpp"

namespace systole {

/// Where the blocks of one machine write what they count. A layer's figures are
/// the difference between its end and its start.
struct Measurements {
  EventCounts events;
  Ledger ledger;
  std::uint64_t compute_cycles = 0;  ///< cycles with a fold in the array
};

}  // namespace systole
