#pragma once

#include <cstdint>
#include <string>

namespace systole {

/// Cycles [first, end) of the machine's clock.
struct CycleWindow {
  std::uint64_t first = 0;
  std::uint64_t end = 1'000'000;

  bool contains(std::uint64_t cycle) const { return cycle >= first && cycle < end; }
};

/// Why a file of this window was not written, of a run of `cycles` cycles that did not reach it.
inline std::string why_not_written(const CycleWindow& window, std::uint64_t cycles) {
  return cycles == 0 ? "not written, the host alone computes this network"
                     : "not written, the run ended in cycle " + std::to_string(cycles) +
                           ", before cycle " + std::to_string(window.first);
}

}  // namespace systole
