#pragma once

#include <cstdint>

#include "sim/timing/cycle.hpp"

namespace systole {

/// Cycles that are equally far apart.
struct CycleRun {
  Cycle first = 0;
  Cycle apart = 0;  ///< of two or more
  std::uint32_t count = 0;

  Cycle at(std::uint32_t i) const { return first + i * apart; }
  Cycle last() const { return at(count - 1); }
  /// So many of them from the i-th on.
  CycleRun part(std::uint32_t i, std::uint32_t of) const { return {at(i), apart, of}; }
  CycleRun later(Cycle by) const { return {first + by, apart, count}; }
  CycleRun earlier(Cycle by) const { return {first - by, apart, count}; }
  void pop_first() {
    first += apart;
    --count;
  }

  /// Adds one behind the others. False: it is not as far behind the last one as they are apart.
  bool add(Cycle next) {
    if (count == 0) {
      first = next;
    } else if (count == 1) {
      apart = next - first;
    } else if (next != first + count * apart) {
      return false;
    }
    ++count;
    return true;
  }
};

}  // namespace systole
