#pragma once

#include <cstdint>

namespace systole {

/// How the load and the store unit are joined to the DRAM.
struct BusConfig {
  /// Requests, write beats and read beats that each queue of the crossbar holds. 0: no crossbar,
  /// the memory takes from both units and keeps what waits.
  std::uint32_t queue = 0;
  std::uint32_t page_bytes = 0;  ///< of virtual memory; 0: nothing is looked up
  std::uint32_t beat_bytes = 16;

  bool crossbar() const { return queue > 0; }
};

/// From a beat at the memory's port to the unit's first stage: the bus's queue, the unit's, and
/// that stage.
constexpr std::uint32_t kCrossbarDataCycles = 3;

}  // namespace systole
