#pragma once

#include <array>
#include <cstddef>

namespace systole {

/// A queue of at most kRoom items, in place.
template <typename T, std::size_t kRoom>
class ShortRing {
  static_assert((kRoom & (kRoom - 1)) == 0, "a power of two");

 public:
  std::size_t size() const { return count_; }
  bool empty() const { return count_ == 0; }
  T& operator[](std::size_t i) { return items_[(first_ + i) % kRoom]; }
  const T& operator[](std::size_t i) const { return items_[(first_ + i) % kRoom]; }
  const T& front() const { return items_[first_]; }
  /// The caller knows that there is room; what an item held before may still be there.
  T& push_back() { return items_[(first_ + count_++) % kRoom]; }
  void pop_front() {
    first_ = (first_ + 1) % kRoom;
    --count_;
  }
  void clear() { count_ = 0; }

 private:
  std::array<T, kRoom> items_{};
  std::size_t first_ = 0, count_ = 0;
};

}  // namespace systole
