#include "models/dma/store_walk.hpp"

#include <utility>

namespace systole {

/// Rows are windows, blocks their elements.
StoreBlock StoreWalk::of_window(const StoreCommand& store) const {
  const StorePool& pool = store.pool;
  const std::uint32_t window_row = row_ / pool.out_cols;
  const std::uint32_t window_col = row_ % pool.out_cols;
  const std::uint32_t count = pool.size * pool.size;
  const auto place = [&](std::uint32_t element) {
    return std::pair{window_row * pool.stride + element / pool.size,
                     window_col * pool.stride + element % pool.size};
  };
  const auto inside = [&](std::uint32_t element) {
    const auto [row, col] = place(element);
    return row >= pool.up && row - pool.up < pool.in_rows && col >= pool.left &&
           col - pool.left < pool.in_cols;
  };
  StoreBlock at;
  at.from_accumulators = true;
  at.outside = !inside(block_);
  if (!at.outside) {
    const auto [row, col] = place(block_);
    at.local_row = store.source.row + (row - pool.up) * pool.in_cols + col - pool.left;
  }
  at.elements = store.elements;
  at.table_row = store.table_row;
  at.row_address = store.dram_address + window_row * pool.row_pitch + window_col * pool.col_pitch;
  at.pooled = block_ > 0;
  at.last_of_row = block_ + 1 == count;
  at.last = at.last_of_row && row_ + 1 == store.rows;
  at.only = at.last && row_ == 0 && block_ == 0;
  return at;
}

}  // namespace systole
