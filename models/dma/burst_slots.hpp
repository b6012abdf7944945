#pragma once

#include <cstddef>
#include <cstdint>
#include <deque>
#include <vector>

#include "sim/timing/cycle.hpp"
#include "sim/timing/state_archive.hpp"

namespace systole {

/// The bursts that a unit may have on their way at once. A slot is taken by a burst, and free again
/// from a cycle on that the burst's answer tells.
class BurstSlots {
 public:
  explicit BurstSlots(std::size_t count);

  std::size_t size() const { return size_; }
  /// From here on those that are free in cycle `now` can be taken.
  void settle(Cycle now) {
    while (!answered_.empty() && answered_.front().free_at <= now) {
      set_free(answered_.front().slot);
      answered_.pop_front();
    }
  }
  bool any_free() const { return free_count_ > 0; }
  /// The first that is free.
  std::uint32_t take();
  void answer(std::uint32_t slot, Cycle free_at);
  /// When the next answered one is free; kNever if there is none.
  Cycle next_free() const { return answered_.empty() ? kNever : answered_.front().free_at; }
  /// From here on all are; kNever while a burst waits for its answer.
  Cycle all_free() const { return unanswered_ > 0 ? kNever : last_free_; }

  /// `each(slot)` archives a burst that waits for its answer.
  template <typename Each>
  void archive(StateArchive& archive, Each each) {
    if (archive.reading()) {
      set_all_free();
      answered_.clear();
    } else {
      settle(archive.now());
    }
    std::vector<std::uint64_t> waiting = waiting_slots();
    std::uint32_t slot = first_of(waiting, 0);
    archive.value(unanswered_);
    for (std::size_t i = 0; i < unanswered_; ++i) {
      archive.value(slot);
      take(slot);
      each(std::size_t{slot});
      slot = archive.reading() ? slot : first_of(waiting, slot + 1);
    }
    archive.list(answered_, [&](Answered& answered) {
      archive.value(answered.slot);
      archive.cycle(answered.free_at);
      take(answered.slot);
    });
    if (archive.reading()) {
      last_free_ = answered_.empty() ? archive.now() : answered_.back().free_at;
    }
  }

 private:
  struct Answered {
    std::uint32_t slot = 0;
    Cycle free_at = 0;
  };

  void set_free(std::uint32_t slot);
  void set_all_free();
  void take(std::uint32_t slot);  ///< if it is free
  std::vector<std::uint64_t> waiting_slots() const;
  /// The first of a set from `slot` on; size() if there is none.
  std::uint32_t first_of(const std::vector<std::uint64_t>& set, std::uint32_t slot) const;

  std::size_t size_;
  std::vector<std::uint64_t> free_;  // a bit each
  std::size_t free_count_ = 0;
  std::size_t unanswered_ = 0;
  std::deque<Answered> answered_;  // not free yet; the first that will be comes first
  Cycle last_free_ = 0;
};

}  // namespace systole
