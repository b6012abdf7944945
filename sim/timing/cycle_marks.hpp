#pragma once

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <stdexcept>
#include <vector>

#include "sim/timing/cycle_run.hpp"
#include "sim/timing/state_archive.hpp"

namespace systole {

/// Marks of so many kinds on cycles to come, a bit each: those of many cycles are counted at once.
template <std::size_t kKinds>
class CycleMarks {
 public:
  /// A bit of each kind for kSpan cycles, the first one the lowest.
  static constexpr std::uint32_t kSpan = 64;
  using Span = std::array<std::uint64_t, kKinds>;

  void mark(std::size_t kind, Cycle cycle) {
    span(cycle / kSpan)[kind] |= std::uint64_t{1} << (cycle % kSpan);
  }
  /// Those of [from, until).
  void mark(std::size_t kind, Cycle from, Cycle until) {
    while (from < until) {
      const Cycle end = std::min(until, (from / kSpan + 1) * kSpan);
      span(from / kSpan)[kind] |= bits(from, end);
      from = end;
    }
  }
  /// Those of all of them.
  void mark(std::size_t kind, const CycleRun& cycles) {
    if (cycles.apart <= 1) {
      mark(kind, cycles.first, cycles.first + cycles.count);
      return;
    }
    span(cycles.first / kSpan);  // there is room for all of them
    span(cycles.last() / kSpan);
    Span* const spans = spans_.data();
    const std::size_t mask = mask_;
    Cycle cycle = cycles.first;
    for (std::uint32_t i = 0; i < cycles.count; ++i, cycle += cycles.apart) {
      spans[cycle / kSpan & mask][kind] |= std::uint64_t{1} << (cycle % kSpan);
    }
  }
  bool marked(std::size_t kind, Cycle cycle) const {
    const Cycle of = cycle / kSpan;
    return of - first_ <= mask_ && (spans_[of & mask_][kind] >> (cycle % kSpan) & 1U) != 0;
  }

  /// The first cycle of [from, until) with such a mark; else `until`.
  Cycle first(std::size_t kind, Cycle from, Cycle until) const {
    while (from < until) {
      const Cycle end = std::min(until, (from / kSpan + 1) * kSpan);
      const std::uint64_t marks = known(kind, from / kSpan) & bits(from, end);
      if (marks != 0) {
        return from / kSpan * kSpan + static_cast<std::uint32_t>(__builtin_ctzll(marks));
      }
      from = end;
    }
    return until;
  }

  /// Forgets what lies before `until`, calling `visit(end, which, span)` for the cycles up to `end`
  /// that `which` tells of the span.
  template <typename Visit>
  void take(Cycle from, Cycle until, Visit visit) {
    while (from < until) {
      const Cycle end = std::min(until, (from / kSpan + 1) * kSpan);
      if (from / kSpan - first_ <= mask_) {
        visit(end, bits(from, end), spans_[from / kSpan & mask_]);
      } else {
        visit(end, bits(from, end), Span{});
      }
      if (end % kSpan == 0) {
        forget_spans_before(end / kSpan);
      }
      from = end;
    }
  }

  /// Of the cycles behind the archive's: how many without a mark, then kSpan of them, and so on.
  void archive(StateArchive& archive) {
    if (archive.reading()) {
      spans_.assign(kUsualSpans, Span{});
      mask_ = kUsualSpans - 1;
      first_ = archive.now() / kSpan;
    }
    const Cycle end = marked_before();
    for (std::size_t kind = 0; kind < kKinds; ++kind) {
      Cycle at = archive.now() + 1;
      while (archive_marks(archive, kind, at, end)) {
      }
    }
  }

 private:
  /// Of the cycles [from, end) of one span.
  static std::uint64_t bits(Cycle from, Cycle end) {
    return ~std::uint64_t{0} >> (kSpan - (end - from)) << (from % kSpan);
  }

  /// No cycle from here on has a mark.
  Cycle marked_before() const {
    const Span none{};
    Cycle end = first_ + spans_.size();
    while (end > first_ && spans_[(end - 1) & mask_] == none) {
      --end;
    }
    return end * kSpan;
  }
  Span& span(Cycle of) {
    if (of - first_ > mask_) {
      grow_to(of);
    }
    return spans_[of & mask_];
  }
  std::uint64_t known(std::size_t kind, Cycle of) const {
    return of - first_ <= mask_ ? spans_[of & mask_][kind] : 0;
  }
  void forget_spans_before(Cycle of) {
    for (std::size_t left = spans_.size(); left > 0 && first_ < of; --left) {
      spans_[first_++ & mask_] = {};
    }
    first_ = std::max(first_, of);
  }
  void grow_to(Cycle of) {
    if (of < first_) {
      throw std::logic_error{"a mark on a cycle that is over"};
    }
    std::size_t size = spans_.size();
    while (of - first_ >= size) {
      size *= 2;
    }
    std::vector<Span> wider(size);
    for (Cycle i = first_; i < first_ + spans_.size(); ++i) {
      wider[i & (size - 1)] = spans_[i & mask_];
    }
    spans_.swap(wider);
    mask_ = size - 1;
  }

  /// Those of the kSpan cycles from `cycle` on.
  std::uint64_t known_from(std::size_t kind, Cycle cycle) const {
    const Cycle shift = cycle % kSpan;
    const std::uint64_t next = shift == 0 ? 0 : known(kind, cycle / kSpan + 1) << (kSpan - shift);
    return known(kind, cycle / kSpan) >> shift | next;
  }
  void mark_from(std::size_t kind, Cycle cycle, std::uint64_t marks) {
    const Cycle shift = cycle % kSpan;
    const std::uint64_t next = shift == 0 ? 0 : marks >> (kSpan - shift);
    span(cycle / kSpan)[kind] |= marks << shift;
    if (next != 0) {
      span(cycle / kSpan + 1)[kind] |= next;
    }
  }
  /// The next marks from `at` on: goes behind the kSpan cycles that the first of them begins.
  /// False: there are none.
  bool archive_marks(StateArchive& archive, std::size_t kind, Cycle& at, Cycle end) {
    std::uint64_t distance = 0;
    if (!archive.reading()) {
      const Cycle from = first(kind, at, end);
      distance = from >= end ? 0 : from - at + 1;
    }
    archive.value(distance);
    if (distance == 0) {
      return false;
    }
    at += distance - 1;
    std::uint64_t marks = archive.reading() ? 0 : known_from(kind, at);
    archive.word(marks);
    if (archive.reading()) {
      mark_from(kind, at, marks);
    }
    at += kSpan;
    return true;
  }

  static constexpr std::size_t kUsualSpans = 8;

  std::vector<Span> spans_ = std::vector<Span>(kUsualSpans);  // a ring; a power of two of them
  std::size_t mask_ = kUsualSpans - 1;
  Cycle first_ = 0;  // of the spans that are not forgotten
};

}  // namespace systole
