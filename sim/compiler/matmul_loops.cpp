#include "sim/compiler/matmul_loops.hpp"

#include <algorithm>

#include "sim/network/ceil_div.hpp"

namespace systole {
namespace {

/// A part of one dimension: where its tiles begin, how many they are, and what the last one lacks.
struct Part {
  std::uint32_t first = 0, tiles = 0, missing = 0;
  bool last = false;
};

Part part_of(std::uint32_t size, std::uint32_t first, std::uint32_t tile, std::uint32_t dim) {
  const std::uint32_t all = ceil_div(size, dim);
  Part part;
  part.first = first;
  part.tiles = std::min(tile, all - first);
  part.last = first + part.tiles == all;
  part.missing = part.last ? all * dim - size : 0;
  return part;
}

MatmulLoop loop_of(const LoopedMatmul& p, const Part& i, const Part& j, const Part& k,
                   std::uint32_t dim) {
  const std::uint64_t row = std::uint64_t{i.first} * dim;
  const std::uint64_t col = std::uint64_t{j.first} * dim;
  const std::uint64_t product = std::uint64_t{k.first} * dim;
  MatmulLoop loop;
  loop.tiles_i = i.tiles;
  loop.tiles_j = j.tiles;
  loop.tiles_k = k.tiles;
  loop.missing_i = i.missing;
  loop.missing_j = j.missing;
  loop.missing_k = k.missing;
  loop.a_address = p.a + row * p.a_pitch + product;
  loop.a_pitch = p.a_pitch;
  loop.b_address = p.b + product * p.b_pitch + col;
  loop.b_pitch = p.b_pitch;
  loop.has_bias = p.has_bias && k.first == 0;
  loop.d_address = p.d + row * p.d_pitch + 4 * col;
  loop.d_pitch = p.d_pitch;
  loop.accumulate = k.first > 0;
  loop.stores = k.last;
  loop.c_address = p.c + row * p.c_pitch + (p.raw_c ? 4 : 1) * col;
  loop.c_pitch = p.c_pitch;
  loop.raw_c = p.raw_c;
  loop.table_row = j.first;
  return loop;
}

}  // namespace

std::vector<MatmulLoop> matmul_loops(const LoopedMatmul& matmul, const MatmulTile& tile,
                                     const AcceleratorConfig& config) {
  const std::uint32_t dim = config.array.rows;
  const auto tiles = [dim](std::uint32_t size) { return ceil_div(size, dim); };
  std::vector<MatmulLoop> loops;
  for (std::uint32_t i = 0; i < tiles(matmul.m); i += tile.i) {
    for (std::uint32_t j = 0; j < tiles(matmul.n); j += tile.j) {
      for (std::uint32_t k = 0; k < tiles(matmul.k); k += tile.k) {
        loops.push_back(loop_of(matmul, part_of(matmul.m, i, tile.i, dim),
                                part_of(matmul.n, j, tile.j, dim),
                                part_of(matmul.k, k, tile.k, dim), dim));
      }
    }
  }
  return loops;
}

}  // namespace systole
