#pragma once

#include <cstdint>
#include <stdexcept>

#include "sim/network/ceil_div.hpp"

namespace systole {

/// Commands count rows and bytes in 32 bits; what was sized to fit the memories always does.
inline std::uint32_t to_u32(std::int64_t value) {
  if (value < 0 || value > INT64_C(0xffffffff)) {
    throw std::logic_error{"a count of the compiler does not fit a command"};
  }
  return static_cast<std::uint32_t>(value);
}

constexpr std::uint64_t to_u64(std::int64_t value) { return static_cast<std::uint64_t>(value); }
constexpr std::int64_t to_i64(std::uint64_t value) { return static_cast<std::int64_t>(value); }

}  // namespace systole
