#pragma once

#include <cstdint>
#include <limits>

namespace systole {

/// Number of a clock cycle, counted from a layer's start.
using Cycle = std::uint64_t;
constexpr Cycle kNever = std::numeric_limits<Cycle>::max();

/// The next cycle in which a unit must be looked at. Between two looks nothing about it changes
/// but what its recurrences give in closed form.
class Alarm {
 public:
  Cycle at() const { return at_; }

  void ring_at(Cycle cycle) {
    if (cycle < at_) {
      next_ = at_;
      at_ = cycle;
    } else if (cycle > at_ && cycle < next_) {
      next_ = cycle;
    }
  }

  /// The look of cycle `now` begins: what rang up to then is served. What others rang in this very
  /// cycle for the next one stays; what lies further ahead the unit rings for again.
  void serve(Cycle now) {
    if (at_ <= now) {
      at_ = next_;
      next_ = kNever;
    }
  }

 private:
  Cycle at_ = 1;
  Cycle next_ = kNever;
};

}  // namespace systole
