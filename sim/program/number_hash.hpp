#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

namespace systole {

/// Of a list of numbers, for hash tables.
struct NumberHash {
  template <typename Number>
  std::size_t operator()(const std::vector<Number>& numbers) const {
    constexpr std::uint64_t kOdd = 0x9e3779b97f4a7c15;  // 2^64 / golden ratio
    std::uint64_t hash = numbers.size();
    for (const Number number : numbers) {
      hash = (hash ^ number) * kOdd;
      hash ^= hash >> 32U;
    }
    return hash;
  }
};

}  // namespace systole
