#include "models/requant/lfsr_stream.hpp"

#include <stdexcept>

namespace systole {
namespace {

/// 32 steps at once: no bit that they invert comes out within them.
std::uint64_t next_word(std::uint64_t state) {
  const std::uint64_t out = state & 0xFFFFFFFFU;
  return (state >> 32) ^ (out << 32) ^ (out << 31) ^ (out << 29) ^ (out << 28);
}

template <typename Matrix>
std::uint64_t times(const Matrix& matrix, std::uint64_t state) {
  std::uint64_t result = 0;
  for (std::size_t bit = 0; bit < matrix.size(); ++bit) {
    result ^= ((state >> bit) & 1U) != 0 ? matrix[bit] : 0;
  }
  return result;
}

}  // namespace

LfsrStream::LfsrStream(std::uint64_t start) : start_{start}, leaps_{} {
  if (start == 0) {
    throw std::logic_error{"an LFSR that starts at 0 stays there"};
  }
  for (std::size_t bit = 0; bit < kStateBits; ++bit) {
    leaps_[0][bit] = next_word(std::uint64_t{1} << bit);
  }
  for (std::size_t k = 1; k < kLeaps; ++k) {
    for (std::size_t bit = 0; bit < kStateBits; ++bit) {
      leaps_[k][bit] = times(leaps_[k - 1], leaps_[k - 1][bit]);
    }
  }
}

std::uint32_t LfsrStream::word(std::uint64_t index) const {
  std::uint64_t state = start_;
  for (std::size_t k = 0; index >> k != 0; ++k) {
    if (((index >> k) & 1U) != 0) {
      state = times(leaps_.at(k), state);
    }
  }
  return static_cast<std::uint32_t>(state);
}

}  // namespace systole
