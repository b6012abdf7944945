#include "models/dma/store_walk.hpp"

#include <algorithm>

#include "sim/program/hazards.hpp"

namespace systole {

StoreBlock StoreWalk::block(const StoreCommand& store, const AcceleratorConfig& config) const {
  StoreBlock at;
  at.from_accumulators = store.source.memory == LocalMemory::Accumulators;
  const std::uint32_t width = at.from_accumulators ? config.array.cols : config.array.rows;
  at.local_row = store.source.row + block_ * store.block_pitch + row_;
  at.first_element = block_ * width;
  at.elements = std::min(width, store.elements - at.first_element);
  at.table_row = store.table_row + block_;
  at.row_address = store.dram_address + row_ * store.dram_pitch;
  at.keep = store.keep;
  at.kept_row = store.kept_row + block_ * store.kept_pitch + row_;
  at.to_dram = store.to_dram;
  at.last_of_row = block_ + 1 == blocks(store, config);
  at.last = at.last_of_row && row_ + 1 == store.rows;
  return at;
}

void StoreWalk::next(const StoreBlock& done) {
  block_ = done.last_of_row ? 0 : block_ + 1;
  row_ += done.last_of_row ? 1 : 0;
}

}  // namespace systole
