#pragma once

#include <cstdint>

namespace systole {

/// Bytes from pixel to pixel of a layer's ifmap and ofmap in DRAM; 0: they lie side by side.
struct DramPitches {
  std::uint64_t ifmap = 0, ofmap = 0;
};

}  // namespace systole
