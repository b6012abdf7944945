#pragma once

#include <cstdint>
#include <optional>
#include <stdexcept>
#include <string>
#include <vector>

#include "sim/compiler/machine_limits.hpp"

namespace systole {

/// One thing that keeps a layer from being cut for this accelerator.
struct MappingFault {
  std::string key;  ///< that asked for it: "mapping.tile_oh", "compiler.depthwise"; empty: none did
  std::string what;
};

/// Why a layer cannot be cut for this accelerator; the compiler says which layer it is, and where
/// the keys stand.
class MappingError : public std::runtime_error {
 public:
  explicit MappingError(const std::string& what) : MappingError{"", what} {}
  MappingError(const std::string& key, const std::string& what)
      : MappingError{std::vector<MappingFault>{{key, what}}} {}
  explicit MappingError(std::vector<MappingFault> faults);
  const std::vector<MappingFault>& faults() const { return faults_; }

 private:
  std::vector<MappingFault> faults_;
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

bool pins_tiles(const PinnedMapping& pinned);

/// Of a search of tiles in which the last one tried lacked this much.
MappingError no_tile_fits(const Shortage& missing, const PinnedMapping& pinned);

/// Tile sizes worth trying along a dimension, largest first: the dimension cut into 1, 2, 3, ...
/// nearly equal parts of whole `unit`s; or the pinned size alone.
std::vector<std::int64_t> tile_candidates(std::int64_t extent, std::int64_t unit,
                                          std::int64_t pinned);

/// Copies of a buffer worth trying, most first: compiler.buffers, two and one.
std::vector<std::int64_t> copies_to_try(const MachineLimits& machine);

/// Collects what is wrong with what a layer pins, so that all of it is told at once.
class PinChecks {
 public:
  /// The size pinned by `mapping: {KEY: ...}` is a whole number of units inside the dimension, or
  /// all of it.
  void size(const char* key, std::int64_t pinned, std::int64_t extent, std::int64_t unit,
            const char* unit_name);
  void refuse(const std::string& key, const std::string& what);
  /// Throws MappingError if anything is wrong.
  void settle() const;

 private:
  std::vector<MappingFault> faults_;
};

}  // namespace systole
