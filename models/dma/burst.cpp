#include "models/dma/burst.hpp"

#include <algorithm>

namespace systole {

Burst choose_burst(std::uint64_t address, std::uint64_t remaining, const DmaConfig& dma) {
  Burst best;
  for (std::uint64_t size = dma.bus_bytes; size <= dma.max_burst_bytes; size *= 2) {
    const std::uint64_t start = address & ~(size - 1);  // sizes are powers of two
    const std::uint64_t useful = std::min(start + size - address, remaining);
    if (useful > best.useful) {
      best = {start, static_cast<std::uint32_t>(size), address, static_cast<std::uint32_t>(useful)};
    }
  }
  return best;
}

}  // namespace systole
