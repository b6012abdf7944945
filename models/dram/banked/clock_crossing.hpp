#pragma once

#include <cmath>
#include <cstdint>
#include <numeric>

#include "models/dram/banked/config.hpp"
#include "sim/network/divisor.hpp"

namespace systole::dram {

/// Two clocks whose cycles 0 start together: that of the core, in whole MHz, and the memory's,
/// whose frequency is taken to the nearest hertz. All arithmetic after that is in integers.
class ClockCrossing {
 public:
  ClockCrossing(std::uint32_t core_mhz, double tck_ns)
      : ClockCrossing{std::uint64_t{core_mhz} * 1'000'000,
                      static_cast<std::uint64_t>(std::llround(1e9 / tck_ns))} {}

  /// The first memory cycle that starts when this core cycle does, or later.
  Cycle memory_from(std::uint64_t core_cycle) const { return to_memory_.up(core_cycle); }
  /// The last memory cycle that starts when this core cycle does, or sooner.
  Cycle memory_at(std::uint64_t core_cycle) const { return to_memory_.down(core_cycle); }
  /// The first core cycle that starts when this memory cycle does, or later.
  std::uint64_t core_from(Cycle cycle) const { return to_core_.up(cycle); }

 private:
  __extension__ typedef unsigned __int128 Wide;  // NOLINT(modernize-use-using): `using` has none

  ClockCrossing(std::uint64_t core_hz, std::uint64_t memory_hz)
      : to_memory_{memory_hz, core_hz}, to_core_{core_hz, memory_hz} {}

  /// Cycles of one clock in those of the other.
  class Ratio {
   public:
    Ratio(std::uint64_t to_hz, std::uint64_t from_hz)
        : to_{to_hz / std::gcd(to_hz, from_hz)}, from_{from_hz / std::gcd(to_hz, from_hz)} {}

    std::uint64_t up(std::uint64_t cycle) const { return divided(cycle, from_.value() - 1); }
    std::uint64_t down(std::uint64_t cycle) const { return divided(cycle, 0); }

   private:
    std::uint64_t divided(std::uint64_t cycle, std::uint64_t added) const {
      if (((cycle | to_ | from_.value()) >> 31U) == 0) {  // nearly always
        return from_.quotient(cycle * to_ + added);
      }
      return static_cast<std::uint64_t>((Wide{cycle} * to_ + added) / from_.value());
    }

    std::uint64_t to_;
    Divisor from_;
  };

  Ratio to_memory_;
  Ratio to_core_;
};

}  // namespace systole::dram
