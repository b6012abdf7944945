#include "models/dram/banked/request_queue.hpp"

namespace systole::dram {

RequestQueue::RequestQueue(std::uint32_t entries, std::uint32_t banks)
    : nodes_(entries), by_bank_(banks) {
  free_.reserve(entries);
  for (std::uint32_t i = entries; i-- > 0;) {
    free_.push_back(static_cast<Slot>(i));
  }
}

Slot RequestQueue::oldest_of_row(std::uint32_t bank, std::uint32_t row) const {
  Slot slot = by_bank_[bank].head;
  while (slot != kNoSlot && at(slot).row != row) {
    slot = node(slot).bank.next;
  }
  return slot;
}

bool RequestQueue::holds(std::uint32_t bank, std::uint32_t row, std::uint32_t column) const {
  for (Slot slot = by_bank_[bank].head; slot != kNoSlot; slot = node(slot).bank.next) {
    if (at(slot).row == row && at(slot).column == column) {
      return true;
    }
  }
  return false;
}

Slot RequestQueue::push(const Burst& burst) {
  const Slot slot = free_.back();
  free_.pop_back();
  node(slot).burst = burst;
  append(all_, &Node::all, slot);
  append(by_bank_[burst.bank], &Node::bank, slot);
  waiting_banks_ |= std::uint64_t{1} << burst.bank;
  ++size_;
  return slot;
}

void RequestQueue::remove(Slot slot) {
  const std::uint32_t bank = at(slot).bank;
  unlink(all_, &Node::all, slot);
  unlink(by_bank_[bank], &Node::bank, slot);
  if (by_bank_[bank].head == kNoSlot) {
    waiting_banks_ &= ~(std::uint64_t{1} << bank);
  }
  free_.push_back(slot);
  --size_;
}

void RequestQueue::append(List& list, Links Node::*links, Slot slot) {
  node(slot).*links = {list.tail, kNoSlot};
  (list.tail == kNoSlot ? list.head : (node(list.tail).*links).next) = slot;
  list.tail = slot;
}

void RequestQueue::unlink(List& list, Links Node::*links, Slot slot) {
  const Links around = node(slot).*links;
  (around.previous == kNoSlot ? list.head : (node(around.previous).*links).next) = around.next;
  (around.next == kNoSlot ? list.tail : (node(around.next).*links).previous) = around.previous;
}

}  // namespace systole::dram
