#pragma once

#include <cstdint>

namespace systole {

/// PEs of rows and columns first to last.
struct PeRange {
  std::uint32_t first_row = 0, last_row = 0;
  std::uint32_t first_col = 0, last_col = 0;
};

}  // namespace systole
