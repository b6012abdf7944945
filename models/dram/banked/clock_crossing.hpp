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

  /// Cycles of one clock in those of the other. Every request passes here some times: a quotient is
  /// guessed by the divisor's inverse, too small by 2 at most (P. Barrett, CRYPTO '86), and
  /// corrected.
  class Ratio {
   public:
    Ratio(std::uint64_t to_hz, std::uint64_t from_hz)
        : to_{to_hz / std::gcd(to_hz, from_hz)},
          from_{from_hz / std::gcd(to_hz, from_hz)},
          inverse_{~std::uint64_t{0} / from_} {}

    std::uint64_t up(std::uint64_t cycle) const {
      return fits(cycle) ? divided(cycle * to_ + from_ - 1)
                         : static_cast<std::uint64_t>((Wide{cycle} * to_ + from_ - 1) / from_);
    }
    std::uint64_t down(std::uint64_t cycle) const {
      return fits(cycle) ? divided(cycle * to_)
                         : static_cast<std::uint64_t>(Wide{cycle} * to_ / from_);
    }

   private:
    /// Nearly always, and then 64 bits will do.
    bool fits(std::uint64_t cycle) const { return ((cycle | to_ | from_) >> 31U) == 0; }
    std::uint64_t divided(std::uint64_t value) const {
      auto quotient = static_cast<std::uint64_t>(Wide{value} * inverse_ >> 64U);
      for (std::uint64_t rest = value - quotient * from_; rest >= from_; rest -= from_) {
        ++quotient;
      }
      return quotient;
    }

    std::uint64_t to_;
    std::uint64_t from_;
    std::uint64_t inverse_;
  };

  Ratio to_memory_;
  Ratio to_core_;
};

}  // namespace systole::dram
