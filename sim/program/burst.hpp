#pragma once

#include <algorithm>
#include <cstdint>
#include <numeric>

#include "sim/config/accelerator_config.hpp"
#include "sim/network/ceil_div.hpp"

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

/// Rows of DRAM, `pitch` bytes apart.
struct DramRows {
  std::uint64_t address = 0;  ///< of the first one
  std::uint64_t rows = 0;
  std::uint64_t pitch = 0;
  std::uint64_t row_bytes = 0;
};

/// All bursts of some rows, and the bytes that pass the bus with them, wanted or not.
struct BurstSum {
  std::uint64_t bursts = 0;
  std::uint64_t bytes = 0;
};

/// Rows begin, one after the other, where others did in blocks of the largest burst, and are then
/// moved by the same bursts: few are looked at.
inline BurstSum bursts_of(const DramRows& of, const DmaConfig& dma) {
  const std::uint64_t block = dma.max_burst_bytes;
  const std::uint64_t different = std::min(of.rows, block / std::gcd(block, of.pitch));
  BurstSum sum;
  for (std::uint64_t row = 0; row < different; ++row) {
    const std::uint64_t alike = ceil_div(of.rows - row, different);
    for (std::uint64_t offset = 0; offset < of.row_bytes;) {
      const Burst burst =
          choose_burst(of.address + row * of.pitch + offset, of.row_bytes - offset, dma);
      sum.bursts += alike;
      sum.bytes += alike * burst.size;
      offset += burst.useful;
    }
  }
  return sum;
}

}  // namespace systole
