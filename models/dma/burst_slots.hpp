#pragma once

#include <boost/dynamic_bitset.hpp>
#include <cstddef>
#include <cstdint>
#include <deque>

#include "sim/timing/cycle.hpp"
#include "sim/timing/state_archive.hpp"

namespace systole {

/// The bursts that a unit may have on their way at once. A slot is taken by a burst, and free again
/// from a cycle on that the burst's answer tells.
class BurstSlots {
 public:
  explicit BurstSlots(std::size_t count) : free_{count} { free_.set(); }

  std::size_t size() const { return free_.size(); }
  /// From here on those that are free in cycle `now` can be taken.
  void settle(Cycle now);
  bool any_free() const { return free_.any(); }
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
      free_.set();
      answered_.clear();
    } else {
      settle(archive.now());
    }
    boost::dynamic_bitset<> waiting = waiting_slots();
    std::size_t slot = waiting.find_first();
    archive.value(unanswered_);
    for (std::size_t i = 0; i < unanswered_; ++i) {
      archive.value(slot);
      free_.reset(slot);
      each(slot);
      slot = archive.reading() ? slot : waiting.find_next(slot);
    }
    archive.list(answered_, [&](Answered& answered) {
      archive.value(answered.slot);
      archive.cycle(answered.free_at);
      free_.reset(answered.slot);
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

  boost::dynamic_bitset<> waiting_slots() const;

  boost::dynamic_bitset<> free_;
  std::size_t unanswered_ = 0;
  std::deque<Answered> answered_;  // not free yet; the first that will be comes first
  Cycle last_free_ = 0;
};

}  // namespace systole
