#pragma once

#include <cstddef>
#include <cstdint>
#include <utility>
#include <vector>

#include "sim/stats/bank_conflicts.hpp"
#include "sim/timing/state_archive.hpp"

namespace systole {

/// Writes to scratchpad banks by the cycle in which they are served, some known ahead of it.
class WriteCalendar {
 public:
  struct Write {
    Cycle cycle = 0;
    std::uint32_t bank = 0;
    BankUser by = BankUser::Load;
  };

  void add(Cycle cycle, std::uint32_t bank, BankUser by) {
    writes_.push_back({cycle, bank, by});
    for (std::size_t at = writes_.size() - 1; at > first_ && writes_[at - 1].cycle > cycle; --at) {
      std::swap(writes_[at - 1], writes_[at]);
    }
  }

  /// Nobody asks about cycles before `cycle` again.
  void forget_before(Cycle cycle) {
    while (first_ < writes_.size() && writes_[first_].cycle < cycle) {
      ++first_;
    }
    if (first_ == writes_.size()) {
      writes_.clear();
      first_ = 0;
    } else if (first_ > kCompact && first_ * 2 > writes_.size()) {
      writes_.erase(writes_.begin(), writes_.begin() + static_cast<std::ptrdiff_t>(first_));
      first_ = 0;
    }
  }

  /// The write to `bank` in `cycle`; null: none.
  const Write* find(Cycle cycle, std::uint32_t bank) const {
    for (std::size_t i = first_; i < writes_.size() && writes_[i].cycle <= cycle; ++i) {
      if (writes_[i].cycle == cycle && writes_[i].bank == bank) {
        return &writes_[i];
      }
    }
    return nullptr;
  }

  /// The first cycle from `from` on, before `until`, in which a bank is written of which `reads` is
  /// true; else `until`.
  template <typename Reads>
  Cycle first_of(Cycle from, Cycle until, Reads reads) const {
    for (std::size_t i = first_; i < writes_.size() && writes_[i].cycle < until; ++i) {
      if (writes_[i].cycle >= from && reads(writes_[i].bank)) {
        return writes_[i].cycle;
      }
    }
    return until;
  }

  /// Of the writes behind the archive's cycle.
  void archive(StateArchive& archive) {
    while (first_ < writes_.size() && writes_[first_].cycle <= archive.now()) {
      ++first_;
    }
    if (archive.reading()) {
      writes_.clear();
      first_ = 0;
    }
    for (std::size_t at = first_;;) {
      std::uint32_t count = archive.reading() ? 0 : run_at(at);
      archive.value(count);  // 0: that was all
      if (count == 0) {
        return;
      }
      Write write = archive.reading() ? Write{} : writes_[at];
      Cycle step = archive.reading() || count == 1 ? 0 : writes_[at + 1].cycle - write.cycle;
      archive.cycle(write.cycle);
      archive.values(write.bank, write.by, step);
      for (std::uint32_t i = 0; archive.reading() && i < count; ++i) {
        writes_.push_back({write.cycle + i * step, write.bank, write.by});
      }
      at += count;
    }
  }

 private:
  static constexpr std::size_t kCompact = 256;

  /// How many writes from number `at` on are alike and equally far apart.
  std::uint32_t run_at(std::size_t at) const {
    std::size_t end = at;
    while (end < writes_.size() && writes_[end].bank == writes_[at].bank &&
           writes_[end].by == writes_[at].by &&
           (end < at + 2 || writes_[end].cycle - writes_[end - 1].cycle ==
                                writes_[at + 1].cycle - writes_[at].cycle)) {
      ++end;
    }
    return static_cast<std::uint32_t>(end - at);
  }

  std::vector<Write> writes_;
  std::size_t first_ = 0;
};

}  // namespace systole
