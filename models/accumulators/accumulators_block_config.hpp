#pragma once

#include <cstdint>

#include "sim/storage/psum.hpp"

namespace systole {

/// What the accumulators know of the machine.
struct AccumulatorsBlockConfig {
  std::uint32_t rows = 0;  ///< in all banks
  std::uint32_t banks = 1;
  std::uint32_t array_cols = 0;  ///< partial sums of a row
  std::uint32_t row_bytes = 0;
  PsumFormat psums;
  std::uint32_t read_latency = 1;       ///< cycles from a bank's grant to requantization
  std::uint32_t pipeline_entries = 16;  ///< blocks that may be in the scaling pipeline at once

  std::uint32_t rows_per_bank() const { return rows / banks; }
};

}  // namespace systole
