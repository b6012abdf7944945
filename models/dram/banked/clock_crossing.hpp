#pragma once

#include <cmath>
#include <cstdint>
#include <numeric>

#include "models/dram/banked/config.hpp"

namespace systole::dram {

/// Two clocks whose cycles 0 start together: that of the core, in whole MHz, and the memory's,
/// whose frequency is taken to the nearest hertz. All arithmetic after that is in integers.
class ClockCrossing {
 public:
  ClockCrossing(std::uint32_t core_mhz, double tck_ns)
      : core_hz_{std::uint64_t{core_mhz} * 1'000'000},
        memory_hz_{static_cast<std::uint64_t>(std::llround(1e9 / tck_ns))} {
    const std::uint64_t common = std::gcd(core_hz_, memory_hz_);  // a shorter way to the same ratio
    core_hz_ /= common;
    memory_hz_ /= common;
  }

  /// The first memory cycle that starts when this core cycle does, or later.
  Cycle memory_from(std::uint64_t core_cycle) const { return up(core_cycle, memory_hz_, core_hz_); }
  /// The last memory cycle that starts when this core cycle does, or sooner.
  Cycle memory_at(std::uint64_t core_cycle) const { return down(core_cycle, memory_hz_, core_hz_); }
  /// The first core cycle that starts when this memory cycle does, or later.
  std::uint64_t core_from(Cycle cycle) const { return up(cycle, core_hz_, memory_hz_); }
  /// The last core cycle that starts when this memory cycle does, or sooner.
  std::uint64_t core_at(Cycle cycle) const { return down(cycle, core_hz_, memory_hz_); }

 private:
  __extension__ typedef unsigned __int128 Wide;  // NOLINT(modernize-use-using): `using` has none

  /// Nearly always, and then a machine's own division will do.
  static bool fits(std::uint64_t cycle, std::uint64_t to_hz, std::uint64_t from_hz) {
    return ((cycle | to_hz | from_hz) >> 31U) == 0;
  }
  static std::uint64_t down(std::uint64_t cycle, std::uint64_t to_hz, std::uint64_t from_hz) {
    if (fits(cycle, to_hz, from_hz)) {
      return cycle * to_hz / from_hz;
    }
    return static_cast<std::uint64_t>(Wide{cycle} * to_hz / from_hz);
  }
  static std::uint64_t up(std::uint64_t cycle, std::uint64_t to_hz, std::uint64_t from_hz) {
    if (fits(cycle, to_hz, from_hz)) {
      return (cycle * to_hz + from_hz - 1) / from_hz;
    }
    return static_cast<std::uint64_t>((Wide{cycle} * to_hz + from_hz - 1) / from_hz);
  }

  std::uint64_t core_hz_;
  std::uint64_t memory_hz_;
};

}  // namespace systole::dram
