#include "sim/compiler/kept_add_lowering.hpp"

#include <algorithm>

#include "sim/compiler/buffer_slots.hpp"
#include "sim/compiler/command_streams.hpp"
#include "sim/compiler/memory_fit.hpp"
#include "sim/compiler/vector_tiling.hpp"

namespace systole {
namespace {

/// Operands that are loaded, and the sum if it passes through.
std::int64_t passing(const KeptAdd& add) {
  return (add.operands[0] ? 0 : 1) + (add.operands[1] ? 0 : 1) + (add.sum ? 0 : 1);
}

std::int64_t scratchpad_rows(const KeptAdd& add, const KeptAddTiling& tiling) {
  return tiling.slots * passing(add) * tiling.rows * tiling.blocks;
}

std::int64_t slices(const KeptAdd& add, const MachineLimits& machine) {
  return ceil_div(add.channels, machine.array_rows);
}

class KeptAddLowering {
 public:
  KeptAddLowering(const KeptAdd& add, const MachineLimits& machine, const KeptAddTiling& tiling,
                  const std::array<std::uint64_t, 2>& input_address, std::uint64_t output_address)
      : add_{add},
        machine_{machine},
        tiling_{tiling},
        input_address_{input_address},
        output_address_{output_address},
        pixel_bytes_{packed_bytes(to_u64(add.channels), add.bits)},
        chunks_{slot_bases(tiling.slots, passing(add) * tiling.rows * tiling.blocks,
                           machine.scratchpad_rows, 0, std::max<std::int64_t>(2, tiling.slots))} {}

  PackedCommands run() {
    const std::int64_t all = slices(add_, machine_);
    for (std::int64_t pixel = 0; pixel < add_.pixels;) {
      const std::int64_t rows = rows_from(pixel);
      for (std::int64_t slice = 0; slice < all; slice += tiling_.blocks) {
        chunk({pixel, rows, slice, std::min(tiling_.blocks, all - slice)});
      }
      pixel += rows;
    }
    return std::move(streams_).merge({machine_.config.dram.latency_cycles, 0, 0});
  }

 private:
  struct Chunk {
    std::int64_t pixel, rows, slice, blocks;
  };
  /// Scratchpad rows of a chunk: of its first block, and the step to the next one.
  struct Rows {
    std::int64_t first = 0, pitch = 0;
  };

  /// Pixels that follow one another wherever they are kept.
  std::int64_t rows_from(std::int64_t pixel) const {
    std::int64_t rows = std::min(tiling_.rows, add_.pixels - pixel);
    for (const auto& kept : {add_.operands[0], add_.operands[1], add_.sum}) {
      rows = kept ? std::min(rows, kept->run_from(pixel)) : rows;
    }
    return rows;
  }

  static Rows kept_rows(const KeptTensor& kept, const Chunk& c) {
    return {kept.row_of(c.pixel) + c.slice * kept.slice_pitch(), kept.slice_pitch()};
  }

  void chunk(const Chunk& c) {
    bool is_new = false;
    BufferSlots::Slot& slot = chunks_.find_or_replace(next_key_++, is_new);
    Rows passing{machine_.scratchpad_first + slot.base, c.rows};
    const auto next_passing = [&] {
      const Rows here = passing;
      passing.first += tiling_.rows * tiling_.blocks;  // whatever this chunk takes of it
      return here;
    };
    std::array<Rows, 2> operands;
    for (std::size_t i = 0; i < 2; ++i) {
      operands[i] = add_.operands[i] ? kept_rows(*add_.operands[i], c) : next_passing();
      if (!add_.operands[i]) {
        load(c, input_address_[i], operands[i], slot);
      }
    }
    const Rows sum = add_.sum ? kept_rows(*add_.sum, c) : next_passing();
    const std::int64_t cycles = vector_cycles(machine_, 2 * c.rows, machine_.config.vector.lanes);
    const std::size_t loaded = streams_.count(CommandClass::Load);
    for (std::int64_t b = 0; b < c.blocks; ++b) {
      AddCommand add;
      add.rows = to_u32(c.rows);
      add.input_row = {to_u32(operands[0].first + b * operands[0].pitch),
                       to_u32(operands[1].first + b * operands[1].pitch)};
      add.output_row = to_u32(sum.first + b * sum.pitch);
      slot.last_execute = streams_.add(Command{add}, cycles, {loaded, 0, slot.last_store});
    }
    if (add_.stores_sum()) {
      store(c, sum, slot);
    }
  }

  std::uint64_t offset(const Chunk& c) const {
    return to_u64(c.pixel) * pixel_bytes_ +
           packed_bytes(to_u64(c.slice * machine_.array_rows), add_.bits);
  }
  std::int64_t elements(const Chunk& c) const {
    return std::min(c.blocks * machine_.array_rows, add_.channels - c.slice * machine_.array_rows);
  }
  std::int64_t row_bytes(const Chunk& c) const {
    return to_i64(packed_bytes(to_u64(elements(c)), add_.bits));
  }

  void load(const Chunk& c, std::uint64_t address, const Rows& to, BufferSlots::Slot& slot) {
    LoadCommand load;
    load.dram_address = address + offset(c);
    load.dram_pitch = pixel_bytes_;
    load.rows = to_u32(c.rows);
    load.row_bytes = to_u32(row_bytes(c));
    load.destination = {LocalMemory::Scratchpad, to_u32(to.first)};
    load.block_pitch = to_u32(to.pitch);
    load.operand = Operand::Ifmap;
    streams_.add(Command{load}, load_cycles(machine_, c.rows, row_bytes(c)),
                 {0, slot.last_execute, 0});
  }

  void store(const Chunk& c, const Rows& from, BufferSlots::Slot& slot) {
    StoreCommand store;
    store.source = {LocalMemory::Scratchpad, to_u32(from.first)};
    store.rows = to_u32(c.rows);
    store.elements = to_u32(elements(c));
    store.block_pitch = to_u32(from.pitch);
    store.dram_address = output_address_ + offset(c);
    store.dram_pitch = pixel_bytes_;
    slot.last_store = streams_.add(Command{store}, store_cycles(machine_, c.rows, 1, row_bytes(c)),
                                   {0, slot.last_execute, 0});
  }

  const KeptAdd& add_;
  const MachineLimits& machine_;
  const KeptAddTiling& tiling_;
  const std::array<std::uint64_t, 2> input_address_;
  const std::uint64_t output_address_;
  const std::uint64_t pixel_bytes_;
  CommandStreams streams_;
  BufferSlots chunks_;
  std::int64_t next_key_ = 0;
};

}  // namespace

KeptAddTiling choose_kept_add_tiling(const KeptAdd& add, const MachineLimits& machine) {
  const bool moves = add.stores_sum() || passing(add) > 0;
  KeptAddTiling tiling;
  tiling.slots = machine.config.compiler.buffers;
  tiling.blocks =
      std::min(slices(add, machine),
               machine.blocks_per_transfer(LocalMemory::Scratchpad, machine.array_rows, add.bits));
  tiling.rows = moves ? std::min(machine.max_rows, add.pixels) : add.pixels;
  while (scratchpad_rows(add, tiling) > machine.scratchpad_rows) {
    if (tiling.rows > 1) {
      tiling.rows = ceil_div(tiling.rows, 2);
    } else if (tiling.blocks > 1) {
      tiling.blocks = ceil_div(tiling.blocks, 2);
    } else if (tiling.slots > 1) {
      tiling.slots = 1;
    } else {
      throw MappingError{Shortage{"scratchpad", scratchpad_rows(add, tiling),
                                  machine.scratchpad_rows, activation_row_bytes(machine.config)}
                             .in_bytes()};
    }
  }
  return tiling;
}

LayerMapping describe_mapping(const KeptAdd& add, const MachineLimits& machine,
                              const KeptAddTiling& tiling) {
  const std::uint64_t bytes = to_u64(add.pixels) * packed_bytes(to_u64(add.channels), add.bits);
  LayerMapping mapping;
  mapping.tile_oh = tiling.rows;
  mapping.tile_ow = std::min(add.channels, tiling.blocks * machine.array_rows);
  mapping.tiles = ceil_div(add.pixels, tiling.rows) * ceil_div(slices(add, machine), tiling.blocks);
  mapping.loop_order = "pixels, channels";
  mapping.double_buffered_ifmap = passing(add) > 0 && tiling.slots > 1;
  mapping.scratchpad_rows = to_u64(scratchpad_rows(add, tiling));
  mapping.compulsory(Operand::Ifmap) =
      ((add.operands[0] ? 0U : 1U) + (add.operands[1] ? 0U : 1U)) * bytes;
  mapping.compulsory(Operand::Ofmap) = add.stores_sum() ? bytes : 0;
  return mapping;
}

PackedCommands lower_kept_add(const KeptAdd& add, const MachineLimits& machine,
                              const KeptAddTiling& tiling,
                              const std::array<std::uint64_t, 2>& input_address,
                              std::uint64_t output_address) {
  return KeptAddLowering{add, machine, tiling, input_address, output_address}.run();
}

}  // namespace systole
