#include "models/dma/load_timing.hpp"

#include <algorithm>

#include "models/sequencer/queue_depths.hpp"
#include "sim/program/hazards.hpp"
#include "sim/program/load_rows.hpp"

namespace systole {
namespace {

std::uint32_t rows_read(const LoadCommand& load) { return load.dram_pitch == 0 ? 1 : load.rows; }
std::uint32_t copies(const LoadCommand& load) { return load.dram_pitch == 0 ? load.rows : 1; }

bool in_scratchpad(LocalMemory memory) {
  return memory == LocalMemory::Scratchpad || memory == LocalMemory::WeightScratchpad;
}

}  // namespace

LoadTiming::LoadTiming(const AcceleratorConfig& config, Ledger& ledger)
    : config_{config},
      in_flight_(config.dma.max_outstanding_reads),
      slots_{config.dma.max_outstanding_reads},
      merger_{config.dma.bus_bytes, config.dma.data_latency},
      ledger_{ledger, LedgerUnit::Load} {}

void LoadTiming::look(Cycle now) {
  book_gap(now);
  alarm.serve(now);
  slots_.settle(now);
  const bool turned = turn_row(now);
  const bool formed = form_burst(now);
  const bool sent = send_burst(now);
  const bool wrote = write_local(now) || write_fill(now);
  const bool worked = turned || formed || sent || wrote;
  const Cause idle = waiting(now);
  ledger_.look(now, worked ? Cause::Busy : idle, idle);
  ring_next(now);
}

/// What is known to come without a message from others.
void LoadTiming::ring_next(Cycle now) {
  if (!current_.all_turned) {
    if (row_requests_.size() < kRowRequests || current_.issued.is<FillCommand>()) {
      alarm.ring_at(now + 1);
    }
  } else if (!to_.sequencer->load.empty() && may_start(to_.sequencer->loads_completed.latest())) {
    alarm.ring_at(std::max(next_command_, now + 1));
  }
  if (!row_requests_.empty()) {
    const Cycle ready = row_requests_.front().ready;
    if (ready > now) {
      alarm.ring_at(ready);
    } else {
      alarm.ring_at(slots_.any_free() ? now + 1 : slots_.next_free());
    }
  }
  if (!outgoing_.empty() && to_.dram->can_request(kLoadMaster, now + 1)) {
    alarm.ring_at(std::max(outgoing_.front().due, now + 1));
  }
  if (!to_others_.empty() && queue_of(to_others_.front().memory).can_push(now + 1)) {
    alarm.ring_at(std::max(to_others_.front().due, now + 1));
  }
}

bool LoadTiming::turn_row(Cycle now) {
  if (current_.all_turned) {
    TimedQueue<IssuedCommand>& commands = to_.sequencer->load;
    if (!commands.can_pop(now) || now < next_command_) {
      return false;
    }
    if (commands.front().is<ConfigureCommand>()) {
      commands.pop(now);
      alarm.ring_at(now + 1);
      return false;
    }
    if (!may_start(to_.sequencer->loads_completed.read(now))) {
      return false;
    }
    current_ = {commands.pop(now), 0, false};
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
  request.ready = now + config_.dma.request_latency;
  ++current_.row;
  current_.all_turned = current_.row == rows_read(load);
  request.last = current_.all_turned;
  next_command_ = now + (request.last && request.row == 0 ? 2 : 1);
  alarm.ring_at(next_command_);
  row_requests_.push_back(request);
  return true;
}

bool LoadTiming::form_burst(Cycle now) {
  if (row_requests_.empty() || row_requests_.front().ready > now || !slots_.any_free()) {
    return false;
  }
  const std::uint32_t slot = slots_.take();
  RowRequest& request = row_requests_.front();
  const LoadCommand& load = *request.load;
  const std::uint64_t address = load.dram_address + request.row * load.dram_pitch + request.offset;
  const Burst burst = choose_burst(address, load.row_bytes - request.offset, config_.dma);
  InFlight& flight = in_flight_[slot];
  flight = {&load, burst, request.entry, request.row, load.local_offset + request.offset, false};
  outgoing_.push_back({slot, now + config_.dma.bus_latency - 1});
  request.offset += burst.useful;
  if (request.offset == load.row_bytes) {
    flight.last = request.last;
    row_requests_.pop_front();
  }
  return true;
}

bool LoadTiming::send_burst(Cycle now) {
  if (outgoing_.empty() || outgoing_.front().due > now ||
      !to_.dram->can_request(kLoadMaster, now)) {
    return false;
  }
  const std::uint32_t slot = outgoing_.front().slot;
  outgoing_.pop_front();
  const Burst& burst = in_flight_[slot].burst;
  to_.dram->request(kLoadMaster, now, {burst.address, burst.size, burst.size, false, slot});
  return true;
}

Cycle LoadTiming::take_response(const MemoryResponse& response) {
  InFlight& flight = in_flight_[response.tag];
  const LoadCommand& load = *flight.load;
  const BeatTimes beats{response.first_beat, response.cycles_per_beat};
  const std::uint32_t row_bytes = merged_row_bytes(load, config_);
  const bool scratchpad = in_scratchpad(load.destination.memory);
  for (const MergedPart& part : merger_.take(flight.burst, flight.offset, row_bytes, copies(load),
                                             register_free(scratchpad), beats)) {
    schedule(flight, part);
  }
  const Cycle last_beat = beats.at(flight.burst.size / config_.dma.bus_bytes - 1);
  const Cycle free_at = last_beat + config_.dma.release_latency;
  slots_.answer(response.tag, free_at);
  if (!row_requests_.empty()) {
    alarm.ring_at(free_at);
  }
  return std::max(last_beat + 1, merger_.next_first_beat());
}

Cycle LoadTiming::register_free(bool scratchpad) const {
  const Sent& sent = scratchpad ? scratchpad_sent_ : others_sent_;
  if (sent.copies == 0) {
    return 0;
  }
  Cycle last_push = sent.first_write + sent.copies - 1;
  if (!scratchpad) {
    for (const Cycle end : burst_ends_) {
      last_push += end >= sent.first_write && end <= last_push ? 1 : 0;
    }
  }
  const std::uint32_t latency =
      scratchpad ? config_.dma.scratchpad_write_latency : config_.dma.accumulator_write_latency;
  return last_push + 2 - latency;
}

void LoadTiming::schedule(const InFlight& flight, const MergedPart& part) {
  const LoadCommand& load = *flight.load;
  const LocalMemory memory = load.destination.memory;
  const std::uint32_t row_bytes = merged_row_bytes(load, config_);
  const bool scratchpad = in_scratchpad(memory);
  const std::uint32_t latency =
      scratchpad ? config_.dma.scratchpad_write_latency : config_.dma.accumulator_write_latency;
  const auto block = static_cast<std::uint32_t>(part.row_offset / row_bytes);
  const bool last =
      part.row_offset + part.bytes == load.local_offset + load.row_bytes && flight.last;
  const bool ends_burst = part.row_offset + part.bytes == flight.offset + flight.burst.useful;
  const std::uint32_t row = load.destination.row + block * load.block_pitch + flight.row;
  const Cycle due = part.sent + latency - 1;
  const std::uint32_t count = copies(load);
  (scratchpad ? scratchpad_sent_ : others_sent_) = {due, count};
  if (!scratchpad && sign_extends(load, config_) && !part.ends_row(row_bytes, load.row_bytes)) {
    return;
  }
  if (!scratchpad) {
    to_others_.push_back({{row, last, flight.entry}, memory, due, count});
    alarm.ring_at(due);
    return;
  }
  if (ends_burst) {
    note_burst_end(due + count - 1);
  }
  for (std::uint32_t copy = 0; copy < count; ++copy) {
    const bool last_copy = copy + 1 == count;
    scratchpad_pushes_.push_back({due + copy, ends_burst && last_copy});
    write_scratchpad(due + copy, {memory, row + copy}, flight.entry, last && last_copy);
  }
}

void LoadTiming::note_burst_end(Cycle cycle) {
  while (!burst_ends_.empty() && burst_ends_.front() < others_sent_.first_write) {
    burst_ends_.pop_front();
  }
  if (to_others_.empty()) {
    burst_ends_.clear();
  }
  burst_ends_.push_back(cycle);
}

/// The scratchpad serves the load unit before all others: in the cycle after the push.
void LoadTiming::write_scratchpad(Cycle pushed, LocalAddress to, std::uint32_t entry, bool last) {
  to_.scratchpad->load_write(pushed + 1, to);
  if (last) {
    to_.sequencer->complete(SequencerTiming::kScratchpadLoad, pushed + 2, entry);
  }
}

/// A row of each register, but none of the second when the first ends a burst.
bool LoadTiming::write_local(Cycle now) {
  const bool scratchpad = !scratchpad_pushes_.empty() && scratchpad_pushes_.front().cycle == now;
  const bool ends_burst = scratchpad && scratchpad_pushes_.front().ends_burst;
  if (scratchpad) {
    scratchpad_pushes_.pop_front();
  }
  const bool other = !ends_burst && write_other(now);
  return scratchpad || other;
}

bool LoadTiming::write_other(Cycle now) {
  if (to_others_.empty() || to_others_.front().due > now) {
    return false;
  }
  Scheduled& next = to_others_.front();
  TimedQueue<TimedWrite>& queue = queue_of(next.memory);
  if (!queue.can_push(now)) {
    return false;
  }
  TimedWrite write = next.write;
  write.last = write.last && next.copies == 1;
  queue.push(now, write);
  ++next.write.row;
  if (--next.copies == 0) {
    to_others_.pop_front();
  }
  return true;
}

bool LoadTiming::write_fill(Cycle now) {
  if (current_.all_turned || !current_.issued.is<FillCommand>()) {
    return false;
  }
  const auto& fill = current_.issued.as<FillCommand>();
  const LocalAddress to{fill.destination.memory, fill.destination.row + current_.row};
  ++current_.row;
  current_.all_turned = current_.row == fill.rows;
  write_scratchpad(now, to, current_.issued.entry, current_.all_turned);
  return true;
}

Cause LoadTiming::waiting(Cycle now) const {
  if (started_ == to_.sequencer->loads_completed.read(now)) {
    return to_.sequencer->load_wait.read(now);
  }
  if (!row_requests_.empty() && row_requests_.front().ready <= now && !slots_.any_free()) {
    return Cause::WaitOutstanding;
  }
  return Cause::WaitDram;
}

/// Cycles without a look may still write rows to the scratchpad.
void LoadTiming::book_gap(Cycle until) {
  while (!scratchpad_pushes_.empty() && scratchpad_pushes_.front().cycle < until) {
    ledger_.fill(scratchpad_pushes_.front().cycle, ledger_.held());
    ledger_.fill(scratchpad_pushes_.front().cycle + 1, Cause::Busy);
    scratchpad_pushes_.pop_front();
  }
  ledger_.fill(until, ledger_.held());
}

/// Gives up what can no longer matter after cycle `now`.
void LoadTiming::forget_past(Cycle now) {
  const auto sent_by = [](const Sent& sent) { return sent.first_write + sent.copies; };
  if (sent_by(scratchpad_sent_) <= now) {  // register_free is at most a cycle later
    scratchpad_sent_ = {};
  }
  if (to_others_.empty() && sent_by(others_sent_) + burst_ends_.size() <= now) {
    others_sent_ = {};
    while (!burst_ends_.empty() && burst_ends_.front() <= now) {
      burst_ends_.pop_front();
    }
  }
}

void LoadTiming::archive(StateArchive& archive) {
  if (!archive.reading()) {
    book_gap(archive.now() + 1);
    forget_past(archive.now());
  }
  alarm.archive(archive);
  archive.value(current_.all_turned);
  if (!current_.all_turned) {
    archive.issued(current_.issued);
    archive.value(current_.row);
  }
  archive.count(started_, to_.sequencer->loads_completed.latest());
  archive.due(next_command_);
  archive.list(row_requests_, [&](RowRequest& request) {
    archive.body(request.load);
    archive.entry(request.entry);
    archive.values(request.row, request.offset, request.last);
    archive.due(request.ready);
  });
  slots_.archive(archive, [&](std::size_t slot) {
    InFlight& flight = in_flight_[slot];
    archive.body(flight.load);
    archive.address(flight.burst.address);
    archive.address(flight.burst.useful_first);
    archive.values(flight.burst.size, flight.burst.useful);
    archive.entry(flight.entry);
    archive.values(flight.row, flight.offset, flight.last);
  });
  archive.list(outgoing_, [&](Outgoing& outgoing) {
    archive.value(outgoing.slot);
    archive.due(outgoing.due);
  });
  archive.list(scratchpad_pushes_, [&](Push& push) {
    archive.cycle(push.cycle);
    archive.value(push.ends_burst);
  });
  archive.list(to_others_, [&](Scheduled& write) {
    archive.values(write.memory, write.copies);
    write.write.archive(archive, write.memory);
    archive.due(write.due);
  });
  for (Sent* sent : {&scratchpad_sent_, &others_sent_}) {
    archive.value(sent->copies);
    if (sent->copies > 0) {
      archive.cycle(sent->first_write);
    } else {
      sent->first_write = 0;
    }
  }
  archive.list(burst_ends_, [&](Cycle& end) { archive.cycle(end); });
  ledger_.archive(archive);
}

}  // namespace systole
