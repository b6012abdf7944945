#include "sim/compiler/vector_tiling.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "sim/compiler/buffer_slots.hpp"
#include "sim/network/packing.hpp"
#include "sim/program/burst.hpp"

namespace systole {

void check_pinned_tiles(const PinnedMapping& pinned, const VectorOutput& output,
                        const MachineLimits& machine, const char* layer) {
  PinChecks pins;
  pins.size("tile_oh", pinned.tile_oh, output.height, 1, "1");
  pins.size("tile_ow", pinned.tile_ow, output.width, 1, "1");
  pins.size("tile_oc", pinned.tile_oc, output.channels, machine.array_rows, "array.rows");
  if (pinned.tile_ic != 0 && pinned.tile_ic != pinned.tile_oc) {
    pins.refuse("mapping.tile_ic", fmt::format("{} takes its channels from tile_oc", layer));
  }
  pins.settle();
}

std::int64_t vector_cycles(const MachineLimits& machine, std::int64_t operand_rows,
                           std::uint32_t lanes) {
  constexpr std::int64_t kToBeRead = 1;
  constexpr std::int64_t kToBeCompleted = 3;  // from the push of the last result on
  return (operand_rows - 1) * ceil_div(machine.array_rows, lanes) + kToBeRead +
         machine.config.scratchpad.read_latency + machine.config.vector.latency + kToBeCompleted;
}

std::int64_t moved_bytes(const MachineLimits& machine, const VectorInput& input,
                         std::int64_t blocks, std::int64_t pixels) {
  if (machine.config.compiler.objective != Objective::Traffic) {
    return 0;
  }
  const DmaConfig& dma = machine.config.dma;
  const std::int64_t tile_channels = blocks * machine.array_rows;
  const std::int64_t most =
      machine.array_rows *
      machine.blocks_per_transfer(LocalMemory::Scratchpad, machine.array_rows, input.bits);
  std::uint64_t bytes = 0;  // of pixels that lie in every way in which pixels can lie in a burst
  for (std::int64_t tile = 0; tile < input.channels; tile += tile_channels) {
    const std::int64_t end = std::min(input.channels, tile + tile_channels);
    for (std::int64_t first = tile; first < end; first += most) {
      const std::int64_t channels = std::min(most, end - first);
      bytes += bursts_of({packed_bytes(to_u64(first), input.bits), dma.max_burst_bytes,
                          input.pixel_pitch, packed_bytes(to_u64(channels), input.bits)},
                         dma)
                   .bytes;
    }
  }
  return pixels * to_i64(bytes) / std::int64_t{dma.max_burst_bytes};
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
