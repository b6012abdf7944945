#pragma once

#include <cstdint>
#include <string>

namespace systole {

/// Cycles [first, end) of the machine's clock, whose first is 1.
struct CycleWindow {
  std::uint64_t first = 0;
  std::uint64_t end = 1'000'000;

  bool is_reached_in(std::uint64_t cycles) const { return first <= cycles && end > 1; }
  bool contains(std::uint64_t cycle) const { return cycle >= first && cycle < end; }
};

/// Why a file of this window was not written, of a run of `cycles` cycles that did not reach it.
inline std::string why_not_written(const CycleWindow& window, std::uint64_t cycles) {
  if (cycles == 0) {
    return "not written, the host alone computes this network";
  }
  if (window.end <= 1) {
    return "not written, the first cycle is 1";
  }
  return "not written, the run ended in cycle " + std::to_string(cycles) + ", before cycle " +
         std::to_string(window.first);
}

}  // namespace systole
