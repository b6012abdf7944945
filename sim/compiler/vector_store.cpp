#include "sim/compiler/vector_store.hpp"

#include <algorithm>

namespace systole {

namespace {

/// Their DRAM addresses count from the tile's first byte.
void add_stores(CommandStreams& streams, const MachineLimits& machine, const VectorOfmap& ofmap,
                const VectorTile& tile, const TileRows& rows) {
  const std::int64_t bpt =
      machine.blocks_per_transfer(LocalMemory::Scratchpad, machine.array_rows, ofmap.bits);
  const bool whole_rows = tile.cols == ofmap.width && rows.pitch == tile.cols;
  const std::int64_t lines = whole_rows ? 1 : tile.rows;
  const std::int64_t length = whole_rows ? tile.rows * tile.cols : tile.cols;
  const auto byte_of = [&](std::int64_t block) {
    return packed_bytes(to_u64(block * machine.array_rows), ofmap.bits);
  };
  for (std::int64_t b = 0; b < tile.blocks; b += bpt) {
    const std::int64_t first_channel = (tile.first_block + b) * machine.array_rows;
    const std::int64_t blocks = std::min(bpt, tile.blocks - b);
    StoreCommand store;
    store.elements = to_u32(std::min(blocks * machine.array_rows, ofmap.channels - first_channel));
    store.block_pitch = to_u32(rows.block_pitch);
    store.dram_pitch = ofmap.pixel_pitch;
    const auto bytes = to_i64(packed_bytes(store.elements, ofmap.bits));
    // All blocks are computed when the store after the last of them starts.
    const After after{0, to_u64(b + blocks), 0};
    for (std::int64_t line = 0; line < lines; ++line) {
      for (std::int64_t at = 0; at < length; at += machine.max_rows) {
        store.rows = to_u32(std::min(machine.max_rows, length - at));
        store.source = {LocalMemory::Scratchpad,
                        to_u32(rows.first + b * rows.block_pitch + line * rows.pitch + at)};
        store.dram_address = to_u64(line * ofmap.width + at) * ofmap.pixel_pitch +
                             byte_of(tile.first_block + b) - byte_of(tile.first_block);
        streams.add(Command{store}, store_cycles(machine, store.rows, 1, bytes), after);
      }
    }
  }
}

}  // namespace

void store_vector_tile(CommandStreams& streams, const MachineLimits& machine,
                       const VectorOfmap& ofmap, const VectorTile& tile, const TileRows& rows) {
  const std::int64_t first_channel = tile.first_block * machine.array_rows;
  const std::int64_t pixel = (tile.image * ofmap.height + tile.oh) * ofmap.width + tile.ow;
  CommandStreams::Place place;
  place.from.execute = streams.count(CommandClass::Execute) - to_u64(tile.blocks);
  place.dram = ofmap.address + to_u64(pixel) * ofmap.pixel_pitch +
               packed_bytes(to_u64(first_channel), ofmap.bits);
  place.rows.results = to_u32(rows.first);
  streams.block(CommandClass::Store,
                {tile.rows, tile.cols, tile.blocks, rows.pitch, rows.block_pitch,
                 std::min(tile.blocks * machine.array_rows, ofmap.channels - first_channel),
                 first_channel * ofmap.bits % 8},
                place, [&] { add_stores(streams, machine, ofmap, tile, rows); });
}

}  // namespace systole
