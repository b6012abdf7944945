#pragma once

#include <algorithm>
#include <cstdint>

#include "sim/storage/ring.hpp"

namespace systole {

/// When the array takes the operands that are read for it, if what it cannot take waits in a queue
/// (Gemmini's ExecuteController and MeshWithDelays).
///
/// In each cycle in which a row of operands is being read, an entry goes into the queue, also if a
/// bank is taken and only a part of the row, or nothing, comes of it. Entries leave it in order,
/// one a cycle: one with data read_latency after the cycle of the read at the earliest, another in
/// the next cycle, the first one of a step when the array has room for the step. A row is with the
/// array when its last entry leaves. Nothing is read while the queue is full.
///
/// Of the steps before, the array keeps `steps` between their first row and their last result; a
/// step's place goes to another with the last result of the step behind it, so that the first one
/// does not count.
class OperandQueue {
 public:
  /// `depth` 0: there is no queue. A step's results have left `cycles_inside` after its last row.
  OperandQueue(std::uint32_t depth, std::uint32_t read_latency, std::uint32_t steps,
               std::uint64_t cycles_inside)
      : depth_{depth}, read_latency_{read_latency}, steps_{steps}, cycles_inside_{cycles_inside} {}

  bool exists() const { return depth_ > 0; }
  /// Before a program.
  void start() {
    leave_.clear();
    steps_leave_.clear();
    last_ = 0;
    begins_step_ = true;
  }

  bool full(std::uint64_t now) const {
    return exists() && leave_.size() == depth_ && leave_.front() > now;
  }
  /// An entry of this cycle; returns when it leaves.
  std::uint64_t enter(std::uint64_t now, bool has_data) {
    last_ = std::max(now + (has_data ? read_latency_ : 1), last_ + 1);
    if (begins_step_ && steps_leave_.size() == steps_ + 1) {
      last_ = std::max(last_, steps_leave_[1] + 1);
    }
    begins_step_ = false;
    keep(leave_, last_, depth_);
    return last_;
  }
  /// The entry was a step's last.
  void end_step() {
    keep(steps_leave_, last_ + cycles_inside_, steps_ + 1);
    begins_step_ = true;
  }

 private:
  static void keep(Ring<std::uint64_t>& youngest, std::uint64_t cycle, std::size_t count) {
    if (youngest.size() == count) {
      youngest.pop_front();
    }
    youngest.push_back(cycle);
  }

  const std::size_t depth_;
  const std::uint32_t read_latency_;
  const std::size_t steps_;
  const std::uint64_t cycles_inside_;
  Ring<std::uint64_t> leave_;        // cycles in which the last `depth` entries leave
  Ring<std::uint64_t> steps_leave_;  // and the results of the steps before
  std::uint64_t last_ = 0;
  bool begins_step_ = true;
};

}  // namespace systole
