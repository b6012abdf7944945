#include "models/dma/store_unit.hpp"

#include <algorithm>
#include <utility>

#include "models/dma/burst.hpp"
#include "sim/network/packing.hpp"
#include "sim/program/hazards.hpp"

namespace systole {

StoreUnit::StoreUnit(const sc_core::sc_module_name& name, const Clock& clock,
                     const AcceleratorConfig& config, const Wire<Cause>& upstream,
                     Measurements& measurements)
    : ClockedModule{name, clock},
      dram{"dram", config.dma.max_outstanding_writes},
      config_{config},
      max_blocks_{max_blocks_in_flight(config)},
      upstream_{upstream},
      measurements_{measurements} {}

void StoreUnit::configure(const LayerRegisters& registers) { format_ = registers.ofmap; }

void StoreUnit::tick() {
  while (dram.has_response()) {
    dram.take_response();
    --outstanding_;
  }
  if (accumulator_read_done->can_pop()) {
    done->push({accumulator_read_done->pop().entry});
  }
  if (!reading_ && commands->can_pop()) {
    reading_ = Reading{commands->pop(), 0, 0};
  }
  const bool wrote = write();
  const bool gathered = gather();
  const bool asked = ask();
  measurements_.ledger.book(
      LedgerUnit::Store, wrote || gathered || asked || now() < bus_free_ ? Cause::Busy : waiting());
}

/// Asks for the next block of the store.
bool StoreUnit::ask() {
  if (!reading_ || expected_.size() >= max_blocks_) {
    return false;
  }
  const auto& store = reading_->issued.as<StoreCommand>();
  const bool from_accumulators = store.source.memory == LocalMemory::Accumulators;
  const std::uint32_t block_elements = from_accumulators ? config_.array.cols : config_.array.rows;
  Expected expected;
  expected.from_accumulators = from_accumulators;
  expected.entry = reading_->issued.entry;
  expected.elements = std::min(block_elements, store.elements - reading_->block * block_elements);
  expected.row_address = store.dram_address + reading_->row * store.dram_pitch;
  expected.last_of_row = reading_->block + 1 == blocks(store, config_);
  expected.last_of_store = expected.last_of_row && reading_->row + 1 == store.rows;
  const std::uint32_t local_row =
      store.source.row + reading_->block * store.block_pitch + reading_->row;
  if (from_accumulators) {
    if (!accumulator_read->can_push()) {
      return false;
    }
    accumulator_read->push({local_row, expected.elements, store.table_row + reading_->block,
                            expected.last_of_store, expected.entry});
  } else {
    if (!scratchpad_read->can_push()) {
      return false;
    }
    scratchpad_read->push({local_row});
  }
  expected_.push_back(expected);
  if (expected.last_of_store) {
    reading_.reset();
  } else if (expected.last_of_row) {
    reading_->block = 0;
    ++reading_->row;
  } else {
    ++reading_->block;
  }
  return true;
}

/// Takes the next block into the row that is being gathered.
bool StoreUnit::gather() {
  if (expected_.empty() || !row_.empty()) {
    return false;
  }
  const Expected& expected = expected_.front();
  if (expected.from_accumulators) {
    if (!ofmap->can_pop()) {
      return false;
    }
    const OfmapBlock block = ofmap->pop();
    elements_.insert(elements_.end(), block.elements.begin(), block.elements.end());
  } else {
    if (!scratchpad_data->can_pop()) {
      return false;
    }
    const RowData data = scratchpad_data->pop();
    for (std::uint32_t i = 0; i < expected.elements; ++i) {
      elements_.push_back(unpack_element(data.bytes.data(), i, format_));
    }
    if (expected.last_of_store) {
      done->push({expected.entry});
    }
  }
  if (expected.last_of_row) {
    row_.assign(packed_bytes(elements_.size(), format_.bits), 0);
    for (std::size_t i = 0; i < elements_.size(); ++i) {
      pack_element(row_.data(), i, format_, elements_[i]);
    }
    row_address_ = expected.row_address;
    row_written_ = 0;
    elements_.clear();
  }
  expected_.pop_front();
  return true;
}

/// Starts the next burst of the row.
bool StoreUnit::write() {
  if (row_.empty() || now() < bus_free_ || !dram.can_request() ||
      outstanding_ >= config_.dma.max_outstanding_writes) {
    return false;
  }
  const Burst burst =
      choose_burst(row_address_ + row_written_, row_.size() - row_written_, config_.dma);
  dram.write(burst.useful_first, row_.data() + row_written_, burst.useful, 0);
  ++outstanding_;
  bus_free_ = now() + burst.size / config_.dma.bus_bytes;
  measurements_.events.add(Event::DramWriteBytes, burst.useful);
  measurements_.events.add(Event::DramWriteBursts);
  row_written_ += burst.useful;
  if (row_written_ == row_.size()) {
    row_.clear();
  }
  return true;
}

Cause StoreUnit::waiting() const {
  if (!row_.empty()) {
    return outstanding_ >= config_.dma.max_outstanding_writes ? Cause::WaitOutstanding
                                                              : Cause::WaitDram;
  }
  if (!expected_.empty()) {
    return expected_.front().from_accumulators ? Cause::WaitRequant : Cause::WaitBank;
  }
  if (reading_) {
    return Cause::WaitBank;
  }
  return outstanding_ > 0 ? Cause::WaitDram : upstream_.read();
}

}  // namespace systole
