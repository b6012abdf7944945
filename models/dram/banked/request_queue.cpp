#include "models/dram/banked/request_queue.hpp"

namespace systole::dram {

RequestQueue::RequestQueue(std::uint32_t entries) : entries_{entries}, nodes_(entries) {
  for (std::uint32_t i = entries; i-- > 0;) {
    node(static_cast<Slot>(i)).all.next = free_;
    free_ = static_cast<Slot>(i);
  }
}

bool RequestQueue::holds(std::uint32_t bank, std::uint32_t row, std::uint32_t column) const {
  for (Slot slot = by_bank_[bank].head; slot != kNoSlot; slot = node(slot).bank.next) {
    if (at(slot).row == row && at(slot).column == column) {
      return true;
    }
  }
  return false;
}

}  // namespace systole::dram
