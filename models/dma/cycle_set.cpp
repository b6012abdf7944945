#include "models/dma/cycle_set.hpp"

#include <algorithm>
#include <stdexcept>

namespace systole {

void CycleSet::add(Cycle from, Cycle until) {
  while (from < until) {
    const Cycle end = std::min(until, (from / kSpan + 1) * kSpan);
    word(from / kSpan) |= first_bits(end - from) << (from % kSpan);
    from = end;
  }
}

void CycleSet::forget_words_before(Cycle of) {
  for (std::size_t left = words_.size(); left > 0 && first_ < of; --left) {
    words_[first_++ % words_.size()] = 0;
  }
  first_ = of;
}

void CycleSet::grow_to(Cycle of) {
  if (of < first_) {
    throw std::logic_error{"a cycle that has been booked"};
  }
  std::size_t size = words_.size();
  while (of - first_ >= size) {
    size *= 2;
  }
  std::vector<std::uint64_t> wider(size);
  for (Cycle i = first_; i < first_ + words_.size(); ++i) {
    wider[i % size] = words_[i % words_.size()];
  }
  words_.swap(wider);
}

/// Spans until the last cycle.
std::uint32_t CycleSet::spans_from(Cycle cycle) const {
  for (Cycle of = first_ + words_.size(); of-- > first_;) {
    const std::uint64_t bits = known(of);
    if (bits != 0) {
      const Cycle last = of * kSpan + 63U - static_cast<std::uint32_t>(__builtin_clzll(bits));
      return last < cycle ? 0 : static_cast<std::uint32_t>((last - cycle) / kSpan) + 1;
    }
  }
  return 0;
}

void CycleSet::archive(StateArchive& archive) {
  const Cycle next = archive.now() + 1;
  if (archive.reading()) {
    std::fill(words_.begin(), words_.end(), 0);
    first_ = next / kSpan;
  }
  std::uint32_t spans = archive.reading() ? 0 : spans_from(next);
  archive.value(spans);
  for (std::uint32_t i = 0; i < spans; ++i) {
    const Cycle at = next + Cycle{i} * kSpan;
    std::uint64_t bits = archive.reading() ? 0 : from(at);
    archive.value(bits);
    if (archive.reading() && bits != 0) {
      word(at / kSpan) |= bits << (at % kSpan);
      if (at % kSpan != 0 && bits >> (kSpan - at % kSpan) != 0) {
        word(at / kSpan + 1) |= bits >> (kSpan - at % kSpan);
      }
    }
  }
}

}  // namespace systole
