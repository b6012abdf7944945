#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

#include "sim/timing/state_archive.hpp"

namespace systole {

/// Cycles to come in which something happens, a bit each: those that lie close together cost one
/// step to count.
class CycleSet {
 public:
  static constexpr std::uint32_t kSpan = 64;

  void add(Cycle cycle) { word(cycle / kSpan) |= std::uint64_t{1} << (cycle % kSpan); }
  void add(Cycle from, Cycle until);  ///< those of [from, until)

  bool contains(Cycle cycle) const { return (known(cycle / kSpan) >> (cycle % kSpan) & 1U) != 0; }
  /// The kSpan cycles from `cycle` on, the first one the lowest bit.
  std::uint64_t from(Cycle cycle) const {
    const std::uint64_t low = known(cycle / kSpan) >> (cycle % kSpan);
    return cycle % kSpan == 0 ? low : low | known(cycle / kSpan + 1) << (kSpan - cycle % kSpan);
  }
  /// The first so many of them.
  static std::uint64_t first_bits(Cycle count) {
    return count >= kSpan ? ~std::uint64_t{0} : (std::uint64_t{1} << count) - 1;
  }

  void forget_before(Cycle cycle) {
    if (first_ < cycle / kSpan) {
      forget_words_before(cycle / kSpan);
    }
  }

  /// Of the cycles behind the archive's.
  void archive(StateArchive& archive);

 private:
  std::uint64_t known(Cycle of) const {
    return of - first_ < words_.size() ? words_[of % words_.size()] : 0;
  }
  std::uint64_t& word(Cycle of) {
    if (of - first_ >= words_.size()) {
      grow_to(of);
    }
    return words_[of % words_.size()];
  }
  void grow_to(Cycle of);
  void forget_words_before(Cycle of);
  std::uint32_t spans_from(Cycle cycle) const;

  // A ring; its size is a power of two.
  std::vector<std::uint64_t> words_ = std::vector<std::uint64_t>(8);
  Cycle first_ = 0;  // of the words that are not forgotten
};

}  // namespace systole
