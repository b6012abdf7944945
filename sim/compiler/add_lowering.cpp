#include "sim/compiler/add_lowering.hpp"

#include <algorithm>

#include "sim/compiler/buffer_slots.hpp"
#include "sim/compiler/command_streams.hpp"
#include "sim/compiler/memory_fit.hpp"
#include "sim/compiler/vector_tiling.hpp"

namespace systole {
namespace {

std::int64_t scratchpad_rows(const AddTiling& tiling) { return tiling.slots * tiling.chunk_rows(); }

/// Bytes of one scratchpad row that the operands use: a row of activations.
std::int64_t used_row_bytes(const MachineLimits& machine, std::uint32_t bits) {
  return to_i64(packed_bytes(to_u64(machine.array_rows), bits));
}

/// Loads, adds and stores some DRAM rows of equal length.
class AddLowering {
 public:
  AddLowering(const MachineLimits& machine, const AddTiling& tiling,
              const std::array<std::uint64_t, 2>& input_address, std::uint64_t output_address,
              std::uint64_t alignment)
      : machine_{machine},
        tiling_{tiling},
        input_address_{input_address},
        output_address_{output_address},
        streams_{alignment},
        chunks_{tile_bases(machine, tiling.slots, tiling.chunk_rows())} {}

  PackedCommands run() {
    const std::int64_t row_bytes = tiling_.blocks * used_row_bytes(machine_, tiling_.bits);
    const auto bytes = to_i64(tiling_.bytes);
    const std::int64_t whole_rows = bytes / row_bytes;
    for (std::int64_t row = 0; row < whole_rows; row += tiling_.rows) {
      chunk(to_u64(row * row_bytes), std::min(tiling_.rows, whole_rows - row), row_bytes);
    }
    if (bytes % row_bytes != 0) {
      chunk(to_u64(whole_rows * row_bytes), 1, bytes % row_bytes);
    }
    return std::move(streams_).merge({machine_.config.dram.latency_cycles, 0, 0});
  }

 private:
  void chunk(std::uint64_t offset, std::int64_t rows, std::int64_t row_bytes) {
    bool is_new = false;
    BufferSlots::Slot& slot = chunks_.find_or_replace(next_key_++, is_new);
    const std::int64_t local_rows =
        rows * ceil_div(row_bytes, used_row_bytes(machine_, tiling_.bits));
    const CommandStreams::Key key{rows, row_bytes};
    const std::uint32_t input = to_u32(slot.base);
    const std::uint32_t output = to_u32(slot.base + 2 * local_rows);
    streams_.block(CommandClass::Load, key, {{0, slot.last_execute, 0}, {}, offset, {input}}, [&] {
      add_loads(rows, row_bytes, {input, input + to_u32(local_rows)});
    });
    AddCommand add;
    add.rows = to_u32(local_rows);
    add.input_row = {input, input + add.rows};
    add.output_row = output;
    const std::int64_t cycles =
        vector_cycles(machine_, 2 * local_rows, machine_.config.vector.lanes);
    streams_.block(
        CommandClass::Execute, key,
        {{streams_.count(CommandClass::Load), 0, slot.last_store}, {}, 0, {input, 0, output}},
        [&] { streams_.add(Command{add}, cycles, {}); });
    slot.last_execute = streams_.count(CommandClass::Execute);
    streams_.block(CommandClass::Store, key,
                   {{0, slot.last_execute, 0}, {}, offset, {0, 0, output}},
                   [&] { add_store(rows, row_bytes, output); });
    slot.last_store = streams_.count(CommandClass::Store);
  }

  // Both at the offset in their tensors that their block is at.

  void add_loads(std::int64_t rows, std::int64_t row_bytes,
                 const std::array<std::uint32_t, 2>& input_row) {
    for (std::size_t i = 0; i < 2; ++i) {
      LoadCommand load;
      load.dram_address = input_address_[i];
      load.dram_pitch = to_u64(row_bytes);
      load.rows = to_u32(rows);
      load.row_bytes = to_u32(row_bytes);
      load.destination = {LocalMemory::Scratchpad, input_row[i]};
      load.block_pitch = to_u32(rows);
      load.operand = Operand::Ifmap;
      streams_.add(Command{load}, load_cycles(machine_, rows, row_bytes), {});
    }
  }

  void add_store(std::int64_t rows, std::int64_t row_bytes, std::uint32_t output_row) {
    StoreCommand store;
    store.source = {LocalMemory::Scratchpad, output_row};
    store.rows = to_u32(rows);
    store.elements = to_u32(row_bytes * 8 / tiling_.bits);
    store.block_pitch = to_u32(rows);
    store.dram_address = output_address_;
    store.dram_pitch = to_u64(row_bytes);
    streams_.add(Command{store}, store_cycles(machine_, rows, 1, row_bytes), {});
  }

  const MachineLimits& machine_;
  const AddTiling& tiling_;
  const std::array<std::uint64_t, 2> input_address_;
  const std::uint64_t output_address_;
  CommandStreams streams_;
  BufferSlots chunks_;
  std::int64_t next_key_ = 0;
};

}  // namespace

AddTiling choose_add_tiling(std::uint64_t bytes, std::uint32_t bits, const MachineLimits& machine) {
  AddTiling tiling;
  tiling.bytes = bytes;
  tiling.bits = bits;
  tiling.slots = machine.config.compiler.buffers;
  tiling.blocks = machine.blocks_per_transfer(LocalMemory::Scratchpad, machine.array_rows, bits);
  tiling.rows = std::clamp<std::int64_t>(
      to_i64(bytes) / (tiling.blocks * used_row_bytes(machine, bits)), 1, machine.max_rows);
  // Fewer DRAM rows first, then shorter ones, then one copy, until it fits.
  while (scratchpad_rows(tiling) > machine.scratchpad_rows) {
    if (tiling.rows > 1) {
      tiling.rows = ceil_div(tiling.rows, 2);
    } else if (tiling.blocks > 1) {
      tiling.blocks = ceil_div(tiling.blocks, 2);
    } else if (tiling.slots > 1) {
      tiling.slots = 1;
    } else {
      throw MappingError{Shortage{"scratchpad", scratchpad_rows(tiling), machine.scratchpad_rows,
                                  activation_row_bytes(machine.config)}
                             .in_bytes()};
    }
  }
  return tiling;
}

LayerMapping describe_mapping(const MachineLimits& machine, const AddTiling& tiling) {
  const std::int64_t row_bytes = tiling.blocks * used_row_bytes(machine, tiling.bits);
  const auto bytes = to_i64(tiling.bytes);
  LayerMapping mapping;
  mapping.tile_oh = tiling.rows;
  mapping.tile_ow = row_bytes * 8 / tiling.bits;
  mapping.tiles = ceil_div(bytes / row_bytes, tiling.rows) + (bytes % row_bytes != 0 ? 1 : 0);
  mapping.loop_order = "elements";
  mapping.double_buffered_ifmap = tiling.slots > 1;
  mapping.scratchpad_rows = to_u64(scratchpad_rows(tiling));
  mapping.compulsory(Operand::Ifmap) = 2 * tiling.bytes;
  mapping.compulsory(Operand::Ofmap) = tiling.bytes;
  return mapping;
}

PackedCommands lower_add(const MachineLimits& machine, const AddTiling& tiling,
                         const std::array<std::uint64_t, 2>& input_address,
                         std::uint64_t output_address, std::uint64_t alignment) {
  return AddLowering{machine, tiling, input_address, output_address, alignment}.run();
}

}  // namespace systole
