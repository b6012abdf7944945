#pragma once

#include <cstdint>
#include <vector>

#include "sim/compiler/best_tilings.hpp"
#include "sim/compiler/machine_limits.hpp"
#include "sim/compiler/memory_fit.hpp"
#include "sim/network/mapping.hpp"

namespace systole {

/// The ofmap of a layer that the vector unit computes, as it is cut into tiles.
struct VectorOutput {
  std::int64_t height = 0, width = 0, channels = 0;
};

/// Throws MappingError where pinned tiles do not suit; `layer` is what the message calls it.
void check_pinned_tiles(const PinnedMapping& pinned, const VectorOutput& output,
                        const MachineLimits& machine, const char* layer);

/// First rows of the copies of a tile of `rows` scratchpad rows, behind `reserved` ones that are
/// not the tiles'.
std::vector<std::int64_t> tile_bases(const MachineLimits& machine, std::int64_t slots,
                                     std::int64_t rows, std::int64_t reserved = 0);

/// From the start of a vector command of so many operand rows, `lanes` elements a cycle, to that of
/// the next, by the timing of VectorUnit (vector_unit.hpp), with banks that are free.
std::int64_t vector_cycles(const MachineLimits& machine, std::int64_t operand_rows,
                           std::uint32_t lanes);

/// Calls body(rows, columns, blocks of array.rows channels) with every tile worth trying.
template <typename Body>
void for_each_tile(const VectorOutput& output, const MachineLimits& machine,
                   const PinnedMapping& pinned, Body body) {
  const std::int64_t blocks = ceil_div(output.channels, machine.array_rows);
  for (const std::int64_t tile_blocks :
       tile_candidates(blocks, 1, ceil_div(pinned.tile_oc, machine.array_rows))) {
    for (const std::int64_t rows : tile_candidates(output.height, 1, pinned.tile_oh)) {
      for (const std::int64_t columns : tile_candidates(output.width, 1, pinned.tile_ow)) {
        body(rows, columns, tile_blocks);
      }
    }
  }
}

struct VectorCost {
  std::int64_t cycles = 0;
  std::int64_t moved = 0;  ///< bytes of DRAM that loads of tiles move, if they are the objective

  bool better_than(const VectorCost& o, Objective objective) const {
    return objective == Objective::Traffic && moved != o.moved ? moved < o.moved
                                                               : cycles < o.cycles;
  }
};

/// The ifmap of such a layer in DRAM.
struct VectorInput {
  std::int64_t channels = 0;
  std::uint32_t bits = 0;
  std::uint64_t pixel_pitch = 0;
};

/// VectorCost's `moved` of tiles of `blocks` blocks of channels which have `pixels` pixels in all.
std::int64_t moved_bytes(const MachineLimits& machine, const VectorInput& input,
                         std::int64_t blocks, std::int64_t pixels);

/// The best of those that fit the scratchpad.
template <typename Tiling>
class VectorSearch {
 public:
  explicit VectorSearch(const MachineLimits& machine)
      : machine_{machine}, best_{machine.config.compiler} {}

  /// `cost()` of a tiling that takes so many scratchpad rows.
  template <typename Cost>
  void consider(const Tiling& tiling, std::int64_t rows, Cost cost) {
    missing_ = {"scratchpad", rows, machine_.scratchpad_rows,
                activation_row_bytes(machine_.config)};
    if (missing_.needed_rows > missing_.rows) {
      return;
    }
    best_.add(tiling, cost());
  }

  /// Best first. Throws MappingError if none fits.
  std::vector<Tiling> take(const PinnedMapping& pinned) const {
    if (best_.empty()) {
      throw no_tile_fits(missing_, pinned);
    }
    return best_.take();
  }

 private:
  const MachineLimits& machine_;
  BestTilings<Tiling, VectorCost> best_;
  Shortage missing_;  // of the last one considered
};

}  // namespace systole
