#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

namespace systole {

/// For hash tables: a hash of numbers that come one by one.
class NumberMix {
 public:
  explicit NumberMix(std::uint64_t start = 0) : hash_{start} {}
  void add(std::uint64_t number) {
    constexpr std::uint64_t kOdd = 0x9e3779b97f4a7c15;  // 2^64 / golden ratio
    hash_ = (hash_ ^ number) * kOdd;
    hash_ ^= hash_ >> 32U;
  }
  std::size_t hash() const { return hash_; }

 private:
  std::uint64_t hash_;
};

/// Of a list of numbers.
struct NumberHash {
  std::size_t operator()(const std::vector<std::uint32_t>& numbers) const {
    NumberMix mix{numbers.size()};
    std::size_t i = 0;
    for (; i + 1 < numbers.size(); i += 2) {
      mix.add(std::uint64_t{numbers[i]} << 32U | numbers[i + 1]);
    }
    if (i < numbers.size()) {
      mix.add(numbers[i]);
    }
    return mix.hash();
  }
};

}  // namespace systole
