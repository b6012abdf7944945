#pragma once

#include <cstdint>

namespace systole::golden {

/// 32-bit accumulators wrap: arithmetic modulo 2^32, read as two's complement.
inline std::int32_t add_wrapping(std::int32_t a, std::int32_t b) {
  return static_cast<std::int32_t>(static_cast<std::uint32_t>(a) + static_cast<std::uint32_t>(b));
}

inline std::int32_t subtract_wrapping(std::int32_t a, std::int32_t b) {
  return static_cast<std::int32_t>(static_cast<std::uint32_t>(a) - static_cast<std::uint32_t>(b));
}

inline std::int32_t multiply_wrapping(std::int32_t a, std::int32_t b) {
  return static_cast<std::int32_t>(static_cast<std::uint32_t>(a) * static_cast<std::uint32_t>(b));
}

/// Bits shifted out at the top are lost; bits from 0 to 31.
inline std::int32_t shift_left_wrapping(std::int32_t value, std::int32_t bits) {
  return static_cast<std::int32_t>(static_cast<std::uint32_t>(value) << bits);
}

}  // namespace systole::golden
