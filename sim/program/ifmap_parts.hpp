#pragma once

#include <boost/container/small_vector.hpp>
#include <cstdint>

#include "sim/program/command.hpp"

namespace systole {

/// Consecutive products of a Compute that lie in one scratchpad row of each pixel.
struct IfmapPart {
  std::uint32_t row = 0;   ///< from the pixel's row
  std::uint32_t lane = 0;  ///< of the first of them in the row
  std::uint32_t count = 0;
};

/// Few, in most folds one: without allocation, for every fold asks.
using IfmapParts = boost::container::small_vector<IfmapPart, 4>;

/// All k products, in order.
IfmapParts ifmap_parts(const ComputeCommand& compute, std::uint32_t array_rows);

/// How many there are.
std::uint32_t count_ifmap_parts(const ComputeCommand& compute, std::uint32_t array_rows);

/// Rows of PEs that the parts' products take, `products_per_pe` each: a part starts with a row of
/// its own.
std::uint32_t pe_rows(const IfmapParts& parts, std::uint32_t products_per_pe);

/// Scratchpad rows from the first to the last that the Compute reads.
RowRange ifmap_rows(const ComputeCommand& compute, std::uint32_t array_rows);

}  // namespace systole
