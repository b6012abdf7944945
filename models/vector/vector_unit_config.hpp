#pragma once

#include <cstdint>

#include "sim/config/accelerator_config.hpp"
#include "sim/storage/psum.hpp"

namespace systole {

/// What the lanes know of the machine for depthwise convolutions.
struct DepthwiseLanesConfig {
  PsumFormat psums;
  std::uint32_t row_bytes = 0;         ///< of a scratchpad row
  std::uint32_t bias_bits = 32;        ///< of a bias in the scratchpad
  std::uint32_t entry_bytes = 0;       ///< of one channel's requantization constants
  std::uint32_t multiplier_bits = 32;  ///< of their multiplier; sign included, which is always 0
};

/// What the vector unit knows of the machine.
struct VectorUnitConfig {
  VectorConfig vector;
  std::uint32_t array_rows = 0;  ///< elements of a scratchpad row
  DepthwiseLanesConfig depthwise;
};

}  // namespace systole
