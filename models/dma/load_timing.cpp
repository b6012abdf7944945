#include "models/dma/load_timing.hpp"

#include <algorithm>

#include "sim/program/hazards.hpp"
#include "sim/program/load_rows.hpp"

namespace systole {
namespace {

std::uint32_t rows_read(const LoadCommand& load) { return load.dram_pitch == 0 ? 1 : load.rows; }

bool in_scratchpad(LocalMemory memory) {
  return memory == LocalMemory::Scratchpad || memory == LocalMemory::WeightScratchpad;
}

}  // namespace

LoadTiming::LoadTiming(const AcceleratorConfig& config, Ledger& ledger)
    : config_{config},
      pushes_known_{Cycle{config.dma.data_latency} + config.dma.scratchpad_write_latency},
      in_flight_(config.dma.max_outstanding_reads),
      slots_{config.dma.max_outstanding_reads},
      merger_{config.dma.bus_bytes, config.dma.data_latency},
      ledger_{ledger, LedgerUnit::Load} {}

void LoadTiming::look(Cycle now) {
  book(now);
  note_burst_ends(now);
  alarm.serve(now);
  take_command(now);
  if (send_burst(now)) {
    marks_.mark(kBusy, now);
  }
  write_local(now);
  wait(now);
  ring_next(now);
}

/// What is known to come without a message from others.
void LoadTiming::ring_next(Cycle now) {
  if (!outgoing_.empty() && to_.dram->can_request(kLoadMaster, now + 1)) {
    alarm.ring_at(std::max(outgoing_.front().due, now + 1));
  }
  if (!to_others_.empty() && queue_of(to_others_.front().memory).can_push(now + 1)) {
    alarm.ring_at(std::max({to_others_.front().due, others_free_, now + 1}));
  }
  if (fills()) {
    alarm.ring_at(now + 1);
  } else if (may_start(now + 1)) {
    alarm.ring_at(std::max({next_command_, to_.sequencer->load.ready(), now + 1}));
  }
}

/// But for the cycles that this takes, which next_command_ and the queue tell.
bool LoadTiming::may_start(Cycle now) const {
  const TimedQueue<IssuedCommand>& commands = to_.sequencer->load;
  return current_.all_turned && !commands.empty() &&
         (commands.front().is<ConfigureCommand>() ||
          started_ - to_.sequencer->loads_completed.read(now) < config_.dma.commands_in_flight);
}

void LoadTiming::take_command(Cycle now) {
  TimedQueue<IssuedCommand>& commands = to_.sequencer->load;
  if (!may_start(now) || !commands.can_pop(now) || now < next_command_) {
    return;
  }
  if (commands.front().is<ConfigureCommand>()) {
    commands.pop(now);
    next_command_ = now + 1;
    return;
  }
  current_ = {commands.pop(now), 0, false};
  ++started_;
  next_turn_ = now;
  advance();
}

/// Gives rows their turns and forms bursts, as far as slots are known to be free.
void LoadTiming::advance() {
  while (true) {
    const bool turns = !current_.all_turned && current_.issued.is<LoadCommand>();
    if (turns && row_requests_.count < kRowRequests) {
      turn_row();
    } else if (row_requests_.count == 0 || !form_burst()) {
      return;
    }
  }
}

void LoadTiming::turn_row() {
  const auto& load = current_.issued.as<LoadCommand>();
  const std::size_t place = row_requests_.place(row_requests_.count++);
  const Cycle turn = std::max(next_turn_, row_requests_.free_from[place]);
  RowRequest& request = row_requests_.rows[place];
  request.load = &load;
  request.entry = current_.issued.entry;
  request.row = current_.row;
  request.offset = 0;
  request.ready = turn + config_.dma.request_latency;
  ++current_.row;
  current_.all_turned = current_.row == rows_read(load);
  request.last = current_.all_turned;
  marks_.mark(kBusy, turn);
  next_turn_ = turn + 1;
  next_command_ = turn + (request.last && request.row == 0 ? 2 : 1);
}

bool LoadTiming::form_burst() {
  RowRequest& request = row_requests_.rows[row_requests_.first];
  Cycle formed = std::max(next_form_, request.ready);
  slots_.settle(formed);
  if (!slots_.any_free()) {
    blocked_from_ = blocked_from_ == kNever ? formed : blocked_from_;
    if (slots_.next_free() == kNever) {
      return false;
    }
    formed = slots_.next_free();
    marks_.mark(kBlocked, blocked_from_, formed);
    slots_.settle(formed);
  }
  blocked_from_ = kNever;
  next_form_ = formed + 1;
  marks_.mark(kBusy, formed);
  const std::uint32_t slot = slots_.take();
  const LoadCommand& load = *request.load;
  const std::uint64_t address = load.dram_address + request.row * load.dram_pitch + request.offset;
  const Burst burst = choose_burst(address, load.row_bytes - request.offset, config_.dma);
  InFlight& flight = in_flight_[slot];
  flight = {&load, burst, request.entry, request.row, load.local_offset + request.offset, false};
  outgoing_.push_back({slot, formed + config_.dma.bus_latency - 1});
  request.offset += burst.useful;
  if (request.offset == load.row_bytes) {
    flight.last = request.last;
    row_requests_.free_from[row_requests_.first] = formed + 1;
    row_requests_.first = row_requests_.place(1);
    --row_requests_.count;
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

const LoadTiming::Shape& LoadTiming::shape_of(const LoadCommand& load) {
  if (shape_.load != &load) {
    shape_.load = &load;
    shape_.scratchpad = in_scratchpad(load.destination.memory);
    shape_.sign_extends = systole::sign_extends(load, config_);
    shape_.row_bytes = merged_row_bytes(load, config_);
    shape_.copies = load.dram_pitch == 0 ? load.rows : 1;
    shape_.latency = shape_.scratchpad ? config_.dma.scratchpad_write_latency
                                       : config_.dma.accumulator_write_latency;
  }
  return shape_;
}

bool LoadTiming::takes_ahead(std::uint32_t tag) const {
  return in_scratchpad(in_flight_[tag].load->destination.memory);
}

Cycle LoadTiming::take_response(const MemoryResponse& response) {
  const InFlight& flight = in_flight_[response.tag];
  const Shape& shape = shape_of(*flight.load);
  if (!shape.scratchpad) {
    note_burst_ends(response.first_beat);
  }
  const BeatTimes beats{response.first_beat, response.cycles_per_beat};
  merger_.take_each(
      flight.burst, flight.offset, shape.row_bytes, shape.copies, register_free(shape), beats,
      [&](const MergedPart& part) { schedule(flight, shape, part, response.first_beat); });
  const Cycle last_beat = beats.at(flight.burst.size / config_.dma.bus_bytes - 1);
  slots_.answer(response.tag, last_beat + config_.dma.release_latency);
  const bool sent_all = outgoing_.empty();
  const bool turned_all = current_.all_turned;
  advance();
  // What this has brought lies behind the first beat.
  if (sent_all && !outgoing_.empty()) {
    alarm.ring_at(outgoing_.front().due);
  }
  if (!turned_all && current_.all_turned && !to_.sequencer->load.empty()) {
    alarm.ring_at(next_command_);
  }
  return std::max(last_beat + 1, merger_.next_first_beat());
}

Cycle LoadTiming::register_free(const Shape& shape) const {
  const Sent& sent = shape.scratchpad ? scratchpad_sent_ : others_sent_;
  if (sent.copies == 0) {
    return 0;
  }
  Cycle last_push = sent.first_write + sent.copies - 1;
  if (!shape.scratchpad) {
    for (const Cycle end : burst_ends_) {
      last_push += end >= sent.first_write && end <= last_push ? 1 : 0;
    }
  }
  return last_push + 2 - shape.latency;
}

void LoadTiming::schedule(const InFlight& flight, const Shape& shape, const MergedPart& part,
                          Cycle first_beat) {
  const LoadCommand& load = *flight.load;
  const LocalMemory memory = load.destination.memory;
  const auto block = static_cast<std::uint32_t>(part.row_offset / shape.row_bytes);
  const bool last =
      part.row_offset + part.bytes == load.local_offset + load.row_bytes && flight.last;
  const bool ends_burst = part.row_offset + part.bytes == flight.offset + flight.burst.useful;
  const std::uint32_t row = load.destination.row + block * load.block_pitch + flight.row;
  const Cycle due = part.sent + shape.latency - 1;
  (shape.scratchpad ? scratchpad_sent_ : others_sent_) = {due, shape.copies};
  if (!shape.scratchpad) {
    if (!shape.sign_extends || part.ends_row(shape.row_bytes, load.row_bytes)) {
      to_others_.push_back({{row, last, flight.entry}, memory, due, shape.copies});
      alarm.ring_at(due);
    }
    return;
  }
  const Cycle end = due + shape.copies;
  if (ends_burst) {
    burst_ends_to_know_.push_back({first_beat - 1, end - 1});
    marks_.mark(kPushEnd, end - 1);
  }
  marks_.mark(kPush, due, end);
  for (std::uint32_t copy = 0; copy < shape.copies; ++copy) {
    write_scratchpad(due + copy, {memory, row + copy}, flight.entry,
                     last && copy + 1 == shape.copies);
  }
}

/// LoadUnit::note_burst_end in the cycles before `before`.
void LoadTiming::note_burst_ends(Cycle before) {
  while (!burst_ends_to_know_.empty() && burst_ends_to_know_.front().known < before) {
    while (!burst_ends_.empty() && burst_ends_.front() < others_sent_.first_write) {
      burst_ends_.pop_front();
    }
    if (to_others_.empty() && burst_ends_to_know_.front().known + 1 >= others_free_) {
      burst_ends_.clear();
    }
    burst_ends_.push_back(burst_ends_to_know_.front().cycle);
    burst_ends_to_know_.pop_front();
  }
}

/// The scratchpad serves the load unit before all others: in the cycle after the push.
void LoadTiming::write_scratchpad(Cycle pushed, LocalAddress to, std::uint32_t entry, bool last) {
  to_.scratchpad->load_write(pushed + 1, to);
  if (last) {
    to_.sequencer->complete(SequencerTiming::kScratchpadLoad, pushed + 2, entry);
  }
}

/// A row of each register, but none of the second when the first ends a burst; padding if there is
/// none of either.
void LoadTiming::write_local(Cycle now) {
  if (!marks_.marked(kPushEnd, now) && (write_others(now) || write_other(now))) {
    marks_.mark(kBusy, now);
  } else if (fills() && others_free_ <= now && !marks_.marked(kPush, now)) {
    write_fill(now);
    marks_.mark(kBusy, now);
  }
}

/// As many rows for the accumulators as are known to go there one a cycle.
bool LoadTiming::write_others(Cycle now) {
  if (!other_is_due(now) || to_others_.front().memory != LocalMemory::Accumulators) {
    return false;
  }
  Scheduled& next = to_others_.front();
  const Cycle end = marks_.first(kPushEnd, now, now + std::min<Cycle>(next.copies, pushes_known_));
  TimedWrite write = next.write;
  write.last = write.last && end - now == next.copies;
  const std::uint32_t rows =
      to_.accumulators->write_rows(now, write, static_cast<std::uint32_t>(end - now));
  marks_.mark(kBusy, now, now + rows);
  next.write.row += rows;
  next.copies -= rows;
  others_free_ = now + rows;
  if (next.copies == 0) {
    to_others_.pop_front();
  }
  return rows > 0;
}

bool LoadTiming::write_other(Cycle now) {
  if (!other_is_due(now)) {
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

void LoadTiming::write_fill(Cycle now) {
  const auto& fill = current_.issued.as<FillCommand>();
  const LocalAddress to{fill.destination.memory, fill.destination.row + current_.row};
  ++current_.row;
  current_.all_turned = current_.row == fill.rows;
  next_command_ = now + 1;
  write_scratchpad(now, to, current_.issued.entry, current_.all_turned);
}

/// From here on nothing but data and slots is waited for, or the next command.
void LoadTiming::wait(Cycle now) {
  const bool idle = started_ == to_.sequencer->loads_completed.read(now);
  waiting_ = idle ? to_.sequencer->load_wait.read(now) : Cause::WaitDram;
  listen(idle);
}

void LoadTiming::listen(bool idle) { to_.sequencer->load_wait.wake(idle); }

void LoadTiming::book(Cycle until) {
  if (blocked_from_ < until) {
    marks_.mark(kBlocked, blocked_from_, until);
    blocked_from_ = until;
  }
  const auto count = [](std::uint64_t bits) {
    return static_cast<std::uint32_t>(__builtin_popcountll(bits));
  };
  using Marks = CycleMarks<kMarks>::Span;
  marks_.take(ledger_.next(), until, [&](Cycle end, std::uint64_t cycles, const Marks& marks) {
    const std::uint64_t busy = (marks[kBusy] | marks[kPush]) & cycles;
    const Cycle waits = ledger_.next() + count(busy);
    ledger_.fill(waits, Cause::Busy);
    ledger_.fill(waits + count(marks[kBlocked] & cycles & ~busy), Cause::WaitOutstanding);
    ledger_.fill(end, waiting_);
  });
}

/// Gives up what can no longer matter after cycle `now`.
void LoadTiming::forget_past(Cycle now) {
  const auto sent_by = [](const Sent& sent) { return sent.first_write + sent.copies; };
  if (sent_by(scratchpad_sent_) <= now) {  // register_free is at most a cycle later
    scratchpad_sent_ = {};
  }
  if (to_others_.empty() && others_free_ <= now + 1 &&
      sent_by(others_sent_) + burst_ends_.size() <= now) {
    others_sent_ = {};
    while (!burst_ends_.empty() && burst_ends_.front() <= now) {
      burst_ends_.pop_front();
    }
  }
}

}  // namespace systole
