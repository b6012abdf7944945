#include "models/dma/load_unit.hpp"

#include <algorithm>
#include <utility>

#include "models/sequencer/queue_depths.hpp"
#include "sim/network/packing.hpp"
#include "sim/program/hazards.hpp"
#include "sim/program/traffic.hpp"

namespace systole {
namespace {

/// DRAM rows that a load really reads: a repeated row once.
std::uint32_t rows_read(const LoadCommand& load) { return load.dram_pitch == 0 ? 1 : load.rows; }

std::uint32_t copies(const LoadCommand& load) { return load.dram_pitch == 0 ? load.rows : 1; }

/// int8 elements become 32-bit ones, the low byte first.
void widen(LocalWrite& write) {
  ByteRow wide;
  for (const std::uint8_t byte : write.bytes) {
    const std::uint8_t sign = byte >= 0x80 ? 0xFF : 0;
    wide.insert(wide.end(), {byte, sign, sign, sign});
  }
  write.bytes = std::move(wide);
  write.offset *= 4;
}

}  // namespace

LoadUnit::LoadUnit(const sc_core::sc_module_name& name, const Clock& clock,
                   const AcceleratorConfig& config, const Wire<Cause>& upstream,
                   const Wire<std::uint64_t>& completed, Measurements& measurements)
    : ClockedModule{name, clock},
      dram{"dram", [this](const DramResponse& response) { return take_response(response); }},
      config_{config},
      in_flight_(config.dma.max_outstanding_reads),
      slot_taken_(config.dma.max_outstanding_reads),
      merger_{config.dma.bus_bytes, config.dma.data_latency},
      upstream_{upstream},
      completed_{completed},
      measurements_{measurements} {}

void LoadUnit::tick() {
  const bool turned = turn_row();
  const bool formed = form_burst();
  const bool sent = send_burst();
  const bool wrote = write_local() || write_fill();
  measurements_.ledger.book(LedgerUnit::Load,
                            turned || formed || sent || wrote ? Cause::Busy : waiting());
}

/// Gives the next row of the command its turn.
bool LoadUnit::turn_row() {
  if (current_.all_turned) {
    if (!commands->can_pop() || started_ - completed_.read() >= config_.dma.commands_in_flight) {
      return false;
    }
    current_ = {commands->pop(), 0, false};
    ++started_;
  }
  if (!current_.issued.is<LoadCommand>() || row_requests_.size() >= kRowRequests) {
    return false;
  }
  const auto& load = current_.issued.as<LoadCommand>();
  RowRequest request;
  request.load = &load;
  request.entry = current_.issued.entry;
  request.row = current_.row;
  request.ready = now() + config_.dma.request_latency;
  ++current_.row;
  current_.all_turned = current_.row == rows_read(load);
  request.last = current_.all_turned;
  row_requests_.push_back(request);
  return true;
}

/// Forms the next burst of the oldest row if a slot is free.
bool LoadUnit::form_burst() {
  if (row_requests_.empty() || row_requests_.front().ready > now()) {
    return false;
  }
  const std::size_t slot = free_slot();
  if (slot == in_flight_.size()) {
    return false;
  }
  RowRequest& request = row_requests_.front();
  const LoadCommand& load = *request.load;
  const std::uint64_t address = load.dram_address + request.row * load.dram_pitch + request.offset;
  const Burst burst = choose_burst(address, load.row_bytes - request.offset, config_.dma);
  InFlight& flight = in_flight_[slot];
  flight = {&load, burst, request.entry, request.row, request.offset, false, 0};
  slot_taken_[slot] = true;
  outgoing_.push_back({static_cast<std::uint32_t>(slot), now() + config_.dma.bus_latency - 1});
  count(load, burst);
  request.offset += burst.useful;
  if (request.offset == load.row_bytes) {
    flight.last = request.last;
    row_requests_.pop_front();
  }
  return true;
}

/// The first slot that no burst holds, or in_flight_.size().
std::size_t LoadUnit::free_slot() const {
  std::size_t slot = 0;
  while (slot < in_flight_.size() && (slot_taken_[slot] || in_flight_[slot].free_at > now())) {
    ++slot;
  }
  return slot;
}

bool LoadUnit::send_burst() {
  if (outgoing_.empty() || outgoing_.front().due > now() || !dram.can_request()) {
    return false;
  }
  const std::uint32_t slot = outgoing_.front().slot;
  outgoing_.pop_front();
  dram.read(in_flight_[slot].burst.address, in_flight_[slot].burst.size, slot);
  return true;
}

/// The memory starts an answer: its beats are at the port from `response.first_beat` on. Returns
/// the earliest cycle for the first beat of the next one.
std::uint64_t LoadUnit::take_response(const DramResponse& response) {
  InFlight& flight = in_flight_[response.tag];
  const LoadCommand& load = *flight.load;
  const BeatTimes beats{response.first_beat, response.cycles_per_beat};
  const std::uint32_t row_bytes = merged_row_bytes(load);
  const bool scratchpad = by_scratchpad_register(load);
  for (const MergedPart& part : merger_.take(flight.burst, flight.offset, row_bytes, copies(load),
                                             register_free(scratchpad), beats)) {
    schedule(flight, response, part);
  }
  const std::uint64_t last_beat = beats.at(flight.burst.size / config_.dma.bus_bytes - 1);
  flight.free_at = last_beat + config_.dma.release_latency;
  slot_taken_[response.tag] = false;
  return std::max(last_beat + 1, merger_.next_first_beat());
}

bool LoadUnit::by_scratchpad_register(const LoadCommand& load) {
  return load.widen || &port_of(load.destination.memory) == &scratchpad_write;
}

/// Of a DRAM row, what fills a local row.
std::uint32_t LoadUnit::merged_row_bytes(const LoadCommand& load) const {
  return load.widen ? config_.array.cols : local_row_bytes(config_, load.destination.memory);
}

/// First cycle in which the register of the scratchpads, or the other one, can take a part: that of
/// the last write of the part before, as far as the bursts known now can hold it up.
std::uint64_t LoadUnit::register_free(bool scratchpad) const {
  const Sent& sent = scratchpad ? scratchpad_sent_ : others_sent_;
  if (sent.copies == 0) {
    return 0;
  }
  std::uint64_t last_push = sent.first_write + sent.copies - 1;
  if (!scratchpad) {
    for (const std::uint64_t end : burst_ends_) {
      last_push += end >= sent.first_write && end <= last_push ? 1 : 0;
    }
  }
  const std::uint32_t latency =
      scratchpad ? config_.dma.scratchpad_write_latency : config_.dma.accumulator_write_latency;
  return last_push + 2 - latency;
}

/// Queues the writes of one part.
void LoadUnit::schedule(const InFlight& flight, const DramResponse& response,
                        const MergedPart& part) {
  const LoadCommand& load = *flight.load;
  const std::uint32_t row_bytes = merged_row_bytes(load);
  const bool scratchpad = by_scratchpad_register(load);
  const std::uint32_t latency =
      scratchpad ? config_.dma.scratchpad_write_latency : config_.dma.accumulator_write_latency;
  const auto block = static_cast<std::uint32_t>(part.row_offset / row_bytes);
  Scheduled scheduled;
  LocalWrite& write = scheduled.write;
  write.to = {load.destination.memory,
              load.destination.row + block * load.block_pitch + flight.row};
  write.offset = static_cast<std::uint32_t>(part.row_offset % row_bytes);
  const auto first = response.bytes.begin() + part.burst_offset;
  write.bytes.assign(first, first + part.bytes);
  if (load.widen) {
    widen(write);
  }
  write.entry = flight.entry;
  write.last = part.row_offset + part.bytes == load.row_bytes && flight.last;
  scheduled.due = part.sent + latency - 1;
  scheduled.copies = copies(load);
  scheduled.ends_burst =
      !load.widen && part.row_offset + part.bytes == flight.offset + flight.burst.useful;
  (scratchpad ? scratchpad_sent_ : others_sent_) = {scheduled.due, scheduled.copies};
  if (scratchpad && scheduled.ends_burst) {
    note_burst_end(scheduled.due + scheduled.copies - 1);
  }
  (scratchpad ? to_scratchpad_ : to_others_).push_back(std::move(scheduled));
}

/// Only those that can hold up the part in the other register count.
void LoadUnit::note_burst_end(std::uint64_t cycle) {
  while (!burst_ends_.empty() && burst_ends_.front() < others_sent_.first_write) {
    burst_ends_.pop_front();
  }
  if (to_others_.empty()) {
    burst_ends_.clear();
  }
  burst_ends_.push_back(cycle);
}

bool LoadUnit::write_local() {
  const bool ends_burst = !to_scratchpad_.empty() && to_scratchpad_.front().due <= now() &&
                          to_scratchpad_.front().ends_burst && to_scratchpad_.front().copies == 1;
  const bool scratchpad = write_front(to_scratchpad_);
  const bool other = !(scratchpad && ends_burst) && write_front(to_others_);
  return scratchpad || other;
}

/// Writes the next row of a register if it is there and the memory can take it.
bool LoadUnit::write_front(Ring<Scheduled>& queue) {
  if (queue.empty() || queue.front().due > now()) {
    return false;
  }
  Scheduled& next = queue.front();
  FifoOut<LocalWrite>& port = port_of(next.write.to.memory);
  if (!port->can_push()) {
    return false;
  }
  if (next.copies == 1) {
    port->push(std::move(next.write));
    queue.pop_front();
    return true;
  }
  LocalWrite copy = next.write;
  copy.last = false;
  port->push(std::move(copy));
  ++next.write.to.row;
  --next.copies;
  return true;
}

bool LoadUnit::write_fill() {
  if (current_.all_turned || !current_.issued.is<FillCommand>() || !scratchpad_write->can_push()) {
    return false;
  }
  const auto& fill = current_.issued.as<FillCommand>();
  LocalWrite write;
  write.to = {fill.destination.memory, fill.destination.row + current_.row};
  write.bytes.resize(local_row_bytes(config_, fill.destination.memory));
  const std::size_t elements = write.bytes.size() * 8 / fill_format_.bits;
  for (std::size_t i = 0; i < elements; ++i) {
    pack_element(write.bytes.data(), i, fill_format_, fill.value);
  }
  write.entry = current_.issued.entry;
  ++current_.row;
  current_.all_turned = current_.row == fill.rows;
  write.last = current_.all_turned;
  scratchpad_write->push(std::move(write));
  return true;
}

Cause LoadUnit::waiting() const {
  if (started_ == completed_.read()) {
    return upstream_.read();
  }
  if (!row_requests_.empty() && row_requests_.front().ready <= now() &&
      free_slot() == in_flight_.size()) {
    return Cause::WaitOutstanding;
  }
  return Cause::WaitDram;
}

FifoOut<LocalWrite>& LoadUnit::port_of(LocalMemory memory) {
  switch (memory) {
    case LocalMemory::Accumulators:
      return accumulator_write;
    case LocalMemory::RequantTable:
      return table_write;
    case LocalMemory::Scratchpad:
    case LocalMemory::WeightScratchpad:
      break;
  }
  return scratchpad_write;
}

void LoadUnit::count(const LoadCommand& load, const Burst& burst) {
  measurements_.events.add(dram_read_event(load.operand), burst.useful);
  measurements_.events.add(Event::DramFetchedBytes, burst.size);
  measurements_.events.add(Event::DramReadBursts);
}

void LoadUnit::list_signals(SignalList& list) const {
  list.add("commands_in_flight", 16, [this] { return started_ - completed_.read(); });
  list.add("row_requests", 16, [this] { return row_requests_.size(); });
  list.add("bursts_in_flight", 16, [this] {
    return static_cast<std::uint64_t>(std::count(slot_taken_.begin(), slot_taken_.end(), true));
  });
  list.add("rows_to_scratchpad", 16, [this] { return to_scratchpad_.size(); });
  list.add("rows_to_accumulators", 16, [this] { return to_others_.size(); });
}

}  // namespace systole
