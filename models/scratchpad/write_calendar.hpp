#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <vector>

#include "sim/network/ceil_div.hpp"
#include "sim/stats/bank_conflicts.hpp"
#include "sim/timing/cycle_run.hpp"
#include "sim/timing/state_archive.hpp"

namespace systole {

/// Writes to scratchpad banks by the cycle in which they are served, some known ahead of it.
class WriteCalendar {
 public:
  /// Writes to a bank at equal distances. Those of several users may lie between one another.
  struct Run {
    Cycle first = 0;
    Cycle step = 0;  // 0: one write
    Cycle last = 0;
    BankUser by = BankUser::Load;

    /// The first write in cycle `from` or later; kNever: none.
    Cycle next(Cycle from) const {
      if (from <= first || from > last) {
        return from <= first ? first : kNever;
      }
      return step == 1 ? from : first + round_up(from - first, step);
    }
    /// Whether a write of that user lies as far behind the last one as that behind the one before.
    bool continues_in(Cycle cycle, BankUser user) const {
      return by == user && step != 0 && cycle == last + step;
    }
  };

  void add(Cycle cycle, std::uint32_t bank, BankUser by) {
    if (bank >= banks_.size()) {
      banks_.resize(bank + 1);
    }
    Bank& to = banks_[bank];
    if (to.live < to.runs.size() && to.runs.back().continues_in(cycle, by)) {  // mostly so
      to.runs.back().last = cycle;
      to.asked = std::min(to.asked, static_cast<std::uint32_t>(to.runs.size() - 1));
      return;
    }
    forget(to);
    auto at = static_cast<std::uint32_t>(to.runs.size());
    while (at > to.live && (to.runs[at - 1].by != by || to.runs[at - 1].last >= cycle)) {
      --at;
    }
    if (at > to.live) {
      Run& same = to.runs[at - 1];
      if (same.step == 0 || cycle - same.last == same.step) {
        same.step = cycle - same.last;
        same.last = cycle;
        to.asked = std::min(to.asked, at - 1);
        return;
      }
    }
    at = static_cast<std::uint32_t>(to.runs.size());
    while (at > to.live && to.runs[at - 1].first > cycle) {
      --at;
    }
    to.runs.insert(to.runs.begin() + static_cast<std::ptrdiff_t>(at), {cycle, 0, cycle, by});
  }

  void add(const CycleRun& cycles, std::uint32_t bank, BankUser by) {
    for (std::uint32_t i = 0; i < cycles.count; ++i) {
      add(cycles.at(i), bank, by);
      Run& latest = banks_[bank].runs.back();
      if (latest.continues_in(cycles.at(i + 1), by) && latest.step == cycles.apart) {
        latest.last = cycles.last();
        return;
      }
    }
  }

  /// Nobody asks about cycles before `cycle` again.
  void forget_before(Cycle cycle) { nobody_asks_before_ = cycle; }

  /// To `bank` in `cycle`; null: none.
  const Run* find(Cycle cycle, std::uint32_t bank) {
    return bank < banks_.size() ? find_from(banks_[bank].live, cycle, bank) : nullptr;
  }
  /// The same, of cycles that do not go back.
  const Run* find_next(Cycle cycle, std::uint32_t bank) {
    if (bank >= banks_.size()) {
      return nullptr;
    }
    Bank& of = banks_[bank];
    while (of.asked < of.runs.size() && of.runs[of.asked].last < cycle) {
      ++of.asked;
    }
    return find_from(of.asked, cycle, bank);
  }

  /// The first cycle from `from` on, before `until`, in which `bank` is written; else `until`.
  Cycle first_of(Cycle from, Cycle until, std::uint32_t bank) {
    if (bank >= banks_.size()) {
      return until;
    }
    Bank& of = banks_[bank];
    forget(of);
    for (std::size_t i = of.live; i < of.runs.size() && of.runs[i].first < until; ++i) {
      until = std::min(until, of.runs[i].next(from));
    }
    return until;
  }

  /// Tells `each` who writes to `bank` in how many of the cycles from `from` on, before `until`, as
  /// long as somebody does; returns the first cycle in which nobody does, else `until`.
  template <typename Each>
  Cycle while_written(Cycle from, Cycle until, std::uint32_t bank, Each each) {
    while (from < until) {
      const Run* run = find(from, bank);
      if (run == nullptr) {
        return from;
      }
      const Cycle end = run->step == 1 ? std::min(until, run->last + 1) : from + 1;
      each(run->by, end - from);
      from = end;
    }
    return until;
  }

  /// Of the writes behind the archive's cycle.
  void archive(StateArchive& archive) {
    const Cycle from = archive.now() + 1;
    forget_before(from);
    archive.list(banks_, [&](Bank& bank) {
      if (!archive.reading()) {
        keep_from(from, bank.runs);
      }
      bank.live = bank.asked = 0;
      archive.list(bank.runs, [&](Run& run) {
        Cycle length = run.last - run.first;
        archive.cycle(run.first);
        archive.values(length, run.step, run.by);
        run.last = run.first + length;
      });
    });
  }

 private:
  struct Bank {
    std::vector<Run> runs;    // by their first writes
    std::uint32_t live = 0;   // the first that somebody may ask about
    std::uint32_t asked = 0;  // the first that matters to find_next()
  };
  static constexpr std::size_t kCompact = 16;

  const Run* find_from(std::size_t i, Cycle cycle, std::uint32_t bank) const {
    const std::vector<Run>& runs = banks_[bank].runs;
    for (; i < runs.size() && runs[i].first <= cycle; ++i) {
      if (runs[i].next(cycle) == cycle) {
        return &runs[i];
      }
    }
    return nullptr;
  }

  void forget(Bank& bank) const {
    while (bank.live < bank.runs.size() && bank.runs[bank.live].last < nobody_asks_before_) {
      ++bank.live;
    }
    bank.asked = std::max(bank.asked, bank.live);
    if (bank.live > kCompact) {
      bank.runs.erase(bank.runs.begin(),
                      bank.runs.begin() + static_cast<std::ptrdiff_t>(bank.live));
      bank.asked -= bank.live;
      bank.live = 0;
    }
  }

  /// What a bank's runs are without the writes before.
  static void keep_from(Cycle from, std::vector<Run>& runs) {
    std::size_t kept = 0;
    for (Run run : runs) {
      run.first = run.next(from);
      if (run.first == kNever) {
        continue;
      }
      run.step = run.first == run.last ? 0 : run.step;
      Run* before = kept == 0 ? nullptr : &runs[kept - 1];
      const bool goes_on = before != nullptr && before->step == 0 && before->by == run.by &&
                           (run.step == 0 || run.step == run.first - before->first);
      if (goes_on && run.first > before->first) {
        before->step = run.first - before->first;
        before->last = run.last;
      } else {
        runs[kept++] = run;
      }
    }
    runs.resize(kept);
    std::sort(runs.begin(), runs.end(),
              [](const Run& a, const Run& b) { return a.first < b.first; });
  }

  std::vector<Bank> banks_;
  Cycle nobody_asks_before_ = 0;
};

}  // namespace systole
