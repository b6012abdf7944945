#include "models/dma/load_unit.hpp"

#include <algorithm>
#include <utility>

#include "models/sequencer/queue_depths.hpp"
#include "sim/network/packing.hpp"
#include "sim/program/hazards.hpp"
#include "sim/program/load_rows.hpp"
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
                   const LoadUnitConfig& config, const Wire<Cause>& upstream,
                   const Wire<std::uint64_t>& completed, Measurements& measurements)
    : ClockedModule{name, clock},
      dram{"dram", [this](const DramResponse& response) { return take_response(response); }},
      dma_{config.dma},
      local_{config.local},
      in_flight_(config.dma.max_outstanding_reads),
      slot_taken_(config.dma.max_outstanding_reads),
      merger_{config.dma.bus_bytes, config.dma.data_latency},
      zero_writer_{config.local},
      banks_{config.banks},
      upstream_{upstream},
      completed_{completed},
      measurements_{measurements} {}

void LoadUnit::tick() {
  zero_writer_.begin_cycle();
  const bool turned = turn_row();
  const bool formed = form_burst();
  const bool sent = send_burst();
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
  ++current_.row;
  current_.all_turned = current_.row == rows_read(load);
  request.last = current_.all_turned;
  next_command_ = now() + (request.last && request.row == 0 ? 2 : 1);
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
  if (slot == in_flight_.size()) {
    return false;
  }
  RowRequest& request = row_requests_.front();
  const LoadCommand& load = *request.load;
  const std::uint64_t address = load.dram_address + request.row * load.dram_pitch + request.offset;
  const Burst burst = choose_burst(address, load.row_bytes - request.offset, dma_);
  InFlight& flight = in_flight_[slot];
  flight = {&load, burst, request.entry, request.row, load.local_offset + request.offset, false, 0};
  slot_taken_[slot] = true;
  outgoing_.push_back({static_cast<std::uint32_t>(slot), now() + dma_.bus_latency - 1});
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
  const std::uint32_t row_bytes = merged_row_bytes(load, local_);
  const bool scratchpad = by_scratchpad_register(load);
  for (const MergedPart& part : merger_.take(flight.burst, flight.offset, row_bytes, copies(load),
                                             register_free(scratchpad), beats)) {
    schedule(flight, response, part);
  }
  const std::uint64_t last_beat = beats.at(merger_.beats_of(flight.burst) - 1);
  flight.free_at = last_beat + dma_.release_latency;
  slot_taken_[response.tag] = false;
  return std::max(last_beat + 1, merger_.next_first_beat());
}

bool LoadUnit::by_scratchpad_register(const LoadCommand& load) {
  return load.widen || &port_of(load.destination.memory) == &scratchpad_write;
}

/// First cycle in which the register of the scratchpads, or the other one, can take a part: that of
/// the last write of the part before, as far as the bursts known now can hold it up.
std::uint64_t LoadUnit::register_free(bool scratchpad) const {
  if (scratchpad) {
    return repeater_.free();
  }
  if (others_sent_.copies == 0) {
    return 0;
  }
  std::uint64_t last_push = others_sent_.first_write + others_sent_.copies - 1;
  for (const std::uint64_t end : burst_ends_) {
    last_push += end >= others_sent_.first_write && end <= last_push ? 1 : 0;
  }
  return last_push + 2 - dma_.accumulator_write_latency;
}

/// Queues the writes of one part.
void LoadUnit::schedule(const InFlight& flight, const DramResponse& response,
                        const MergedPart& part) {
  const LoadCommand& load = *flight.load;
  const std::uint32_t row_bytes = merged_row_bytes(load, local_);
  const bool scratchpad = by_scratchpad_register(load);
  Scheduled scheduled;
  LocalWrite& write = scheduled.write;
  write.to = {load.destination.memory,
              load.destination.row + part.block * load.block_pitch + flight.row};
  write.offset = static_cast<std::uint32_t>(part.row_offset % row_bytes);
  const auto first = response.bytes.begin() + part.burst_offset;
  write.bytes.assign(first, first + part.bytes);
  if (load.widen) {
    widen(write);
  }
  write.entry = flight.entry;
  write.last = part.row_offset + part.bytes == load.local_offset + load.row_bytes && flight.last;
  scheduled.copies = copies(load);
  scheduled.ends_burst =
      !load.widen && part.row_offset + part.bytes == flight.offset + flight.burst.useful;
  if (!scratchpad) {
    scheduled.due = part.sent + dma_.accumulator_write_latency - 1;
    others_sent_ = {scheduled.due, scheduled.copies};
    if (!sign_extends(load, local_) || extend(write, part.ends_row(row_bytes, load.row_bytes))) {
      to_others_.push_back(std::move(scheduled));
    }
    return;
  }
  // Three stages from the merger to the scratchpad.
  scheduled.due = repeater_.take(part.sent, scheduled.copies, load.pixel_repeats) +
                  dma_.scratchpad_write_latency - 3;
  if (scheduled.ends_burst) {
    note_burst_end(scheduled.due + scheduled.copies + load.pixel_repeats - 2);
  }
  if (load.pixel_repeats > 1) {
    repeat(scheduled, load);
  } else {
    to_scratchpad_.push_back(std::move(scheduled));
  }
}

/// Narrow biases wait for the rest of their local row, and are written with it. Whether that is
/// here.
bool LoadUnit::extend(LocalWrite& write, bool ends_row) {
  biases_.insert(biases_.end(), write.bytes.begin(), write.bytes.end());
  if (!ends_row) {
    return false;
  }
  const std::vector<std::uint8_t> psums =
      sign_extended(biases_.data(), static_cast<std::uint32_t>(biases_.size()), local_);
  write.bytes.assign(psums.begin(), psums.end());
  write.offset = 0;
  biases_.clear();
  return true;
}

/// A pixel's writes, the furthest to the right first; none before the start of its half.
void LoadUnit::repeat(const Scheduled& pixel, const LoadCommand& load) {
  const std::uint32_t half = local_.of(LocalMemory::Scratchpad).rows / 2;
  const std::uint32_t start = pixel.write.to.row < half ? 0 : half;
  for (std::uint32_t back = load.pixel_repeats; back-- > 0;) {
    Scheduled one = pixel;
    one.due += load.pixel_repeats - 1 - back;
    one.write.offset += back * load.row_bytes;
    one.write.last = pixel.write.last && back == 0;
    one.ends_burst = pixel.ends_burst && back == 0;
    if (one.write.to.row - start >= back) {
      one.write.to.row -= back;
      to_scratchpad_.push_back(std::move(one));
    }
  }
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
