#pragma once

#include "sim/timing/state_archive.hpp"

namespace systole {

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

  /// What rang so far is of no account.
  void serve_all() { at_ = next_ = kNever; }

  void archive(StateArchive& archive) {
    archive.cycle(at_);
    archive.cycle(next_);
  }

 private:
  Cycle at_ = 1;
  Cycle next_ = kNever;
};

}  // namespace systole
