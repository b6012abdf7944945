#pragma once

#include <array>
#include <cstdint>
#include <vector>

#include "models/dram/banked/config.hpp"

namespace systole::dram {

/// The index of a waiting burst in its queue.
using Slot = std::uint16_t;
constexpr Slot kNoSlot = 0xffff;

/// A burst that waits for its column command. Small: the queues of many channels are to stay in a
/// cache.
struct Burst {
  std::uint64_t sequence = 0;  ///< order of acceptance over both queues
  std::uint32_t row = 0;
  std::uint16_t column = 0;
  std::uint16_t request = 0;  ///< the controller's index of the request it is part of
  std::uint8_t bank = 0;
  bool activated = false;   ///< a row was opened for it
  bool precharged = false;  ///< a row was closed for it
};

/// A bounded set of bursts of one direction, each in two lists in order of age: that of all and
/// that of its bank. Nothing is allocated after construction.
class RequestQueue {
 public:
  explicit RequestQueue(std::uint32_t entries);

  std::uint32_t size() const { return size_; }
  std::uint32_t room() const { return entries_ - size_; }
  /// Banks that some burst waits for, one bit each.
  std::uint64_t banks() const { return waiting_banks_; }

  const Burst& at(Slot slot) const { return nodes_[slot].burst; }
  Burst& at(Slot slot) { return nodes_[slot].burst; }

  /// The oldest of all, of a bank, and of a row of a bank; kNoSlot when there is none.
  Slot oldest() const { return all_.head; }
  Slot younger(Slot slot) const { return node(slot).all.next; }  ///< the next by age
  Slot oldest_of_bank(std::uint32_t bank) const { return by_bank_[bank].head; }
  Slot oldest_of_row(std::uint32_t bank, std::uint32_t row) const {
    return first_of_row(by_bank_[bank].head, row);
  }
  /// The next by age of the same row of the same bank.
  Slot younger_of_row(Slot slot) const { return first_of_row(node(slot).bank.next, at(slot).row); }
  bool holds(std::uint32_t bank, std::uint32_t row, std::uint32_t column) const;

  /// The youngest; the rest of it is the caller's to fill in.
  Slot push(std::uint32_t bank);
  void remove(Slot slot);

 private:
  struct Links {
    Slot previous = kNoSlot;
    Slot next = kNoSlot;
  };
  struct Node {
    Burst burst;
    Links all;
    Links bank;
  };
  struct List {
    Slot head = kNoSlot;
    Slot tail = kNoSlot;
  };

  Node& node(Slot slot) { return nodes_[slot]; }
  const Node& node(Slot slot) const { return nodes_[slot]; }
  Slot first_of_row(Slot slot, std::uint32_t row) const;  ///< from that slot of a bank on
  void append(List& list, Links Node::*links, Slot slot);
  void unlink(List& list, Links Node::*links, Slot slot);

  const std::uint32_t entries_;
  std::vector<Node> nodes_;
  Slot free_ = kNoSlot;  // the first; all.next tells the others
  List all_;
  std::array<List, kMostBanks> by_bank_;
  std::uint64_t waiting_banks_ = 0;
  std::uint32_t size_ = 0;
};

// Every request passes here: below so that they are inlined.

inline Slot RequestQueue::first_of_row(Slot slot, std::uint32_t row) const {
  while (slot != kNoSlot && at(slot).row != row) {
    slot = node(slot).bank.next;
  }
  return slot;
}

inline Slot RequestQueue::push(std::uint32_t bank) {
  const Slot slot = free_;
  free_ = node(slot).all.next;
  at(slot).bank = static_cast<std::uint8_t>(bank);
  append(all_, &Node::all, slot);
  append(by_bank_[bank], &Node::bank, slot);
  waiting_banks_ |= std::uint64_t{1} << bank;
  ++size_;
  return slot;
}

inline void RequestQueue::remove(Slot slot) {
  const std::uint32_t bank = at(slot).bank;
  unlink(all_, &Node::all, slot);
  unlink(by_bank_[bank], &Node::bank, slot);
  if (by_bank_[bank].head == kNoSlot) {
    waiting_banks_ &= ~(std::uint64_t{1} << bank);
  }
  node(slot).all.next = free_;
  free_ = slot;
  --size_;
}

inline void RequestQueue::append(List& list, Links Node::*links, Slot slot) {
  (node(slot).*links).previous = list.tail;
  (node(slot).*links).next = kNoSlot;
  (list.tail == kNoSlot ? list.head : (node(list.tail).*links).next) = slot;
  list.tail = slot;
}

inline void RequestQueue::unlink(List& list, Links Node::*links, Slot slot) {
  // One by one: the two together would wait for the one that was just written.
  const Slot previous = (node(slot).*links).previous;
  const Slot next = (node(slot).*links).next;
  (previous == kNoSlot ? list.head : (node(previous).*links).next) = next;
  (next == kNoSlot ? list.tail : (node(next).*links).previous) = previous;
}

}  // namespace systole::dram
