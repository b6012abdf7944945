#pragma once

#include <cstddef>
#include <cstdint>
#include <stdexcept>

#include "sim/kernel/ring.hpp"
#include "sim/timing/cycle.hpp"
#include "sim/timing/state_archive.hpp"

namespace systole {

/// How many bursts a unit may have on their way at once. A burst takes a slot, which is free again
/// from a cycle on that the burst's answer tells. Bursts are answered in their order, so which slot
/// one has tells nothing.
class BurstSlots {
 public:
  explicit BurstSlots(std::size_t count) : size_{count} {}

  std::size_t size() const { return size_; }
  /// From here on those that are free in cycle `now` can be taken.
  void settle(Cycle now) {
    while (!free_at_.empty() && free_at_.front() <= now) {
      free_at_.pop_front();
    }
  }
  bool any_free() const { return unanswered_ + free_at_.size() < size_; }
  void take() {
    if (!any_free()) {
      throw std::logic_error{"a burst without a slot"};
    }
    ++unanswered_;
  }
  /// Of the oldest burst that is not answered.
  void answer(Cycle free_at) {
    if (unanswered_ == 0 || free_at < last_free_) {
      throw std::logic_error{"an answer out of its order"};
    }
    --unanswered_;
    free_at_.push_back(free_at);
    last_free_ = free_at;
  }
  /// When the next answered one is free; kNever if there is none.
  Cycle next_free() const { return free_at_.empty() ? kNever : free_at_.front(); }
  /// From here on all are; kNever while a burst waits for its answer.
  Cycle all_free() const { return unanswered_ > 0 ? kNever : last_free_; }

  void archive(StateArchive& archive) {
    settle(archive.now());
    archive.value(unanswered_);
    archive.list(free_at_, [&](Cycle& free_at) { archive.cycle(free_at); });
    if (archive.reading()) {
      last_free_ = free_at_.empty() ? archive.now() : free_at_.back();
    }
  }

 private:
  std::size_t size_;
  std::size_t unanswered_ = 0;
  Ring<Cycle> free_at_;  // of those that are answered
  Cycle last_free_ = 0;
};

}  // namespace systole
