#include "models/dma/burst_slots.hpp"

#include <algorithm>
#include <stdexcept>

namespace systole {

void BurstSlots::take() {
  if (!any_free()) {
    throw std::logic_error{"a burst without a slot"};
  }
  ++unanswered_;
}

void BurstSlots::answer(Cycle free_at) {
  if (unanswered_ == 0 || (!free_at_.empty() && free_at < free_at_.back())) {
    throw std::logic_error{"an answer out of its order"};
  }
  --unanswered_;
  free_at_.push_back(free_at);
  last_free_ = free_at;
}

void BurstSlots::archive(StateArchive& archive) {
  settle(archive.now());
  archive.value(unanswered_);
  archive.list(free_at_, [&](Cycle& free_at) { archive.cycle(free_at); });
  if (archive.reading()) {
    last_free_ = free_at_.empty() ? archive.now() : free_at_.back();
  }
}

}  // namespace systole
