#pragma once

#include <array>
#include <cstddef>
#include <cstdint>

namespace systole {

/// Random access to the words of the LFSR stream that sim/network/requantizer.hpp defines.
///
/// A step is linear in the bits of the state, so 2^k words on is one matrix over GF(2) times the
/// state; reaching word i takes a product for each 1 in i. Hardware would hold these matrices as
/// XOR trees.
class LfsrStream {
 public:
  explicit LfsrStream(std::uint64_t start);

  std::uint32_t word(std::uint64_t index) const;

 private:
  static constexpr std::size_t kStateBits = 64;
  static constexpr std::size_t kLeaps = 48;              // words of a layer: under 2^48
  using Matrix = std::array<std::uint64_t, kStateBits>;  // the image of each bit of the state

  std::uint64_t start_;
  std::array<Matrix, kLeaps> leaps_;  // [k]: by 2^k words
};

}  // namespace systole
