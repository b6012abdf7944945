#include "models/dma/burst_stream.hpp"

#include <variant>

#include "sim/network/packing.hpp"
#include "sim/program/hazards.hpp"

namespace systole {

void BurstStream::begin(const PackedProgram& program) {
  program_ = &program;
  load_ = {};
  load_row_ = 0;
  load_offset_ = 0;
  store_ = {};
  store_row_ = 0;
  row_bytes_ = 0;
}

template <typename Body>
void BurstStream::find(Cursor<Body>& at) const {
  const PackedCommands& commands = program_->commands;
  while (at.body == nullptr) {
    const PackedCommands::Run& run = commands.runs().at(at.run);
    const Command* const first = commands.shared()[run.of]->data() + run.first;
    while (at.taken < run.count && at.body == nullptr) {
      at.body = std::get_if<Body>(&first[at.taken++].body);
    }
    at.dram = run.dram;
    if (at.body == nullptr) {
      ++at.run;
      at.taken = 0;
    }
  }
}

Burst BurstStream::next_of_loads() {
  find(load_);
  const LoadCommand& load = *load_.body;
  const std::uint64_t address =
      load.dram_address + load_.dram + load_row_ * load.dram_pitch + load_offset_;
  const Burst burst = choose_burst(address, load.row_bytes - load_offset_, dma_);
  load_offset_ += burst.useful;
  if (load_offset_ == load.row_bytes) {
    load_offset_ = 0;
    ++load_row_;
    if (load_row_ == load.rows || load.dram_pitch == 0) {  // one row, copied
      load_row_ = 0;
      load_.body = nullptr;
    }
  }
  return burst;
}

Burst BurstStream::next_of_stores() {
  while (row_bytes_ == 0) {
    begin_row_of_stores();
  }
  const Burst burst = choose_burst(row_address_ + row_offset_, row_bytes_ - row_offset_, dma_);
  row_offset_ += burst.useful;
  if (row_offset_ == row_bytes_) {
    row_bytes_ = 0;
  }
  return burst;
}

/// The next row of DRAM. Stores that pool are only in programs that run on the SystemC machine.
void BurstStream::begin_row_of_stores() {
  find(store_);
  const StoreCommand& store = *store_.body;
  if (store.to_dram) {
    row_bytes_ = packed_bytes(store.elements, stored_bits(store, program_->registers.ofmap.bits));
    row_address_ = store.dram_address + store_.dram + store_row_ * store.dram_pitch;
    row_offset_ = 0;
  }
  if (!store.to_dram || ++store_row_ == store.rows) {
    store_row_ = 0;
    store_.body = nullptr;
  }
}

}  // namespace systole
