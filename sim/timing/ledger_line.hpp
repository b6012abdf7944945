#pragma once

#include <stdexcept>

#include "sim/stats/ledger.hpp"
#include "sim/timing/state_archive.hpp"

namespace systole {

/// Books every cycle of one unit once, from cycle 1 on: those in which it was looked at, and those
/// in between under the cause that held.
class LedgerLine {
 public:
  LedgerLine(Ledger& ledger, LedgerUnit unit) : ledger_{ledger}, unit_{unit} {}

  /// First cycle that is not booked yet.
  Cycle next() const { return next_; }

  /// Books [next(), until) under `cause`.
  void fill(Cycle until, Cause cause) {
    if (until > next_) {
      ledger_.book(unit_, cause, until - next_);
      next_ = until;
    }
  }

  /// Books the cycles before `now` under the held cause, `now` under `cause`, and holds `between`
  /// from then on.
  void look(Cycle now, Cause cause, Cause between) {
    fill(now, held_);
    fill(now + 1, cause);
    held_ = between;
  }

  /// Books the cycles before `now` under the held cause; those from then on are filled.
  void stop_holding(Cycle now) {
    fill(now, held_);
    held_ = Cause::Idle;
  }

  Cause held() const { return held_; }

  /// Everything up to the archive's cycle is booked.
  void archive(StateArchive& archive) {
    if (archive.reading()) {
      next_ = archive.now() + 1;
    } else {
      fill(archive.now() + 1, held_);
    }
    archive.value(held_);
  }
  /// Everything up to the archive's cycle is booked, and maybe more.
  void archive_ahead(StateArchive& archive) { archive.cycle(next_); }

 private:
  Ledger& ledger_;
  const LedgerUnit unit_;
  Cycle next_ = 1;
  Cause held_ = Cause::Idle;
};

}  // namespace systole
