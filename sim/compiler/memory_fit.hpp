#pragma once

#include <cstdint>
#include <optional>
#include <stdexcept>
#include <string>
#include <vector>

#include "sim/compiler/machine_limits.hpp"

namespace systole {

/// Why a layer cannot be cut for this accelerator; the compiler puts the layer's name before it.
class MappingError : public std::runtime_error {
 public:
  using std::runtime_error::runtime_error;
};

/// A memory that is too small for a tile.
struct Shortage {
  const char* memory = "";
  std::int64_t needed_rows = 0;
  std::int64_t rows = 0;
  std::int64_t row_bytes = 0;

  std::string in_bytes() const;  ///< "scratchpad: needs 12,345 bytes, has 8,192 bytes"
  std::string in_rows() const;   ///< "scratchpad: needs 123 rows, has 100 rows"
};

/// Of a search of the vector unit's tiles in which the last one tried lacked this much.
MappingError no_tile_fits(const Shortage& missing, const PinnedMapping& pinned);

/// Tile sizes worth trying along a dimension, largest first: the dimension cut into 1, 2, 3, ...
/// nearly equal parts of whole `unit`s; or the pinned size alone.
std::vector<std::int64_t> tile_candidates(std::int64_t extent, std::int64_t unit,
                                          std::int64_t pinned);

/// Copies of a buffer worth trying, most first: compiler.buffers, two and one.
std::vector<std::int64_t> copies_to_try(const MachineLimits& machine);

/// Throws MappingError unless a pinned size is a whole number of units inside the dimension, or all
/// of it.
void check_pinned(const char* key, std::int64_t pinned, std::int64_t extent, std::int64_t unit,
                  const char* unit_name);

}  // namespace systole
