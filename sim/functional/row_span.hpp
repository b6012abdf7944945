#pragma once

#include <algorithm>
#include <cstdint>

namespace systole {

/// Rows [first, end) of a local memory.
struct RowSpan {
  std::int64_t first = 0, end = 0;

  bool empty() const { return first == end; }
  bool overlaps(RowSpan other) const {
    return std::max(first, other.first) < std::min(end, other.end);
  }
  RowSpan moved(std::int64_t by) const { return {first + by, end + by}; }
  void cover(RowSpan other) {
    if (empty()) {
      *this = other;
    } else if (!other.empty()) {
      first = std::min(first, other.first);
      end = std::max(end, other.end);
    }
  }
};

}  // namespace systole
