#pragma once

#include <cstddef>
#include <stdexcept>
#include <utility>
#include <vector>

#include "sim/timing/alarm.hpp"
#include "sim/timing/state_archive.hpp"

namespace systole {

/// The rule of Fifo (sim/kernel/fifo.hpp) without a kernel: an item pushed in cycle t can be popped
/// in t + 1, and a slot freed in t can be filled in t + 1. A push wakes the consumer, a pop from a
/// full queue its producer.
template <typename T>
class TimedQueue {
 public:
  TimedQueue(std::size_t depth, Alarm& producer, Alarm& consumer)
      : slots_(depth), depth_{depth}, producer_{producer}, consumer_{consumer} {}

  bool can_pop(Cycle now) const { return count_ > 0 && slots_[head_].pushed < now; }
  bool can_push(Cycle now) const { return room_from() <= now; }
  /// First cycle in which an item can be pushed; kNever: not before one has been popped.
  Cycle room_from() const { return count_ < depth_ ? slots_[tail_].freed + 1 : kNever; }
  bool empty() const { return count_ == 0; }
  std::size_t size() const { return count_; }

  const T& front() const { return slots_[head_].item; }

  void push(Cycle now, T item) {
    if (count_ == depth_) {
      throw std::logic_error{"push to a full queue"};
    }
    slots_[tail_].item = std::move(item);
    slots_[tail_].pushed = now;
    tail_ = next(tail_);
    ++count_;
    if (count_ > unseen_) {
      consumer_.ring_at(now + 1);
    }
  }

  /// The consumer knows when it has to look without being woken, as long as no more than so many
  /// items wait.
  void wake_above(std::size_t items) { unseen_ = items; }
  /// First cycle in which the front can be popped.
  Cycle ready() const { return slots_[head_].pushed + 1; }

  /// `at` may lie ahead, if it is known then.
  T pop(Cycle at) {
    if (count_ == depth_) {
      producer_.ring_at(at + 1);
    }
    T item = std::move(slots_[head_].item);
    slots_[head_].freed = at;
    head_ = next(head_);
    --count_;
    return item;
  }

  /// `each` archives an item.
  template <typename Each>
  void archive(StateArchive& archive, Each each) {
    auto count = static_cast<std::uint32_t>(count_);
    archive.value(count);
    if (archive.reading()) {
      head_ = 0;
      tail_ = count == depth_ ? 0 : count;
      count_ = count;
    }
    for (std::size_t i = 0; i < count_; ++i) {
      Slot& slot = slots_[head_ + i < depth_ ? head_ + i : head_ + i - depth_];
      archive.due(slot.pushed);
      each(slot.item);
    }
    archive_freed(archive);
  }

 private:
  struct Slot {
    T item{};
    Cycle pushed = 0;
    Cycle freed = 0;  // the item has gone, in this cycle
  };

  /// Slots from which an item has yet to go: the last ones behind the items.
  void archive_freed(StateArchive& archive) {
    const std::size_t room = depth_ - count_;
    std::uint32_t later = 0;
    while (later < room && slots_[before(head_, later + 1)].freed > archive.now()) {
      ++later;
    }
    archive.value(later);
    for (std::size_t i = 1; i <= room; ++i) {
      Slot& slot = slots_[before(head_, i)];
      if (i <= later) {
        archive.cycle(slot.freed);
      } else if (archive.reading()) {
        slot.freed = archive.now();
      }
    }
  }
  std::size_t before(std::size_t i, std::size_t slots) const {
    return i < slots ? i + depth_ - slots : i - slots;
  }

  std::size_t next(std::size_t i) const { return i + 1 == depth_ ? 0 : i + 1; }

  std::vector<Slot> slots_;
  const std::size_t depth_;  // their number; size() divides, and is asked in every look
  std::size_t head_ = 0, tail_ = 0, count_ = 0;
  std::size_t unseen_ = 0;  // items that wake nobody
  Alarm& producer_;
  Alarm& consumer_;
};

/// A register with one writer: what is written in cycle t is read from t + 1 on. A change wakes
/// its reader. The writer can write in cycles to come, once it has done all of this one's.
template <typename T>
class TimedWire {
 public:
  TimedWire(T initial, Alarm& reader) : current_{initial}, previous_{initial}, reader_{&reader} {}

  void write(Cycle now, T value) {
    if (value == current_) {
      return;
    }
    if (written_ != now) {
      previous_ = current_;
      written_ = now;
    }
    current_ = value;
    if (wakes_) {
      reader_->ring_at(now + 1);
    }
  }
  /// Whether the reader wants to be woken, or reads what is there when it looks anyway.
  void wake(Cycle now, bool wakes) {
    wakes_ = wakes;
    if (wakes && read(now) != current_) {
      reader_->ring_at(written_ + 1);
    }
  }

  T latest() const { return current_; }  ///< for the writer
  T read(Cycle now) const { return now <= written_ ? previous_ : current_; }

  void archive(StateArchive& archive) {
    T before = read(archive.now() + 1);
    archive.values(current_, before);
    if (before != current_) {
      archive.cycle(written_);
    } else if (archive.reading()) {
      written_ = archive.now();
    }
    if (archive.reading()) {
      previous_ = before;
    }
  }
  /// A counter that is only compared with `base`, and not written ahead.
  void archive(StateArchive& archive, std::uint64_t base) {
    archive.count(current_, base);
    if (archive.reading()) {
      previous_ = current_;
      written_ = archive.now();
    }
  }

 private:
  T current_;
  T previous_;
  Cycle written_ = 0;
  bool wakes_ = true;
  Alarm* reader_;
};

}  // namespace systole
