#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <stdexcept>
#include <vector>

#include "sim/timing/cycle_run.hpp"
#include "sim/timing/state_archive.hpp"

namespace systole {

/// How many bursts a unit may have on their way at once. A burst takes a slot, which is free again
/// from a cycle on that the burst's answer tells. Bursts are answered in their order, so they take
/// the slots in turn.
class BurstSlots {
 public:
  explicit BurstSlots(std::size_t count) : free_at_(count, 0) {}

  std::size_t size() const { return free_at_.size(); }
  /// From when on the next burst can have one; kNever: that takes an answer more.
  Cycle next_free() const { return free_at_[next_]; }
  bool any_free(Cycle now) const { return next_free() <= now; }
  void take() {
    if (next_free() == kNever) {
      throw std::logic_error{"a burst without a slot"};
    }
    free_at_[next_] = kNever;
    next_ = after(next_);
    ++unanswered_;
  }
  /// Of the oldest burst that is not answered.
  void answer(Cycle free_at) { answer({free_at, 0, 1}); }
  /// Of so many of them.
  void answer(const CycleRun& free_at) {
    if (unanswered_ < free_at.count || free_at.first < last_free_) {
      throw std::logic_error{"an answer out of its order"};
    }
    std::size_t slot = oldest_;
    for (std::uint32_t i = 0; i < free_at.count; ++i) {
      free_at_[slot] = free_at.at(i);
      slot = after(slot);
    }
    oldest_ = slot;
    unanswered_ -= free_at.count;
    last_free_ = free_at.last();
  }
  /// From here on all are; kNever while a burst waits for its answer.
  Cycle all_free() const { return unanswered_ > 0 ? kNever : last_free_; }

  /// Which of them a burst takes decides nothing.
  void archive(StateArchive& archive) {
    archive.value(unanswered_);
    const std::size_t answered = size() - unanswered_;
    std::size_t later = 0;  // of these, those that are free later
    while (!archive.reading() && later < answered &&
           free_at_[(oldest_ + size() - later - 1) % size()] > archive.now()) {
      ++later;
    }
    archive.value(later);
    if (archive.reading()) {
      next_ = 0;
      oldest_ = answered % size();
      free_at_.assign(size(), kNever);
      std::fill_n(free_at_.begin(), answered, archive.now());
    }
    for (std::size_t i = answered - later; i < answered; ++i) {
      archive.cycle(free_at_[(next_ + i) % size()]);
    }
    if (archive.reading()) {
      last_free_ = later == 0 ? archive.now() : free_at_[answered - 1];
    }
  }

 private:
  std::size_t after(std::size_t slot) const { return slot + 1 == size() ? 0 : slot + 1; }

  std::vector<Cycle> free_at_;  // kNever: its burst waits for an answer
  std::size_t next_ = 0;        // that a burst takes
  std::size_t oldest_ = 0;      // that waits for an answer, if any does
  std::size_t unanswered_ = 0;
  Cycle last_free_ = 0;
};

}  // namespace systole
