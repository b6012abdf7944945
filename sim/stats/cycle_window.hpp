#pragma once

#include <cstdint>

namespace systole {

/// Cycles [first, end) of the machine's clock.
struct CycleWindow {
  std::uint64_t first = 0;
  std::uint64_t end = 1'000'000;

  bool contains(std::uint64_t cycle) const { return cycle >= first && cycle < end; }
};

}  // namespace systole
