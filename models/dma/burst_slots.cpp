#include "models/dma/burst_slots.hpp"

#include <algorithm>
#include <stdexcept>

namespace systole {

void BurstSlots::settle(Cycle now) {
  while (!answered_.empty() && answered_.front().free_at <= now) {
    free_.set(answered_.front().slot);
    answered_.pop_front();
  }
}

std::uint32_t BurstSlots::take() {
  const std::size_t slot = free_.find_first();
  if (slot == boost::dynamic_bitset<>::npos) {
    throw std::logic_error{"a burst without a slot"};
  }
  free_.reset(slot);
  ++unanswered_;
  return static_cast<std::uint32_t>(slot);
}

void BurstSlots::answer(std::uint32_t slot, Cycle free_at) {
  const auto later = std::upper_bound(
      answered_.begin(), answered_.end(), free_at,
      [](Cycle cycle, const Answered& answered) { return cycle < answered.free_at; });
  answered_.insert(later, {slot, free_at});
  --unanswered_;
  last_free_ = std::max(last_free_, free_at);
}

boost::dynamic_bitset<> BurstSlots::waiting_slots() const {
  boost::dynamic_bitset<> waiting = ~free_;
  for (const Answered& answered : answered_) {
    waiting.reset(answered.slot);
  }
  return waiting;
}

}  // namespace systole
