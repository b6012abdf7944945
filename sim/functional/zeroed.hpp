#pragma once

#include <hwy/aligned_allocator.h>

#include <cstddef>
#include <cstdlib>
#include <new>
#include <type_traits>

namespace systole {

template <typename T>
using Zeroed = hwy::AlignedFreeUniquePtr<T[]>;

/// So many zeros, aligned for vectors. The system gives large ones pages when they are touched: of
/// a memory that is larger than what a network needs the rest takes none. Throws std::bad_alloc.
template <typename T>
Zeroed<T> make_zeroed(std::size_t count) {
  static_assert(std::is_integral_v<T>);
  const auto zeros = [](void* /*opaque*/, std::size_t bytes) { return std::calloc(bytes, 1); };
  const auto give_back = [](void* /*opaque*/, void* memory) { std::free(memory); };
  void* const memory = hwy::AllocateAlignedBytes(count * sizeof(T), zeros, nullptr);
  if (memory == nullptr) {
    throw std::bad_alloc{};
  }
  return {static_cast<T*>(memory), hwy::AlignedFreer{give_back, nullptr}};
}

}  // namespace systole
