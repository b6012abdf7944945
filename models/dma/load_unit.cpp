#include "models/dma/load_unit.hpp"

#include <algorithm>
#include <utility>

#include "models/sequencer/queue_depths.hpp"
#include "sim/network/packing.hpp"
#include "sim/program/load_rows.hpp"
#include "sim/program/traffic.hpp"

namespace systole {
LoadUnit::LoadUnit(const sc_core::sc_module_name& name, const Clock& clock,
                   const LoadUnitConfig& config, const Wire<Cause>& upstream,
                   const Wire<std::uint64_t>& completed, Measurements& measurements,
                   PageLookups* pages)
    : ClockedModule{name, clock},
      dram{"dram", [this](const DramResponse& response) { return take_response(response); }},
      dma_{config.dma},
      local_{config.local},
      in_flight_(config.dma.max_outstanding_reads),
      slot_taken_(config.dma.max_outstanding_reads),
      pages_{pages},
      merger_{config.dma.bus_bytes, config.dma.data_latency},
      zero_writer_{config.local},
      banks_{config.banks},
      upstream_{upstream},
      completed_{completed},
      measurements_{measurements} {}

void LoadUnit::tick() {
  zero_writer_.begin_cycle();
  if (pages_ != nullptr) {
    take_beat();
  }
  const bool full = row_requests_.size() == kRowRequests;
  const bool turned_first = !full && turn_row();
  const bool crossed = pages_ != nullptr && cross();
  const bool formed = form_burst();
  const bool turned = full ? turn_row() : turned_first;
  const bool sent = pages_ != nullptr ? crossed : send_burst();
  const bool wrote_data = write_local();
  const bool wrote_padding = write_padding();
  const bool wrote = wrote_data || wrote_padding || write_fill();
  measurements_.ledger.book(LedgerUnit::Load,
                            turned || formed || sent || wrote ? Cause::Busy : waiting());
}

/// The next command, if it can start. A ConfigureCommand is done with that.
bool LoadUnit::take_command() {
  if (!commands->can_pop() || now() < next_command_) {
    return false;
  }
  if (commands->front().is<ConfigureCommand>()) {
    commands->pop();
    return true;
  }
  if (started_ - completed_.read() >= dma_.commands_in_flight) {
    return false;
  }
  current_ = {commands->pop(), 0, false};
  ++started_;
  return true;
}

/// Gives the next row of the command its turn.
bool LoadUnit::turn_row() {
  if (current_.all_turned && (!take_command() || current_.all_turned)) {
    return false;
  }
  if (current_.issued.is<FillCommand>()) {
    return current_.issued.as<FillCommand>().beside_data && turn_padding();
  }
  if (row_requests_.size() >= kRowRequests) {
    return false;
  }
  const auto& load = current_.issued.as<LoadCommand>();
  RowRequest request;
  request.load = &load;
  request.entry = current_.issued.entry;
  request.row = current_.row;
  request.ready = now() + dma_.request_latency;
  if (request.row == 0) {
    bytes_left_.resize(std::max<std::size_t>(bytes_left_.size(), request.entry + 1));
    bytes_left_[request.entry] = rows_read(load) * std::uint64_t{load.row_bytes};
  }
  ++current_.row;
  current_.all_turned = current_.row == rows_read(load);
  next_command_ = now() + (current_.all_turned && request.row == 0 ? 2 : 1);
  row_requests_.push_back(request);
  return true;
}

/// Gives the next row of padding to the zero writer.
bool LoadUnit::turn_padding() {
  if (!zero_writer_.can_take()) {
    return false;
  }
  const auto& fill = current_.issued.as<FillCommand>();
  const bool last = current_.row + 1 == fill.rows;
  zero_writer_.take(fill, current_.row, last, current_.issued.entry);
  next_command_ = now() + (last && current_.row == 0 ? 2 : 1);
  ++current_.row;
  current_.all_turned = last;
  return true;
}

/// Forms the next burst of the oldest row if a slot is free.
bool LoadUnit::form_burst() {
  if (row_requests_.empty() || row_requests_.front().ready > now()) {
    return false;
  }
  const std::size_t slot = free_slot();
  if (slot == in_flight_.size() || first_stage_) {
    return false;
  }
  RowRequest& request = row_requests_.front();
  const LoadCommand& load = *request.load;
  const std::uint64_t address = load.dram_address + request.row * load.dram_pitch + request.offset;
  const Burst burst = choose_burst(address, load.row_bytes - request.offset, dma_);
  InFlight& flight = in_flight_[slot];
  flight = {&load, burst, request.entry, request.row, load.local_offset + request.offset, 0};
  slot_taken_[slot] = true;
  const auto number = static_cast<std::uint32_t>(slot);
  if (pages_ != nullptr) {
    first_stage_ = number;
  } else {
    outgoing_.push_back({number, now() + dma_.bus_latency - 1});
  }
  count(load, burst);
  request.offset += burst.useful;
  if (request.offset == load.row_bytes) {
    row_requests_.pop_front();
  }
  return true;
}

bool LoadUnit::bursts_have_come() const {
  return std::find(slot_taken_.begin(), slot_taken_.end(), true) == slot_taken_.end() &&
         std::all_of(in_flight_.begin(), in_flight_.end(),
                     [](const InFlight& flight) { return flight.free_at <= now() + 1; });
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

bool LoadUnit::write_local() {
  writing_ = {};
  const bool ends_burst = !to_scratchpad_.empty() && to_scratchpad_.front().due <= now() &&
                          to_scratchpad_.front().ends_burst && to_scratchpad_.front().copies == 1;
  if (!to_scratchpad_.empty()) {
    writing_.scratchpad = to_scratchpad_.front().write.to;
  }
  const bool scratchpad = write_front(to_scratchpad_);
  if (!scratchpad) {
    writing_.scratchpad.reset();
  }
  const bool ends_other =
      !to_others_.empty() && to_others_.front().copies == 1 && to_others_.front().ends_burst;
  writing_.others = !(scratchpad && ends_burst) && write_front(to_others_);
  writing_.burst_end = (scratchpad && ends_burst) || (writing_.others && ends_other);
  return scratchpad || writing_.others;
}

/// The zero writer's next write.
bool LoadUnit::write_padding() {
  if (zero_writer_.before_start()) {
    zero_writer_.advance();
    return true;
  }
  std::optional<LocalWrite> zeros = zero_writer_.next();
  if (!zeros || writing_.burst_end) {
    return false;
  }
  const bool sums = zeros->to.memory == LocalMemory::Accumulators;
  const bool same_bank = !sums && writing_.scratchpad &&
                         banks_.bank_of(*writing_.scratchpad) == banks_.bank_of(zeros->to);
  FifoOut<LocalWrite>& port = port_of(zeros->to.memory);
  if (same_bank || (sums && writing_.others) || !port->can_push()) {
    return false;
  }
  port->push(std::move(*zeros));
  zero_writer_.advance();
  return true;
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
  if (fill.beside_data) {
    return false;
  }
  LocalWrite write;
  write.to = {fill.destination.memory, fill.destination.row + current_.row};
  write.bytes.resize(local_.of(fill.destination.memory).row_bytes);
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
