#include "models/dma/load_unit.hpp"

#include <algorithm>
#include <utility>

#include "sim/network/packing.hpp"
#include "sim/program/hazards.hpp"

namespace systole {
namespace {

Event read_event(Operand operand) {
  switch (operand) {
    case Operand::Weight:
      return Event::DramReadWeightBytes;
    case Operand::Bias:
      return Event::DramReadBiasBytes;
    case Operand::Requant:
      return Event::DramReadRequantBytes;
    case Operand::Ifmap:
    case Operand::Ofmap:
      break;
  }
  return Event::DramReadIfmapBytes;
}

/// DRAM rows that a load really reads: a repeated row once.
std::uint32_t rows_read(const LoadCommand& load) { return load.dram_pitch == 0 ? 1 : load.rows; }

std::uint32_t copies(const LoadCommand& load) { return load.dram_pitch == 0 ? load.rows : 1; }

}  // namespace

LoadUnit::LoadUnit(const sc_core::sc_module_name& name, const Clock& clock,
                   const AcceleratorConfig& config, const Wire<Cause>& upstream,
                   Measurements& measurements)
    : ClockedModule{name, clock},
      dram{"dram", config.dma.max_outstanding_reads},
      config_{config},
      in_flight_(config.dma.max_outstanding_reads),
      upstream_{upstream},
      measurements_{measurements} {
  for (std::uint32_t tag = config.dma.max_outstanding_reads; tag > 0; --tag) {
    free_tags_.push_back(tag - 1);
  }
}

void LoadUnit::configure(const LayerRegisters& registers) { fill_format_ = registers.ifmap; }

void LoadUnit::tick() {
  while (dram.has_response()) {
    DramResponse response = dram.take_response();
    arrived_.push_back(response.tag);
    in_flight_[response.tag].response = std::move(response);
  }
  take_confirmations();
  take_command();
  const bool requested = request();
  const bool wrote = write_data() || write_fill();
  measurements_.ledger.book(LedgerUnit::Load, requested || wrote ? Cause::Busy : waiting());
}

void LoadUnit::take_confirmations() {
  for (auto* port : {&scratchpad_written, &accumulator_written, &table_written}) {
    if ((*port)->can_pop()) {
      const std::uint32_t entry = (*port)->pop().entry;
      active_.erase(std::find_if(active_.begin(), active_.end(),
                                 [&](const Active& a) { return a.issued.entry == entry; }));
      done->push({entry});
    }
  }
}

void LoadUnit::take_command() {
  const bool previous_requested = active_.empty() || active_.back().requested;
  if (!previous_requested || active_.size() >= config_.dma.commands_in_flight ||
      !commands->can_pop()) {
    return;
  }
  Active active;
  active.issued = commands->pop();
  if (active.issued.is<LoadCommand>()) {
    const auto& load = active.issued.as<LoadCommand>();
    active.bytes_to_write = std::uint64_t{load.rows} * load.row_bytes;
  }
  active_.push_back(active);
}

/// Asks for the next burst of the youngest command.
bool LoadUnit::request() {
  if (active_.empty() || active_.back().requested || !active_.back().issued.is<LoadCommand>() ||
      free_tags_.empty() || !dram.can_request()) {
    return false;
  }
  Active& active = active_.back();
  const auto& load = active.issued.as<LoadCommand>();
  const std::uint64_t address = load.dram_address + active.row * load.dram_pitch + active.offset;
  const Burst burst = choose_burst(address, load.row_bytes - active.offset, config_.dma);
  const std::uint32_t tag = free_tags_.back();
  free_tags_.pop_back();
  in_flight_[tag] = {burst, active.issued.entry, active.row, active.offset, {}, 0, 0};
  dram.read(burst.address, burst.size, tag);
  ++outstanding_;
  count(load, burst);
  active.offset += burst.useful;
  if (active.offset == load.row_bytes) {
    active.offset = 0;
    ++active.row;
    active.requested = active.row == rows_read(load);
  }
  return true;
}

/// Writes one part of the oldest burst that is here: what falls into one local row.
bool LoadUnit::write_data() {
  if (arrived_.empty()) {
    return false;
  }
  const std::uint32_t tag = arrived_.front();
  InFlight& flight = in_flight_[tag];
  Active& active = active_with(flight.entry);
  const auto& load = active.issued.as<LoadCommand>();
  const std::uint32_t local_bytes = local_row_bytes(config_, load.destination.memory);
  const std::uint64_t at = flight.offset + flight.written;  // in the DRAM row
  const auto block = static_cast<std::uint32_t>(at / local_bytes);
  const auto offset = static_cast<std::uint32_t>(at % local_bytes);
  const std::uint32_t size = std::min(local_bytes - offset, flight.burst.useful - flight.written);
  const auto in_burst =
      static_cast<std::uint32_t>(flight.burst.useful_first - flight.burst.address) + flight.written;
  const std::uint64_t beat = (in_burst + size - 1) / config_.dma.bus_bytes;
  FifoOut<LocalWrite>& port = port_of(load.destination.memory);
  if (flight.response.first_beat + beat * flight.response.cycles_per_beat > now() ||
      !port->can_push()) {
    return false;
  }
  LocalWrite write;
  write.to = {load.destination.memory,
              load.destination.row + block * load.block_pitch + flight.row + flight.copy};
  write.offset = offset;
  write.bytes.assign(flight.response.bytes.begin() + in_burst,
                     flight.response.bytes.begin() + in_burst + size);
  write.entry = flight.entry;
  active.bytes_to_write -= size;
  write.last = active.bytes_to_write == 0;
  port->push(std::move(write));
  if (++flight.copy == copies(load)) {
    flight.copy = 0;
    flight.written += size;
  }
  if (flight.written == flight.burst.useful) {
    arrived_.pop_front();
    free_tags_.push_back(tag);
    --outstanding_;
  }
  return true;
}

bool LoadUnit::write_fill() {
  if (active_.empty() || active_.back().requested || !active_.back().issued.is<FillCommand>() ||
      !scratchpad_write->can_push()) {
    return false;
  }
  Active& active = active_.back();
  const auto& fill = active.issued.as<FillCommand>();
  LocalWrite write;
  write.to = {fill.destination.memory, fill.destination.row + active.row};
  write.bytes.resize(local_row_bytes(config_, fill.destination.memory));
  for (std::uint32_t i = 0; i < config_.array.rows; ++i) {
    pack_element(write.bytes.data(), i, fill_format_, fill.value);
  }
  write.entry = active.issued.entry;
  ++active.row;
  active.requested = active.row == fill.rows;
  write.last = active.requested;
  scratchpad_write->push(std::move(write));
  return true;
}

Cause LoadUnit::waiting() const {
  if (!arrived_.empty() || (!active_.empty() && outstanding_ == 0)) {
    return Cause::WaitBank;  // data is here, or all is written and not yet confirmed
  }
  if (free_tags_.empty()) {
    return Cause::WaitOutstanding;
  }
  return outstanding_ > 0 ? Cause::WaitDram : upstream_.read();
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

LoadUnit::Active& LoadUnit::active_with(std::uint32_t entry) {
  const auto found = std::find_if(active_.begin(), active_.end(),
                                  [&](const Active& a) { return a.issued.entry == entry; });
  invariant(found != active_.end(), *this, "a burst of no active command");
  return *found;
}

void LoadUnit::count(const LoadCommand& load, const Burst& burst) {
  measurements_.events.add(read_event(load.operand), burst.useful);
  measurements_.events.add(Event::DramFetchedBytes, burst.size);
  measurements_.events.add(Event::DramReadBursts);
}

}  // namespace systole
