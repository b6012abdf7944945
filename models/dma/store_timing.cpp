#include "models/dma/store_timing.hpp"

#include <algorithm>

#include "sim/network/packing.hpp"
#include "sim/program/hazards.hpp"

namespace systole {

StoreTiming::StoreTiming(const StoreTimingConfig& config, Ledger& ledger)
    : dma_{config.unit.dma},
      rows_{config.unit.rows},
      accumulator_read_latency_{config.accumulator_read_latency},
      pipeline_entries_{config.pipeline_entries},
      stages_{std::size_t{accumulator_read_latency_} + pipeline_entries_},
      slots_{dma_.max_outstanding_writes},
      ledger_{ledger, LedgerUnit::Store} {}

void StoreTiming::look(Cycle now) {
  alarm.serve(now);
  if (idle() && now > ledger_.next() + kUnbooked) {
    book(now);
  }
  const bool starts = take_command(now);
  const bool formed = row_bytes_ > 0 && form();
  const bool knows_results = awaits_results_ && now >= to_.accumulators->read_waits();
  if (starts || formed || knows_results || meets_scratchpad()) {
    advance(now);
  }
  send(now);
  const bool acknowledged = slots_.all_free() <= now + 1;
  const Cause waits = acknowledged ? to_.sequencer->store_wait.read(now) : Cause::WaitDram;
  if (waits != waiting_ || now > ledger_.next() + kUnbooked) {
    book(now);
    waiting_ = waits;
  }
  ring_next(now);
}

/// What is known to come without a message from others.
void StoreTiming::ring_next(Cycle now) {
  const TimedQueue<IssuedCommand>& commands = to_.sequencer->store;
  if (!reading_ && !commands.empty()) {
    alarm.ring_at(std::max({next_command_, commands.ready(), now + 1}));
  }
  if (awaits_results_) {
    alarm.ring_at(std::max(to_.accumulators->read_waits(), now + 1));
  }
  ring_for_scratchpad(now);
  if (next_send() != kNever && to_.dram->can_write(now + 1)) {
    alarm.ring_at(std::max(next_send(), now + 1));
  }
  if (const Cycle done = done_from(); done > now) {
    alarm.ring_at(done);
  }
}

/// Rows that come from there, or stay there, are not settled ahead.
void StoreTiming::ring_for_scratchpad(Cycle now) {
  if (asks_scratchpad() && expected_.size() < kBlocksInFlight &&
      to_.scratchpad->store_read.can_push(now + 1)) {
    alarm.ring_at(std::max(next_ask(), now + 1));
  }
  if (expected_.empty() || row_bytes_ > 0) {
    return;
  }
  const Expected& next = expected_.front();
  if (next.keep && requantized_ > 0 && to_.scratchpad->store_write.can_push(now + 1)) {
    alarm.ring_at(std::max({next.ready, next_gather_, now + 1}));
  }
}

bool StoreTiming::take_command(Cycle now) {
  TimedQueue<IssuedCommand>& commands = to_.sequencer->store;
  if (reading_ || !commands.can_pop(now) || now < next_command_) {
    return false;
  }
  const IssuedCommand command = commands.pop(now);
  if (command.is<ConfigureCommand>()) {
    next_command_ = now + 1;
    return false;
  }
  if (idle()) {
    marked_until_ = std::max(marked_until_, now);
  }
  reading_ = Reading{command, {}};
  next_ask_ = now;
  return true;
}

bool StoreTiming::asks_scratchpad() const {
  return reading_ && reading_->issued.as<StoreCommand>().source.memory != LocalMemory::Accumulators;
}

bool StoreTiming::meets_scratchpad() const {
  return asks_scratchpad() ||
         (!expected_.empty() && (!expected_.front().from_accumulators || expected_.front().keep));
}

/// Follows the blocks as far as that is known in cycle `now`.
void StoreTiming::advance(Cycle now) {
  bool moved = true;
  while (moved) {
    moved = ask(now);
    moved = read(now) || moved;
    moved = requantize(now) || moved;
    moved = gather(now) || moved;
  }
  const bool awaited = requantized_ < expected_.size();
  to_.requant->await(awaited ? expected_[requantized_].asked : kNever);
}

bool StoreTiming::ask(Cycle now) {
  bool asked = false;
  while (reading_ && expected_.size() < kBlocksInFlight) {
    const auto& store = reading_->issued.as<StoreCommand>();
    const bool psums = store.source.memory == LocalMemory::Accumulators;
    Cycle at = next_ask();
    if (psums) {
      if (psums_to_read_ == kPipelined) {
        break;
      }
      at = std::max(at, reads_.latest(kPipelined - psums_to_read_) + 1);
    } else {
      if (at > now || !to_.scratchpad->store_read.can_push(now)) {
        break;
      }
      at = now;
    }
    const StoreBlock block = reading_->walk.of_row(store, rows_);
    if (psums) {
      ++psums_to_read_;
    } else {
      to_.scratchpad->store_read.push(now, {block.local_row, block.last, reading_->issued.entry});
    }
    marks_.mark(kBusy, at);
    Expected expected;
    expected.asked = at;
    expected.row = block.local_row;
    expected.entry = reading_->issued.entry;
    expected.elements = block.elements;
    expected.bits = stored_bits(store, element_bits_);
    expected.row_address = block.row_address;
    expected.kept_row = block.kept_row;
    expected.from_accumulators = psums;
    expected.keep = block.keep;
    expected.to_dram = block.to_dram;
    expected.last_of_row = block.last_of_row;
    expected.last = block.last;
    expected_.push_back(expected);
    reading_->walk.next(block);
    next_ask_ = at + 1;
    next_command_ = at + (block.only ? 2 : 1);
    if (block.last) {
      reading_.reset();
    }
    asked = true;
  }
  return asked;
}

bool StoreTiming::read(Cycle now) {
  if (awaits_results_ && now < to_.accumulators->read_waits()) {
    return false;  // then much more is known
  }
  const std::size_t before = read_;
  awaits_results_ = false;
  for (; read_ < expected_.size(); ++read_) {
    Expected& next = expected_[read_];
    if (!next.from_accumulators) {
      continue;
    }
    if (psums_read_ >= stages_) {
      break;
    }
    const Cycle room = gathered_psums_.latest(stages_ - psums_read_) + 1;
    const Cycle at = to_.accumulators->read_row({next.row, next.last, next.entry},
                                                std::max(next.asked + 1, room), now);
    awaits_results_ = at == kNever;
    if (awaits_results_) {
      break;
    }
    reads_.push(at);
    next.ready = at + accumulator_read_latency_;
    --psums_to_read_;
    ++psums_read_;
  }
  return read_ != before;
}

bool StoreTiming::requantize(Cycle now) {
  const std::size_t before = requantized_;
  const std::size_t entries = pipeline_entries_;
  for (; requantized_ < read_; ++requantized_) {
    Expected& next = expected_[requantized_];
    if (!next.from_accumulators) {
      continue;
    }
    if (psums_requantized_ >= entries) {
      break;
    }
    const Cycle room = gathered_psums_.latest(entries - psums_requantized_) + 1;
    next.ready = to_.requant->take(next.asked, std::max(next.ready, room), next.elements, now);
    ++psums_requantized_;
  }
  return requantized_ != before;
}

bool StoreTiming::gather(Cycle now) {
  bool gathered = false;
  while (requantized_ > 0 && row_bytes_ == 0) {
    const Expected& next = expected_.front();
    const Cycle ready = next.from_accumulators ? next.ready : to_.scratchpad->next_store_row();
    if (ready == kNever) {
      break;
    }
    Cycle at = std::max(ready, next_gather_);
    if (next.keep) {
      if (at > now || !to_.scratchpad->store_write.can_push(now)) {
        break;
      }
      at = now;
      to_.scratchpad->store_write.push(now, {next.kept_row});
    }
    if (!next.from_accumulators) {
      to_.scratchpad->take_store_row();
    } else {
      gathered_psums_.push(at);
      --psums_read_;
      --psums_requantized_;
    }
    mark_waits(at);
    marks_.mark(kBusy, at);
    marked_until_ = next_gather_ = at + 1;
    gathered_.push(at);
    row_elements_ = next.to_dram ? row_elements_ + next.elements : 0;
    if (next.to_dram && next.last_of_row) {
      row_bytes_ = packed_bytes(row_elements_, next.bits);
      row_address_ = next.row_address;
      row_formed_ = 0;
      next_form_ = at + 1;
      row_elements_ = 0;
      form();
    }
    expected_.pop_front();
    --read_;
    --requantized_;
    gathered = true;
  }
  return gathered;
}

/// The beats of a complete row, as far as slots are known to be free; whether that was all.
bool StoreTiming::form() {
  while (row_bytes_ > 0) {
    const bool forming = !outgoing_.empty() && outgoing_.back().beats_left > 0;
    if (!forming || slots_.size() > 1) {
      if (slots_.next_free() == kNever) {
        return false;
      }
      next_form_ = std::max(next_form_, slots_.next_free());
    }
    mark_waits(next_form_);
    if (!forming) {
      Outgoing outgoing;
      outgoing.burst = choose_burst(row_address_ + row_formed_, row_bytes_ - row_formed_, dma_);
      slots_.take();
      outgoing.first_due = next_form_ + dma_.bus_latency - 1;
      outgoing.beats_left = outgoing.burst.size / dma_.bus_bytes;
      row_formed_ += outgoing.burst.useful;
      outgoing_.push_back(outgoing);
    }
    Outgoing& burst = outgoing_.back();
    // Nobody else takes a slot that is free.
    const bool at_once = slots_.size() == 1 || slots_.any_free(next_form_ + 1);
    const std::uint32_t beats = at_once ? burst.beats_left : 1;
    marks_.mark(kBusy, next_form_, next_form_ + beats);
    burst.beats_left -= beats;
    next_form_ += beats;
    marked_until_ = next_form_;
    if (burst.beats_left == 0) {
      burst.last_due = next_form_ - 1 + dma_.bus_latency - 1;
      if (row_formed_ == row_bytes_) {
        row_bytes_ = 0;
        next_gather_ = next_form_ - 1;
      }
    }
  }
  return true;
}

/// Cycle in which the oldest burst has something for the bus; kNever while that is not formed.
Cycle StoreTiming::next_send() const {
  if (outgoing_.empty()) {
    return kNever;
  }
  const Outgoing& next = outgoing_.front();
  const bool one_beat = next.burst.size == dma_.bus_bytes;
  return next.begun || one_beat ? next.last_due : next.first_due;
}

void StoreTiming::send(Cycle now) {
  if (next_send() > now || !to_.dram->can_write(now)) {
    return;
  }
  marks_.mark(kBusy, now);
  Outgoing& next = outgoing_.front();
  if (!next.begun && next.burst.size > dma_.bus_bytes) {
    to_.dram->begin_write(now);
    next.begun = true;
    return;
  }
  to_.dram->write(now, {next.burst.address, next.burst.size, next.burst.useful, next.begun});
  outgoing_.pop_front();
}

Cycle StoreTiming::take_response(const MemoryResponse& response) {
  slots_.answer(response.first_beat + dma_.release_latency);
  if (row_bytes_ > 0 || idle()) {
    alarm.ring_at(response.first_beat);
  }
  return response.first_beat + 1;
}

Cycle StoreTiming::done_from() const {
  if (!idle()) {
    return kNever;
  }
  const Cycle last = slots_.all_free();
  return last == kNever ? kNever : last - std::min<Cycle>(last, 1);
}

/// From where that is marked up to `until`, in which nothing more is gathered or formed.
void StoreTiming::mark_waits(Cycle until) {
  const Cycle from = marked_until_;
  if (from >= until) {
    return;
  }
  marked_until_ = until;
  if (row_bytes_ > 0) {
    marks_.mark(kWaitOutstanding, from, until);
  } else if (!expected_.empty()) {
    const Expected& next = expected_.front();
    const Cycle asked = std::clamp(next.asked, from, until);
    const Cycle ready = !next.from_accumulators ? asked
                        : requantized_ == 0     ? until
                                                : std::clamp(next.ready, asked, until);
    marks_.mark(kWaitBank, from, asked);
    marks_.mark(kWaitRequant, asked, ready);
    marks_.mark(kWaitBank, ready, until);
  } else if (reading_) {
    marks_.mark(kWaitBank, from, until);
  }
}

void StoreTiming::book(Cycle until) {
  mark_waits(until);
  using Marks = CycleMarks<kMarks>::Span;
  marks_.take(ledger_.next(), until, [&](Cycle end, std::uint64_t cycles, const Marks& marks) {
    const auto fill = [&](Mark kind, Cause cause) {
      if (const std::uint64_t here = marks[kind] & cycles; here != 0) {
        ledger_.fill(ledger_.next() + static_cast<std::uint32_t>(__builtin_popcountll(here)),
                     cause);
        cycles &= ~here;
      }
    };
    fill(kBusy, Cause::Busy);
    fill(kWaitOutstanding, Cause::WaitOutstanding);
    fill(kWaitRequant, Cause::WaitRequant);
    fill(kWaitBank, Cause::WaitBank);
    ledger_.fill(end, waiting_);
  });
}

}  // namespace systole
