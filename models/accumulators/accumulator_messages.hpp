#pragma once

#include <cstdint>

#include "sim/storage/row.hpp"

namespace systole {

/// A row of results for the accumulators.
struct ResultRow {
  PsumRow psums;
  std::uint32_t row = 0;
  bool accumulate = false;
};

/// A row read on its way out, through the requantization unit.
struct AccumulatorRead {
  std::uint32_t row = 0;
  std::uint32_t lanes = 0;      ///< columns that count
  std::uint32_t table_row = 0;  ///< of their requantization constants
  bool last = false;            ///< of its store: it completes the command
  std::uint32_t entry = 0;      ///< of the store
  std::uint64_t element = 0;    ///< of the ofmap that its first column becomes
  bool raw = false;             ///< on its way as it is
  bool outside = false;         ///< of what is pooled: zeros, and nothing is read
};

/// What the requantization unit works on.
struct PsumBlock {
  PsumRow psums;
  std::uint32_t lanes = 0;
  std::uint32_t table_row = 0;
  std::uint64_t element = 0;  ///< of the ofmap that its first column becomes
  bool raw = false;
  bool outside = false;  ///< zeros, which are not scaled
};

}  // namespace systole
