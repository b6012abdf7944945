#pragma once

#include <algorithm>

#include "sim/storage/ring.hpp"
#include "sim/timing/state_archive.hpp"

namespace systole {

/// Stretches of cycles in which something holds, told in the order of their first cycles, until
/// they are over. Those that touch each other are one.
class Stretches {
 public:
  struct Stretch {
    Cycle first = 0;
    Cycle end = 0;

    void archive(StateArchive& archive) {
      archive.due(first);
      archive.due(end);
    }
  };

  /// [first, end)
  void add(Cycle first, Cycle end) {
    if (first <= last_.end) {
      last_.end = std::max(last_.end, end);
    } else {
      if (last_.first < last_.end) {
        before_.push_back(last_);
      }
      last_ = {first, end};
    }
  }
  /// Whether the last one holds the cycle.
  bool last_holds(Cycle cycle) const { return last_.first <= cycle && cycle < last_.end; }
  void forget_before(Cycle cycle) {
    while (!before_.empty() && before_.front().end <= cycle) {
      before_.pop_front();
    }
  }
  void clear() {
    before_.clear();
    last_ = {};
  }

  /// Of the first one that is not over in cycle `now`; kNever if there is none.
  Stretch next(Cycle now) {
    forget_before(now);
    if (!before_.empty()) {
      return before_.front();
    }
    return last_.end > now ? last_ : Stretch{kNever, kNever};
  }

  /// What lies behind the archive's cycle.
  void archive(StateArchive& archive) {
    if (!archive.reading()) {
      forget_before(archive.now() + 1);
      last_ = next(archive.now() + 1).first == kNever ? Stretch{} : last_;
    }
    archive.list(before_, [&](Stretch& stretch) { stretch.archive(archive); });
    last_.archive(archive);
  }

 private:
  Ring<Stretch> before_;
  Stretch last_;
};

}  // namespace systole
