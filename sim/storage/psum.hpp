#pragma once

#include <cstddef>
#include <cstdint>
#include <limits>

#include "sim/network/requantizer.hpp"

namespace systole {

/// The registers of partial sums, in PEs and accumulators: two's complement.
struct PsumFormat {
  std::uint32_t bits = 32;  ///< 8 to 64
  Overflow overflow = Overflow::Wrap;

  std::int64_t max() const { return std::numeric_limits<std::int64_t>::max() >> (64 - bits); }
  std::int64_t min() const { return -max() - 1; }
};

/// The low `bits` bits of x, as a signed number.
inline std::int64_t wrapped_to(std::int64_t x, std::uint32_t bits) {
  return static_cast<std::int64_t>(static_cast<std::uint64_t>(x) << (64 - bits)) >> (64 - bits);
}

/// One addition of a PE or an accumulator: the exact sum of a psum and an addend of at most 64
/// bits, wrapped or saturated. Counts in `overflows` if it did not fit.
inline std::int64_t add_psum(std::int64_t psum, std::int64_t addend, PsumFormat format,
                             std::uint64_t& overflows) {
  std::int64_t sum = 0;
  const bool beyond_64_bits = __builtin_add_overflow(psum, addend, &sum);
  if (!beyond_64_bits && sum >= format.min() && sum <= format.max()) {
    return sum;
  }
  ++overflows;
  if (format.overflow == Overflow::Wrap) {
    return wrapped_to(sum, format.bits);
  }
  const bool negative = beyond_64_bits ? addend < 0 : sum < 0;
  return negative ? format.min() : format.max();
}

/// The same for `count` psums, each with its addend.
inline void add_psums(std::int64_t* psums, const std::int64_t* addends, std::size_t count,
                      PsumFormat format, std::uint64_t& overflows) {
  std::uint64_t beyond = ~std::uint64_t{0};  // bits that no sum of the format has
  if (format.bits < 63) {
    beyond = 0;
    for (std::size_t i = 0; i < count; ++i) {
      const std::int64_t sum = psums[i] + addends[i];
      beyond |= static_cast<std::uint64_t>(sum - format.min()) >> format.bits;
    }
  }
  for (std::size_t i = 0; i < count; ++i) {
    psums[i] =
        beyond == 0 ? psums[i] + addends[i] : add_psum(psums[i], addends[i], format, overflows);
  }
}

/// Whether products of such operands, `terms` of them, can leave the format. A bound: it takes the
/// operands for one bit wider than they are, which covers unsigned ones too.
inline bool products_may_overflow(std::uint64_t terms, std::uint32_t a_bits, std::uint32_t b_bits,
                                  PsumFormat format) {
  return a_bits + b_bits > 62 ||
         terms > static_cast<std::uint64_t>(format.max()) >> (a_bits + b_bits);
}

/// Psum `index` of a packed row, little-endian, the first in the lowest bits.
inline std::int64_t read_psum(const std::uint8_t* row, std::uint64_t index, std::uint32_t bits) {
  std::uint64_t value = 0;
  const std::uint64_t first = index * bits;
  for (std::uint32_t i = 0; i < bits; ++i) {
    const std::uint64_t at = first + i;
    value |= std::uint64_t{(row[at / 8] >> (at % 8)) & 1U} << i;
  }
  return wrapped_to(static_cast<std::int64_t>(value), bits);
}

inline void write_psum(std::uint8_t* row, std::uint64_t index, std::uint32_t bits,
                       std::int64_t value) {
  const std::uint64_t first = index * bits;
  for (std::uint32_t i = 0; i < bits; ++i) {
    const std::uint64_t at = first + i;
    const auto bit = static_cast<std::uint32_t>((static_cast<std::uint64_t>(value) >> i) & 1U);
    const std::uint32_t others = row[at / 8] & ~(1U << (at % 8));
    row[at / 8] = static_cast<std::uint8_t>(others | bit << (at % 8));
  }
}

}  // namespace systole
