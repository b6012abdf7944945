#pragma once

#include <cstdint>
#include <cstring>

namespace systole::golden {

/// Floats travel in tensors as the integers of their bit patterns.
inline float float_of(std::int32_t bits) {
  float real = 0;
  std::memcpy(&real, &bits, sizeof real);
  return real;
}

inline std::int32_t bits_of(float real) {
  std::int32_t bits = 0;
  std::memcpy(&bits, &real, sizeof bits);
  return bits;
}

}  // namespace systole::golden
