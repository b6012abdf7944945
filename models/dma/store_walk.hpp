#pragma once

#include <algorithm>
#include <cstdint>

#include "sim/program/command.hpp"

namespace systole {

/// Elements of a row of a local memory.
struct RowElements {
  std::uint32_t accumulators = 0;  ///< partial sums: array.cols
  std::uint32_t scratchpad = 0;    ///< activations: array.rows
};

/// The part of a store's row that one row of a local memory holds; with a pool, an element of a
/// window.
struct StoreBlock {
  bool from_accumulators = false;
  std::uint32_t local_row = 0;
  std::uint32_t elements = 0;
  std::uint32_t first_element = 0;  ///< its place in the DRAM row
  std::uint32_t table_row = 0;      ///< of its requantization constants
  std::uint64_t row_address = 0;    ///< of the DRAM row that it is a part of
  bool keep = false;                ///< to scratchpad row kept_row as well
  std::uint32_t kept_row = 0;
  bool to_dram = true;
  bool last_of_row = false;
  bool last = false;     ///< of the store
  bool only = false;     ///< the store has no other
  bool outside = false;  ///< of what is pooled: 0, and no row is read for it
  bool pooled = false;   ///< into what the blocks of the row before it gave
};

/// The blocks of a store in the order in which they are asked for: row after row.
class StoreWalk {
 public:
  StoreBlock block(const StoreCommand& store, const RowElements& rows) const {
    return store.pool.enabled() ? of_window(store) : of_row(store, rows);
  }
  /// Of a store without a pool.
  StoreBlock of_row(const StoreCommand& store, const RowElements& rows) const;
  void next(const StoreBlock& done);

  template <typename Archive>
  void archive(Archive& archive) {
    archive.values(row_, block_);
  }

 private:
  StoreBlock of_window(const StoreCommand& store) const;

  std::uint32_t row_ = 0;
  std::uint32_t block_ = 0;
};

inline StoreBlock StoreWalk::of_row(const StoreCommand& store, const RowElements& rows) const {
  StoreBlock at;
  at.from_accumulators = store.source.memory == LocalMemory::Accumulators;
  const std::uint32_t width = at.from_accumulators ? rows.accumulators : rows.scratchpad;
  at.local_row = store.source.row + block_ * store.block_pitch + row_;
  at.first_element = block_ * width;
  at.elements = std::min(width, store.elements - at.first_element);
  at.table_row = store.table_row + block_;
  at.row_address = store.dram_address + row_ * store.dram_pitch;
  at.keep = store.keep;
  at.kept_row = store.kept_row + block_ * store.kept_pitch + row_;
  at.to_dram = store.to_dram;
  at.last_of_row = at.first_element + width >= store.elements;
  at.last = at.last_of_row && row_ + 1 == store.rows;
  at.only = at.last && row_ == 0 && block_ == 0;
  return at;
}

inline void StoreWalk::next(const StoreBlock& done) {
  block_ = done.last_of_row ? 0 : block_ + 1;
  row_ += done.last_of_row ? 1 : 0;
}

}  // namespace systole
