#pragma once

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <vector>

#include "models/dram/dram_timing.hpp"
#include "sim/storage/ring.hpp"
#include "sim/timing/state_archive.hpp"

namespace systole {

/// A read and a cycle that it waits for.
struct DatedRead {
  MemoryRead read;
  Cycle at = 0;

  void archive(StateArchive& archive) {
    archive.address(read.address);
    archive.value(read.bytes);
    archive.due(at);
  }
};

/// The reads between the load unit and the request channel of an ideal DRAM, known ahead of their
/// cycles. Those that were sent stand in a queue of two; one that finds it full is held, and none
/// is sent before the cycle after that in which it gets its place. So when a read is sent, and when
/// it comes into the queue, follows from the two before it:
///
///   sent[i]   = max(due[i], queued[i - 1] + 1)
///   queued[i] = max(sent[i], taken[i - 2] + 1)
class ReadPort {
 public:
  /// Adds to `sent` the cycles that are known with it.
  void push(Cycle due, const MemoryRead& read, std::vector<Cycle>& sent) {
    reads_.push_back({read, due});
    place(sent);
  }

  bool empty() const { return reads_.empty(); }
  /// First cycle in which the next one can be taken; kNever if there is none.
  Cycle ready() const { return reads_.empty() ? kNever : reads_.front().at + 1; }
  MemoryRead take(Cycle now, std::vector<Cycle>& sent) {
    const MemoryRead taken = reads_.front().read;
    take(1, now, sent);
    return taken;
  }

  // Several at once: reads that nothing holds up are sent when they are due, are in the queue in
  // the same cycle and are taken in the next one.

  /// Whether the one behind `i` others is such a read, if the one before it is taken in `taken`.
  bool unhindered(std::size_t i, Cycle taken) const {
    return i < reads_.size() && reads_[i].at >= taken;
  }
  const DatedRead& operator[](std::size_t i) const { return reads_[i]; }
  /// Takes so many, of which all but the first, taken in cycle `first`, are unhindered.
  void take(std::size_t count, Cycle first, std::vector<Cycle>& sent) {
    for (std::size_t i = placed_; i < count; ++i) {
      sent.push_back(reads_[i].at);
    }
    if (count == 1) {
      free_ = {free_[1], first + 1};
    } else {
      const Cycle last_but_one = count == 2 ? first : reads_[count - 2].at + 1;
      free_ = {last_but_one + 1, reads_[count - 1].at + 2};
    }
    if (count >= placed_) {
      next_send_ = reads_[count - 1].at + 1;
    }
    const bool third_stays = placed_ > kQueue && count <= kQueue;
    placed_ -= std::min(placed_, count);
    reads_.pop_front(count);
    if (third_stays) {
      enter_queue(placed_ - 1);
    }
    place(sent);
  }

  void archive(StateArchive& archive) {
    archive.list(reads_, [&](DatedRead& waiting) { waiting.archive(archive); });
    for (Cycle* cycle : {&free_[0], &free_[1], &next_send_}) {
      archive.due(*cycle);
    }
    placed_ = std::min(kQueue + 1, reads_.size());
  }

 private:
  static constexpr std::size_t kQueue = 2;

  void place(std::vector<Cycle>& sent) {
    while (placed_ < std::min(kQueue + 1, reads_.size())) {
      DatedRead& next = reads_[placed_];
      next.at = std::max(next.at, next_send_);
      sent.push_back(next.at);
      if (placed_ < kQueue) {
        enter_queue(placed_);
      }
      ++placed_;
    }
  }
  void enter_queue(std::size_t place) {
    reads_[place].at = std::max(reads_[place].at, free_[place]);
    next_send_ = reads_[place].at + 1;
  }

  // `at`: of the first two when it is in the queue, of the third when it is sent, else due
  Ring<DatedRead> reads_;
  std::size_t placed_ = 0;            // whose `at` is more than due
  std::array<Cycle, kQueue> free_{};  // from when on a place of the queue is
  Cycle next_send_ = 0;               // of the first that is not placed, at the earliest
};

/// The reads of a memory that is looked at in each cycle in which one is sent.
class ReadsToSend {
 public:
  void push(Cycle due, const MemoryRead& read) { reads_.push_back({read, due}); }

  /// Cycle in which the next one can be sent, if the port is free; kNever if there is none.
  Cycle due() const { return reads_.empty() ? kNever : reads_.front().at; }
  MemoryRead take() {
    const MemoryRead next = reads_.front().read;
    reads_.pop_front();
    return next;
  }

  void archive(StateArchive& archive) {
    archive.list(reads_, [&](DatedRead& waiting) { waiting.archive(archive); });
  }

 private:
  Ring<DatedRead> reads_;  // `at`: due
};

}  // namespace systole
