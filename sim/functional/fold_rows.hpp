#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

#include "sim/functional/local_memories.hpp"
#include "sim/program/command.hpp"
#include "sim/program/ifmap_parts.hpp"

namespace systole {

/// Where the ifmap vectors of computes lie in the scratchpad, and the accumulators that their sums
/// go to, beside each other. Throws std::logic_error beyond the end of a memory.
class FoldRows {
 public:
  explicit FoldRows(LocalMemories& memories) : memories_{memories} {}

  void clear() { ifmap_count_ = psum_count_ = 0; }

  /// Adds the compute's pixels, each from the part's first element on.
  void add_pixels(const ComputeCommand& compute, const IfmapPart& part);
  void add_psums(std::uint32_t acc_row, std::uint32_t rows);

  std::uint32_t count() const { return ifmap_count_; }
  const std::uint8_t** ifmap() { return ifmap_.data(); }
  const std::uint8_t* const* ifmap() const { return ifmap_.data(); }
  std::int32_t* const* psums() const { return psums_.data(); }

 private:
  LocalMemories& memories_;
  std::uint32_t ifmap_count_ = 0, psum_count_ = 0;
  std::vector<const std::uint8_t*> ifmap_;
  std::vector<std::int32_t*> psums_;
};

/// Of the rows that pixels lie at, the one furthest from the compute's ifmap_row.
std::uint32_t last_pixel_row(const ComputeCommand& compute);

}  // namespace systole
