#pragma once

#include <cstdint>

#include "sim/program/command.hpp"
#include "sim/program/loop_place.hpp"

namespace systole {

/// The commands of a matrix product's loop, by tile, as Gemmini's LoopMatmul generates them. A lies
/// from the start of the loop's half of the scratchpad on, tile row by tile row; B ends with it; C
/// and D lie in the accumulators, tile row by tile row. A tile is array.rows local rows.
class MatmulLoopCommands {
 public:
  MatmulLoopCommands(const MatmulLoop& loop, const LoopPlace& place, const LoopShape& shape)
      : loop_{loop}, place_{place}, dim_{shape.array_dim}, max_blocks_{shape.max_blocks} {}

  /// Tiles (i, k..) of A, (k, j..) of B: as many as a load takes.
  LoadCommand load_a(std::uint32_t i, std::uint32_t k) const;
  LoadCommand load_b(std::uint32_t k, std::uint32_t j) const;
  LoadCommand load_d(std::uint32_t i, std::uint32_t j) const;
  PreloadCommand preload(std::uint32_t k, std::uint32_t j, std::uint32_t i) const;
  ComputeCommand compute(std::uint32_t k, std::uint32_t i) const;
  /// Tiles (i, j..) of C: as many as a store takes.
  StoreCommand store(std::uint32_t i, std::uint32_t j) const;
  std::uint32_t store_blocks() const;  ///< 32-bit sums are stored a tile at a time

 private:
  std::uint32_t ifmap_row(std::uint32_t i, std::uint32_t k) const;
  std::uint32_t weight_row(std::uint32_t k, std::uint32_t j) const;
  std::uint32_t acc_row(std::uint32_t i, std::uint32_t j) const;
  std::uint32_t rows_of(std::uint32_t i) const;
  std::uint32_t columns_of(std::uint32_t j) const;
  std::uint32_t products_of(std::uint32_t k) const;

  const MatmulLoop& loop_;
  const LoopPlace place_;
  const std::uint32_t dim_;
  const std::uint32_t max_blocks_;
};

}  // namespace systole
