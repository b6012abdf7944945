#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <utility>
#include <vector>

namespace systole {

/// A set of entries of the reservation station, a bit each.
class EntrySet {
 public:
  explicit EntrySet(std::size_t entries = 0) : words_((entries + kWordBits - 1) / kWordBits) {}

  void add(std::uint32_t entry) {
    words_[entry / kWordBits] |= std::uint64_t{1} << (entry % kWordBits);
  }
  bool has(std::uint32_t entry) const {
    return ((words_[entry / kWordBits] >> (entry % kWordBits)) & 1) != 0;
  }
  bool empty() const {
    return std::all_of(words_.begin(), words_.end(), [](std::uint64_t word) { return word == 0; });
  }
  void clear() { std::fill(words_.begin(), words_.end(), 0); }

  /// Calls `visit(entry)` for each.
  template <typename Visit>
  void for_each(Visit visit) const {
    for (std::size_t i = 0; i < words_.size(); ++i) {
      visit_word(i, words_[i], visit);
    }
  }
  /// The same, and leaves none.
  template <typename Visit>
  void take_each(Visit visit) {
    for (std::size_t i = 0; i < words_.size(); ++i) {
      visit_word(i, std::exchange(words_[i], 0), visit);
    }
  }

  std::vector<std::uint64_t>& words() { return words_; }

 private:
  static constexpr std::uint32_t kWordBits = 64;

  template <typename Visit>
  static void visit_word(std::size_t i, std::uint64_t word, Visit visit) {
    for (; word != 0; word &= word - 1) {
      visit(static_cast<std::uint32_t>(i * kWordBits) +
            static_cast<std::uint32_t>(__builtin_ctzll(word)));
    }
  }

  std::vector<std::uint64_t> words_;
};

}  // namespace systole
