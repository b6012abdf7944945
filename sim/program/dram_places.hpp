#pragma once

#include <cstdint>

namespace systole {

/// How much a machine's time depends on where in DRAM a program's operands lie.
struct DramPlaces {
  /// Bytes, a power of two: two programs that differ by multiples of them, for each operand another
  /// one, take the same time,
  std::uint64_t period = 1;
  /// if, in both, the same operands share a block of so many bytes.
  bool shared_blocks_matter = false;
};

}  // namespace systole
