#pragma once

#include <algorithm>
#include <cstdint>

#include "sim/config/accelerator_config.hpp"

namespace systole {

/// One request on the bus: an aligned block of DRAM of which some bytes are wanted.
struct Burst {
  std::uint64_t address = 0;       ///< of the block; a multiple of its size
  std::uint32_t size = 0;          ///< of the block: bus_bytes * 2^i, at most max_burst_bytes
  std::uint64_t useful_first = 0;  ///< address of the first wanted byte
  std::uint32_t useful = 0;        ///< wanted bytes
};

/// Of the aligned blocks that hold `address`, the smallest that yields the most of the
/// `remaining` bytes from there on (Gemmini's rule: ucb-bar/gemmini, DMA.scala). That is the
/// smallest in which the wanted bytes of the largest one lie; all sizes are powers of two.
inline Burst choose_burst(std::uint64_t address, std::uint64_t remaining, const DmaConfig& dma) {
  const std::uint64_t of_largest = dma.max_burst_bytes - (address & (dma.max_burst_bytes - 1));
  const std::uint64_t useful = std::min(of_largest, remaining);
  const std::uint64_t differ = address ^ (address + useful - 1);
  const std::uint64_t holding =
      differ == 0 ? 1 : std::uint64_t{2} << (63 - __builtin_clzll(differ));
  const std::uint64_t size = std::max<std::uint64_t>(holding, dma.bus_bytes);
  return {address & ~(size - 1), static_cast<std::uint32_t>(size), address,
          static_cast<std::uint32_t>(useful)};
}

}  // namespace systole
