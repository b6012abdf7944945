#include "sim/compiler/conv_stores.hpp"

#include <algorithm>

namespace systole {
namespace {

/// As many pixels of the store, from `pixel` of the ofmap on, as follow one another where it stays.
void keep_rows(const KeptTensor& ofmap, std::int64_t pixel, std::int64_t block,
               StoreCommand& store) {
  store.rows = to_u32(std::min<std::int64_t>(store.rows, ofmap.run_from(pixel)));
  store.keep = true;
  store.to_dram = ofmap.in_dram;
  store.kept_row = to_u32(ofmap.row_of(pixel) + block * ofmap.slice_pitch());
  store.kept_pitch = to_u32(ofmap.slice_pitch());
}

}  // namespace

void add_stores(CommandStreams& streams, const ConvLayer& layer, const WeightImage& image,
                const MachineLimits& machine, const ConvTile& tile, std::int64_t acc_row,
                std::int64_t table_row) {
  const std::int64_t tile_channel = image.blocks[to_u64(tile.first_block)].first_channel;
  const std::uint32_t bits = layer.ofmap_format.bits;
  // Rows of pixels that span the image follow one another in DRAM too.
  const bool whole_rows = tile.cols == layer.out_w;
  const std::int64_t lines = whole_rows ? 1 : tile.rows;
  const std::int64_t length = whole_rows ? tile.pixels() : tile.cols;
  const std::int64_t most = layer.one_group_a_block ? 1 : machine.config.dma.max_blocks;
  for (std::int64_t first = 0; first < tile.blocks; first += most) {
    const std::int64_t blocks = std::min(most, tile.blocks - first);
    const std::int64_t first_channel = image.blocks[to_u64(tile.first_block + first)].first_channel;
    const WeightBlock& last = image.blocks[to_u64(tile.first_block + first + blocks - 1)];
    StoreCommand store;
    store.elements = to_u32(last.first_channel + last.columns - first_channel);
    store.block_pitch = to_u32(tile.pixels());
    store.table_row = layer.per_channel_requant() ? to_u32(table_row + first) : 0;
    store.dram_pitch = layer.ofmap_pitch;
    const After after{0, streams.marks(CommandClass::Execute)[to_u64(first + blocks - 1)], 0};
    for (std::int64_t line = 0; line < lines; ++line) {
      for (std::int64_t at = 0; at < length; at += store.rows) {
        store.rows = to_u32(std::min(machine.max_rows, length - at));
        if (layer.kept_ofmap) {
          const std::int64_t image_row = tile.image * layer.out_h + tile.oh + line;
          keep_rows(*layer.kept_ofmap, image_row * layer.out_w + tile.ow + at,
                    tile.first_block + first, store);
        }
        store.source = {LocalMemory::Accumulators,
                        to_u32(acc_row + first * tile.pixels() + line * length + at)};
        store.dram_address = to_u64(line * layer.out_w + at) * layer.ofmap_pitch +
                             packed_bytes(to_u64(first_channel), bits) -
                             packed_bytes(to_u64(tile_channel), bits);
        streams.add(Command{store},
                    store_cycles(machine, store.rows, store.elements,
                                 to_i64(packed_bytes(store.elements, bits))),
                    after);
      }
    }
  }
}

}  // namespace systole
