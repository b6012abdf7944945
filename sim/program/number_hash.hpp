#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

namespace systole {

/// Of a list of numbers, for hash tables.
struct NumberHash {
  std::size_t operator()(const std::vector<std::uint32_t>& numbers) const {
    constexpr std::uint64_t kOdd = 0x9e3779b97f4a7c15;  // 2^64 / golden ratio
    std::uint64_t hash = numbers.size();
    const auto mix = [&](std::uint64_t number) {
      hash = (hash ^ number) * kOdd;
      hash ^= hash >> 32U;
    };
    std::size_t i = 0;
    for (; i + 1 < numbers.size(); i += 2) {
      mix(std::uint64_t{numbers[i]} << 32U | numbers[i + 1]);
    }
    if (i < numbers.size()) {
      mix(numbers[i]);
    }
    return hash;
  }
};

}  // namespace systole
