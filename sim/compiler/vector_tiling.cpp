#include "sim/compiler/vector_tiling.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "sim/compiler/buffer_slots.hpp"

namespace systole {

void check_pinned_tiles(const PinnedMapping& pinned, const VectorOutput& output,
                        const MachineLimits& machine, const char* layer) {
  check_pinned("tile_oh", pinned.tile_oh, output.height, 1, "1");
  check_pinned("tile_ow", pinned.tile_ow, output.width, 1, "1");
  check_pinned("tile_oc", pinned.tile_oc, output.channels, machine.array_rows, "array.rows");
  if (pinned.tile_ic != 0 && pinned.tile_ic != pinned.tile_oc) {
    throw MappingError{fmt::format("mapping.tile_ic: {} takes its channels from tile_oc", layer)};
  }
}

std::int64_t vector_cycles(const MachineLimits& machine, std::int64_t operand_rows,
                           std::uint32_t lanes) {
  constexpr std::int64_t kToBeRead = 1;
  constexpr std::int64_t kToBeCompleted = 3;  // from the push of the last result on
  return (operand_rows - 1) * ceil_div(machine.array_rows, lanes) + kToBeRead +
         machine.config.scratchpad.read_latency + machine.config.vector.latency + kToBeCompleted;
}

std::vector<std::int64_t> tile_bases(const MachineLimits& machine, std::int64_t slots,
                                     std::int64_t rows, std::int64_t reserved) {
  std::vector<std::int64_t> bases = slot_bases(slots, rows, machine.scratchpad_rows - reserved, 0,
                                               std::max<std::int64_t>(2, slots));
  for (std::int64_t& base : bases) {
    base += machine.scratchpad_first + reserved;
  }
  return bases;
}

}  // namespace systole
