#include "models/dma/store_unit.hpp"

#include <algorithm>
#include <utility>

#include "sim/network/packing.hpp"

namespace systole {

StoreUnit::StoreUnit(const sc_core::sc_module_name& name, const Clock& clock,
                     const StoreUnitConfig& config, const Wire<Cause>& upstream,
                     Measurements& measurements, CrossedStores crossed)
    : ClockedModule{name, clock},
      dram{"dram", [this](const DramResponse& response) { return take_acknowledgement(response); }},
      dma_{config.dma},
      rows_{config.rows},
      slot_free_at_(config.dma.max_outstanding_writes, 0),
      crossed_{crossed},
      upstream_{upstream},
      measurements_{measurements} {}

bool StoreUnit::busy() const {
  const bool acknowledged = slots_held_ == 0 && last_release_ <= now() + 1;
  return reading_.has_value() || !expected_.empty() || !row_.empty() || !acknowledged;
}

void StoreUnit::tick() {
  take_command();
  const bool crosses = crossed_.pages != nullptr;
  if (crosses) {
    take_acknowledgements();
  }
  const bool crossed = crosses && cross();
  const bool formed = may_form_ && form_beat();
  if (crosses) {
    enter_translation();
  }
  const bool sent = crosses ? crossed : send();
  const bool gathered = gather();
  const bool asked = ask();
  asked_wire_.write(asked_);
  gathered_wire_.write(gathered_);
  measurements_.ledger.book(LedgerUnit::Store,
                            formed || sent || gathered || asked ? Cause::Busy : waiting());
}

void StoreUnit::take_command() {
  if (reading_ || !commands->can_pop() || now() < next_command_) {
    return;
  }
  if (commands->front().is<ConfigureCommand>()) {
    commands->drop();
    return;
  }
  if (crossed_.completed != nullptr &&
      started_ - crossed_.completed->read() >= dma_.commands_in_flight) {
    return;
  }
  ++started_;
  reading_ = Reading{commands->pop(), {}};
}

/// Asks for the next block of the store.
bool StoreUnit::ask() {
  if (!reading_ || expected_.size() >= kBlocksInFlight) {
    return false;
  }
  const auto& store = reading_->issued.as<StoreCommand>();
  const StoreBlock block = reading_->walk.block(store, rows_);
  const std::uint32_t entry = reading_->issued.entry;
  if (block.from_accumulators) {
    if (!accumulator_read->can_push()) {
      return false;
    }
    ++asked_;
    accumulator_read->push({block.local_row, block.elements, block.table_row, block.last, entry,
                            ofmap_.element_at(block.row_address) + block.first_element, store.raw,
                            block.outside});
  } else {
    if (!scratchpad_read->can_push()) {
      return false;
    }
    scratchpad_read->push({block.local_row, block.last, entry});
  }
  expected_.push_back({block.from_accumulators, block.last_of_row, block.pooled, block.elements,
                       block.row_address, store.raw ? ElementFormat{32, true, false} : format_,
                       block.keep, block.kept_row, block.to_dram});
  reading_->walk.next(block);
  next_command_ = now() + (block.only ? 2 : 1);
  if (block.last) {
    reading_.reset();
  }
  return true;
}

/// Takes the next block into the row that is being gathered.
bool StoreUnit::gather() {
  if (expected_.empty() || !row_.empty()) {
    return false;
  }
  const Expected expected = expected_.front();
  if (expected.from_accumulators) {
    if (!ofmap->can_pop() || (expected.keep && !scratchpad_write->can_push())) {
      return false;
    }
    const OfmapBlock& block = ofmap->front();
    if (expected.keep) {
      keep_block(expected, block);
    }
    add({block.elements.begin(), block.elements.end()}, expected.pooled);
    ofmap->drop();
    ++gathered_;
  } else {
    if (!scratchpad_data->can_pop()) {
      return false;
    }
    const RowData& data = scratchpad_data->front();
    for (std::uint32_t i = 0; i < expected.elements; ++i) {
      elements_.push_back(unpack_element(data.bytes.data(), i, format_));
    }
    scratchpad_data->drop();
  }
  if (!expected.to_dram) {
    elements_.clear();
  } else if (expected.last_of_row) {
    row_.assign(packed_bytes(elements_.size(), expected.format.bits), 0);
    for (std::size_t i = 0; i < elements_.size(); ++i) {
      pack_element(row_.data(), i, expected.format, elements_[i]);
    }
    row_address_ = expected.row_address;
    row_formed_ = 0;
    row_ready_ = now() + 1;
    elements_.clear();
  }
  expected_.pop_front();
  return true;
}

/// A block that stays, packed as a load would have brought it.
void StoreUnit::keep_block(const Expected& expected, const OfmapBlock& block) {
  LocalWrite write;
  write.to = {LocalMemory::Scratchpad, expected.kept_row};
  write.bytes.resize(packed_bytes(block.elements.size(), expected.format.bits));
  for (std::size_t i = 0; i < block.elements.size(); ++i) {
    pack_element(write.bytes.data(), i, expected.format,
                 static_cast<std::int32_t>(block.elements[i]));
  }
  scratchpad_write->push(std::move(write));
}

/// To the row, behind what is there or, pooled, into it.
void StoreUnit::add(const std::vector<std::int32_t>& elements, bool pooled) {
  if (!pooled) {
    elements_.insert(elements_.end(), elements.begin(), elements.end());
    return;
  }
  for (std::size_t i = 0; i < elements.size(); ++i) {
    elements_[i] = std::max(elements_[i], elements[i]);
  }
}

/// Forms the next beat of the row; with its last one the row is done.
bool StoreUnit::form_beat() {
  if (row_.empty() || now() < row_ready_) {
    return false;
  }
  const std::size_t slot = free_slot();
  const bool forming = !outgoing_.empty() && outgoing_.back().beats_left > 0;
  // A unit with one slot has nothing older to wait for.
  const bool may_go_on = forming && slot_free_at_.size() == 1;
  if (slot == slot_free_at_.size() && !may_go_on) {
    return false;
  }
  if (!forming) {
    begin_burst(slot);
  }
  Outgoing& burst = outgoing_.back();
  --burst.beats_left;
  if (crossed_.pages != nullptr) {
    formed_ = {!forming, burst.beats_left == 0, burst.burst.address};
  }
  if (burst.beats_left > 0) {
    return true;
  }
  burst.last_due = now() + dma_.bus_latency - 1;
  if (row_formed_ == row_.size()) {
    row_.clear();
  }
  return true;
}

/// Its bytes leave the row, which is done when they are all.
void StoreUnit::begin_burst(std::size_t slot) {
  const auto first = row_.begin() + static_cast<std::ptrdiff_t>(row_formed_);
  Outgoing outgoing;
  outgoing.burst = choose_burst(row_address_ + row_formed_, row_.size() - row_formed_, dma_);
  outgoing.bytes.assign(first, first + outgoing.burst.useful);
  outgoing.slot = static_cast<std::uint32_t>(slot);
  outgoing.first_due = now() + dma_.bus_latency - 1;
  outgoing.last_due = kHeld;
  outgoing.beats_left = outgoing.burst.size / dma_.bus_bytes;
  measurements_.events.add(Event::DramWriteBytes, outgoing.burst.useful);
  measurements_.events.add(Event::DramWriteBursts);
  row_formed_ += outgoing.burst.useful;
  slot_free_at_[slot] = kHeld;
  ++slots_held_;
  outgoing_.push_back(std::move(outgoing));
}

/// Sends the oldest burst to the bus: with its only beat, or with its first and with its last.
bool StoreUnit::send() {
  if (outgoing_.empty() || !dram.can_request()) {
    return false;
  }
  Outgoing& next = outgoing_.front();
  const bool one_beat = next.burst.size == dma_.bus_bytes;
  if ((next.begun || one_beat ? next.last_due : next.first_due) > now()) {
    return false;
  }
  if (next.begun) {
    dram.end_write();
    outgoing_.pop_front();
    return true;
  }
  const auto offset = static_cast<std::uint32_t>(next.burst.useful_first - next.burst.address);
  if (one_beat) {
    dram.write(next.burst.address, next.burst.size, offset, next.bytes.data(), next.burst.useful,
               next.slot);
    outgoing_.pop_front();
    return true;
  }
  dram.begin_write(next.burst.address, next.burst.size, offset, next.bytes.data(),
                   next.burst.useful, next.slot);
  next.begun = true;
  return true;
}

/// The first write slot that no burst holds, or their number.
std::size_t StoreUnit::free_slot() const {
  const auto free = std::find_if(slot_free_at_.begin(), slot_free_at_.end(),
                                 [](std::uint64_t free_at) { return free_at <= now(); });
  return static_cast<std::size_t>(free - slot_free_at_.begin());
}

/// The memory acknowledges a burst; the next answer can come with the next cycle.
std::uint64_t StoreUnit::take_acknowledgement(const DramResponse& response) {
  slot_free_at_[response.tag] = response.first_beat + dma_.release_latency;
  last_release_ = std::max(last_release_, slot_free_at_[response.tag]);
  --slots_held_;
  return response.first_beat + 1;
}

Cause StoreUnit::waiting() const {
  if (!row_.empty()) {
    return free_slot() == slot_free_at_.size() ? Cause::WaitOutstanding : Cause::WaitDram;
  }
  if (!expected_.empty()) {
    // A block that is here and not taken waits for room in the queue to the scratchpad.
    const bool on_its_way = expected_.front().from_accumulators && !ofmap->can_pop();
    return on_its_way ? Cause::WaitRequant : Cause::WaitBank;
  }
  if (reading_) {
    return Cause::WaitBank;
  }
  return busy() ? Cause::WaitDram : upstream_.read();
}

void StoreUnit::list_signals(SignalList& list) const {
  list.add_flag("command", [this] { return reading_.has_value(); });
  list.add("blocks_expected", 16, [this] { return expected_.size(); });
  list.add_flag("row_gathered", [this] { return !row_.empty(); });
  list.add("bursts_to_bus", 16, [this] { return outgoing_.size(); });
  list.add("bursts_in_flight", 16, [this] { return slots_held_; });
}

}  // namespace systole
