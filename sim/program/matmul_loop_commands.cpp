#include "sim/program/matmul_loop_commands.hpp"

#include <algorithm>

namespace systole {

LoadCommand MatmulLoopCommands::load_a(std::uint32_t i, std::uint32_t k) const {
  const std::uint32_t blocks = std::min(max_blocks_, loop_.tiles_k - k);
  LoadCommand load;
  load.dram_address =
      loop_.a_address + std::uint64_t{i} * dim_ * loop_.a_pitch + std::uint64_t{k} * dim_;
  load.dram_pitch = loop_.a_pitch;
  load.rows = rows_of(i);
  load.row_bytes = blocks * dim_ - (k + blocks == loop_.tiles_k ? loop_.missing_k : 0);
  load.destination = {LocalMemory::Scratchpad, ifmap_row(i, k)};
  load.block_pitch = dim_;
  load.operand = Operand::Ifmap;
  return load;
}

LoadCommand MatmulLoopCommands::load_b(std::uint32_t k, std::uint32_t j) const {
  const std::uint32_t blocks = std::min(max_blocks_, loop_.tiles_j - j);
  LoadCommand load;
  load.dram_address =
      loop_.b_address + std::uint64_t{k} * dim_ * loop_.b_pitch + std::uint64_t{j} * dim_;
  load.dram_pitch = loop_.b_pitch;
  load.rows = dim_;  // always: the last rows may lie beyond B
  load.row_bytes = blocks * dim_ - (j + blocks == loop_.tiles_j ? loop_.missing_j : 0);
  load.destination = {LocalMemory::Scratchpad, weight_row(k, j)};
  load.block_pitch = dim_;
  load.operand = Operand::Weight;
  return load;
}

LoadCommand MatmulLoopCommands::load_d(std::uint32_t i, std::uint32_t j) const {
  LoadCommand load;
  load.dram_address =
      loop_.d_address + std::uint64_t{i} * dim_ * loop_.d_pitch + std::uint64_t{4} * j * dim_;
  load.dram_pitch = loop_.d_pitch;
  load.rows = rows_of(i);
  load.row_bytes = 4 * columns_of(j);
  load.destination = {LocalMemory::Accumulators, acc_row(i, j)};
  load.operand = Operand::Bias;
  return load;
}

PreloadCommand MatmulLoopCommands::preload(std::uint32_t k, std::uint32_t j,
                                           std::uint32_t i) const {
  PreloadCommand preload;
  preload.new_weights = i == 0;
  preload.weights = {LocalMemory::Scratchpad, weight_row(k, j)};
  preload.k = products_of(k);
  preload.n = columns_of(j);
  preload.acc_row = acc_row(i, j);
  preload.acc_rows = rows_of(i);
  preload.accumulate = loop_.accumulate || loop_.has_bias || k > 0;
  return preload;
}

ComputeCommand MatmulLoopCommands::compute(std::uint32_t k, std::uint32_t i) const {
  ComputeCommand compute;
  compute.ifmap_row = ifmap_row(i, k);
  compute.count_w = rows_of(i);
  compute.pitch_w = 1;
  compute.k = products_of(k);
  return compute;
}

StoreCommand MatmulLoopCommands::store(std::uint32_t i, std::uint32_t j) const {
  const std::uint32_t blocks = std::min(store_blocks(), loop_.tiles_j - j);
  const std::uint32_t element_bytes = loop_.raw_c ? 4 : 1;
  StoreCommand store;
  store.source = {LocalMemory::Accumulators, acc_row(i, j)};
  store.rows = rows_of(i);
  store.elements = blocks * dim_ - (j + blocks == loop_.tiles_j ? loop_.missing_j : 0);
  store.block_pitch = dim_;
  store.table_row = loop_.table_row + j;
  store.dram_address = loop_.c_address + std::uint64_t{i} * dim_ * loop_.c_pitch +
                       std::uint64_t{element_bytes} * j * dim_;
  store.dram_pitch = loop_.c_pitch;
  store.raw = loop_.raw_c;
  return store;
}

std::uint32_t MatmulLoopCommands::store_blocks() const { return loop_.raw_c ? 1 : max_blocks_; }

std::uint32_t MatmulLoopCommands::ifmap_row(std::uint32_t i, std::uint32_t k) const {
  return place_.scratchpad_first + (i * loop_.tiles_k + k) * dim_;
}

std::uint32_t MatmulLoopCommands::weight_row(std::uint32_t k, std::uint32_t j) const {
  return place_.scratchpad_end - (loop_.tiles_k * loop_.tiles_j - k * loop_.tiles_j - j) * dim_;
}

std::uint32_t MatmulLoopCommands::acc_row(std::uint32_t i, std::uint32_t j) const {
  return place_.accumulator_first + (i * loop_.tiles_j + j) * dim_;
}

std::uint32_t MatmulLoopCommands::rows_of(std::uint32_t i) const {
  return dim_ - (i + 1 == loop_.tiles_i ? loop_.missing_i : 0);
}

std::uint32_t MatmulLoopCommands::columns_of(std::uint32_t j) const {
  return dim_ - (j + 1 == loop_.tiles_j ? loop_.missing_j : 0);
}

std::uint32_t MatmulLoopCommands::products_of(std::uint32_t k) const {
  return dim_ - (k + 1 == loop_.tiles_k ? loop_.missing_k : 0);
}

}  // namespace systole
