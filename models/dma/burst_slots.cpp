#include "models/dma/burst_slots.hpp"

#include <algorithm>
#include <stdexcept>

namespace systole {
namespace {

constexpr std::uint32_t kWordBits = 64;

}  // namespace

BurstSlots::BurstSlots(std::size_t count)
    : size_{count}, free_((count + kWordBits - 1) / kWordBits) {
  set_all_free();
}

void BurstSlots::set_free(std::uint32_t slot) {
  free_[slot / kWordBits] |= std::uint64_t{1} << (slot % kWordBits);
  ++free_count_;
}

void BurstSlots::set_all_free() {
  std::fill(free_.begin(), free_.end(), 0);
  free_count_ = 0;
  for (std::uint32_t slot = 0; slot < size_; ++slot) {
    set_free(slot);
  }
}

void BurstSlots::take(std::uint32_t slot) {
  const std::uint64_t bit = std::uint64_t{1} << (slot % kWordBits);
  free_count_ -= (free_[slot / kWordBits] & bit) != 0 ? 1U : 0U;
  free_[slot / kWordBits] &= ~bit;
}

std::uint32_t BurstSlots::take() {
  const std::uint32_t slot = first_of(free_, 0);
  if (slot == size_) {
    throw std::logic_error{"a burst without a slot"};
  }
  take(slot);
  ++unanswered_;
  return slot;
}

void BurstSlots::answer(std::uint32_t slot, Cycle free_at) {
  auto later = answered_.end();
  while (later != answered_.begin() && std::prev(later)->free_at > free_at) {
    --later;
  }
  answered_.insert(later, {slot, free_at});
  --unanswered_;
  last_free_ = std::max(last_free_, free_at);
}

std::vector<std::uint64_t> BurstSlots::waiting_slots() const {
  std::vector<std::uint64_t> waiting(free_.size());
  for (std::uint32_t slot = 0; slot < size_; ++slot) {
    waiting[slot / kWordBits] |= std::uint64_t{1} << (slot % kWordBits);
  }
  for (std::size_t i = 0; i < free_.size(); ++i) {
    waiting[i] &= ~free_[i];
  }
  for (const Answered& answered : answered_) {
    waiting[answered.slot / kWordBits] &= ~(std::uint64_t{1} << (answered.slot % kWordBits));
  }
  return waiting;
}

std::uint32_t BurstSlots::first_of(const std::vector<std::uint64_t>& set,
                                   std::uint32_t slot) const {
  for (std::size_t i = slot / kWordBits; i < set.size(); ++i) {
    std::uint64_t word = set[i];
    if (i == slot / kWordBits) {
      word &= ~std::uint64_t{0} << (slot % kWordBits);
    }
    if (word != 0) {
      return static_cast<std::uint32_t>(i * kWordBits) +
             static_cast<std::uint32_t>(__builtin_ctzll(word));
    }
  }
  return static_cast<std::uint32_t>(size_);
}

}  // namespace systole
