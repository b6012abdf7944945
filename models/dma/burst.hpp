#pragma once

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
/// `remaining` bytes from there on (Gemmini's rule: ucb-bar/gemmini, DMA.scala).
Burst choose_burst(std::uint64_t address, std::uint64_t remaining, const DmaConfig& dma);

}  // namespace systole
