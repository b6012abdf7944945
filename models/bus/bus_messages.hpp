#pragma once

#include <cstdint>
#include <vector>

#include "sim/program/burst.hpp"
#include "sim/storage/row.hpp"

namespace systole {

/// What a unit sends over the request channel in a cycle: a read, or one beat of a write.
struct BusBeat {
  bool write = false;
  bool first = true;  ///< of its burst
  bool last = true;
  Burst burst;
  std::uint32_t tag = 0;
  std::vector<std::uint8_t> bytes;  ///< of a write's first beat: all wanted bytes of the burst
};

/// What comes back in a cycle: one beat of a read, or the acknowledgement of a write.
struct BusAnswer {
  bool write = false;
  bool first = true;  ///< of its burst
  std::uint32_t tag = 0;
  std::uint32_t cycles_per_beat = 1;
  ByteRow bytes;  ///< of a read's first beat: those of the whole burst
};

}  // namespace systole
