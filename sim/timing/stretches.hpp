#pragma once

#include <algorithm>

#include "sim/kernel/ring.hpp"
#include "sim/timing/state_archive.hpp"

namespace systole {

/// Stretches of cycles in which something holds, told in the order of their first cycles, until
/// they are over. Those that touch each other are one.
class Stretches {
 public:
  /// [first, end)
  void add(Cycle first, Cycle end) {
    if (!stretches_.empty() && first <= stretches_.back().end) {
      stretches_.back().end = std::max(stretches_.back().end, end);
    } else if (first < end) {
      stretches_.push_back({first, end});
    }
  }
  void forget_before(Cycle cycle) {
    while (!stretches_.empty() && stretches_.front().end <= cycle) {
      stretches_.pop_front();
    }
  }
  void clear() { stretches_.clear(); }

  /// Of the first one; kNever if there is none.
  Cycle first() const { return stretches_.empty() ? kNever : stretches_.front().first; }
  Cycle end() const { return stretches_.empty() ? kNever : stretches_.front().end; }

  /// What lies behind the archive's cycle.
  void archive(StateArchive& archive) {
    forget_before(archive.now() + 1);
    archive.list(stretches_, [&](Stretch& stretch) {
      archive.due(stretch.first);
      archive.cycle(stretch.end);
    });
  }

 private:
  struct Stretch {
    Cycle first = 0;
    Cycle end = 0;
  };
  Ring<Stretch> stretches_;
};

}  // namespace systole
