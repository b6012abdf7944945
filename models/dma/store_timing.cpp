#include "models/dma/store_timing.hpp"

#include <algorithm>

#include "models/sequencer/queue_depths.hpp"
#include "sim/network/packing.hpp"
#include "sim/program/hazards.hpp"

namespace systole {

StoreTiming::StoreTiming(const AcceleratorConfig& config, Ledger& ledger)
    : config_{config},
      slots_{config.dma.max_outstanding_writes},
      ledger_{ledger, LedgerUnit::Store} {}

void StoreTiming::look(Cycle now) {
  alarm.serve(now);
  take_command(now);
  const bool formed = form_beat(now);
  const bool sent = send(now);
  const bool gathered = gather(now);
  const bool asked = ask(now);
  to_.requant->asked.write(now, asked_);
  to_.requant->gathered.write(now, gathered_);
  const bool worked = formed || sent || gathered || asked;
  const Cause idle = waiting(now);
  ledger_.look(now, worked ? Cause::Busy : idle, idle);
  if (worked) {
    alarm.ring_at(now + 1);
  }
  ring_next(now);
}

void StoreTiming::take_command(Cycle now) {
  TimedQueue<IssuedCommand>& commands = to_.sequencer->store;
  if (reading_ || !commands.can_pop(now) || now < next_command_) {
    return;
  }
  const IssuedCommand command = commands.pop(now);
  if (command.is<ConfigureCommand>()) {
    alarm.ring_at(now + 1);
  } else {
    reading_ = Reading{command, {}};
  }
}

void StoreTiming::ring_next(Cycle now) {
  if (row_bytes_ > 0 && row_ready_ > now) {
    alarm.ring_at(row_ready_);
  } else if (row_bytes_ > 0) {  // a slot is awaited
    alarm.ring_at(std::max(slots_.next_free(), now + 1));
  } else if (const Cycle done = done_from(); done > now) {
    alarm.ring_at(done);
  }
  if (next_send() != kNever && to_.dram->can_write(now + 1)) {
    alarm.ring_at(std::max(next_send(), now + 1));
  }
  if (!expected_.empty() && row_bytes_ == 0) {
    const Cycle next = expected_.front().from_accumulators ? to_.requant->next_block()
                                                           : to_.scratchpad->next_store_row();
    if (next != kNever) {
      alarm.ring_at(std::max(next, now + 1));
    }
  }
}

bool StoreTiming::ask(Cycle now) {
  if (!reading_ || expected_.size() >= kBlocksInFlight) {
    return false;
  }
  const auto& store = reading_->issued.as<StoreCommand>();
  const StoreBlock block = reading_->walk.block(store, config_);
  const std::uint32_t entry = reading_->issued.entry;
  if (block.from_accumulators) {
    if (!to_.accumulators->store_read.can_push(now)) {
      return false;
    }
    ++asked_;
    to_.accumulators->store_read.push(now, {block.local_row, block.elements, block.last, entry});
  } else {
    if (!to_.scratchpad->store_read.can_push(now)) {
      return false;
    }
    to_.scratchpad->store_read.push(now, {block.local_row, block.last, entry});
  }
  expected_.push_back({block.from_accumulators, block.last_of_row, block.elements,
                       block.row_address, stored_bits(store, element_bits_), block.keep,
                       block.kept_row, block.to_dram});
  reading_->walk.next(block);
  next_command_ = now + (block.only ? 2 : 1);
  alarm.ring_at(next_command_);
  if (block.last) {
    reading_.reset();
  }
  return true;
}

bool StoreTiming::gather(Cycle now) {
  if (expected_.empty() || row_bytes_ > 0) {
    return false;
  }
  const Expected expected = expected_.front();
  if (expected.from_accumulators) {
    if (to_.requant->next_block() > now ||
        (expected.keep && !to_.scratchpad->store_write.can_push(now))) {
      return false;
    }
    to_.requant->take_block();
    if (expected.keep) {
      to_.scratchpad->store_write.push(now, {expected.kept_row});
    }
    ++gathered_;
    if (!to_.accumulators->store_read.empty()) {
      to_.accumulators->alarm.ring_at(now + 1);
    }
  } else {
    if (to_.scratchpad->next_store_row() > now) {
      return false;
    }
    to_.scratchpad->take_store_row();
  }
  row_elements_ += expected.elements;
  if (!expected.to_dram) {
    row_elements_ = 0;
  } else if (expected.last_of_row) {
    row_bytes_ = packed_bytes(row_elements_, expected.bits);
    row_address_ = expected.row_address;
    row_formed_ = 0;
    row_ready_ = now + 1;
    row_elements_ = 0;
  }
  expected_.pop_front();
  return true;
}

bool StoreTiming::form_beat(Cycle now) {
  const bool forming = !outgoing_.empty() && outgoing_.back().beats_left > 0;
  const bool may_go_on = forming && slots_.size() == 1;
  if (row_bytes_ == 0 || now < row_ready_ || (!slots_.any_free(now) && !may_go_on)) {
    return false;
  }
  if (!forming) {
    Outgoing outgoing;
    outgoing.burst =
        choose_burst(row_address_ + row_formed_, row_bytes_ - row_formed_, config_.dma);
    slots_.take();
    outgoing.first_due = now + config_.dma.bus_latency - 1;
    outgoing.last_due = kNever;  // until its last beat is formed
    outgoing.beats_left = outgoing.burst.size / config_.dma.bus_bytes;
    row_formed_ += outgoing.burst.useful;
    outgoing_.push_back(outgoing);
  }
  Outgoing& burst = outgoing_.back();
  if (--burst.beats_left > 0) {
    return true;
  }
  burst.last_due = now + config_.dma.bus_latency - 1;
  if (row_formed_ == row_bytes_) {
    row_bytes_ = 0;
  }
  return true;
}

/// Cycle in which the oldest burst has something for the bus; kNever while that is not formed.
Cycle StoreTiming::next_send() const {
  if (outgoing_.empty()) {
    return kNever;
  }
  const Outgoing& next = outgoing_.front();
  const bool one_beat = next.burst.size == config_.dma.bus_bytes;
  return next.begun || one_beat ? next.last_due : next.first_due;
}

bool StoreTiming::send(Cycle now) {
  if (next_send() > now || !to_.dram->can_write(now)) {
    return false;
  }
  Outgoing& next = outgoing_.front();
  if (!next.begun && next.burst.size > config_.dma.bus_bytes) {
    to_.dram->begin_write(now);
    next.begun = true;
    return true;
  }
  to_.dram->write(now, {next.burst.address, next.burst.size, next.burst.useful, next.begun});
  outgoing_.pop_front();
  return true;
}

Cycle StoreTiming::take_response(const MemoryResponse& response) {
  slots_.answer(response.first_beat + config_.dma.release_latency);
  alarm.ring_at(response.first_beat);
  return response.first_beat + 1;
}

bool StoreTiming::busy(Cycle now) const {
  return reading_ || !expected_.empty() || row_bytes_ > 0 || slots_.all_free() > now + 1;
}

Cycle StoreTiming::done_from() const {
  if (reading_ || !expected_.empty() || row_bytes_ > 0) {
    return kNever;
  }
  const Cycle last = slots_.all_free();
  return last == kNever ? kNever : last - std::min<Cycle>(last, 1);
}

Cause StoreTiming::waiting(Cycle now) const {
  if (row_bytes_ > 0) {
    return slots_.any_free(now) ? Cause::WaitDram : Cause::WaitOutstanding;
  }
  if (!expected_.empty()) {
    const bool on_its_way = expected_.front().from_accumulators && to_.requant->next_block() > now;
    return on_its_way ? Cause::WaitRequant : Cause::WaitBank;
  }
  if (reading_) {
    return Cause::WaitBank;
  }
  return busy(now) ? Cause::WaitDram : to_.sequencer->store_wait.read(now);
}

void StoreTiming::archive(StateArchive& archive) {
  alarm.archive(archive);
  bool here = reading_.has_value();
  archive.value(here);
  if (here) {
    Reading reading = reading_.value_or(Reading{});
    archive.issued(reading.issued);
    reading.walk.archive(archive);
    reading_ = reading;
  } else {
    reading_.reset();
  }
  archive.due(next_command_);
  archive.list(expected_, [&](Expected& expected) {
    archive.values(expected.from_accumulators, expected.last_of_row, expected.elements,
                   expected.bits, expected.keep, expected.to_dram);
    archive.rows(LocalMemory::Scratchpad, expected.kept_row, 1);
    archive.address(expected.row_address);
  });
  archive.values(element_bits_, row_elements_, row_bytes_);
  if (row_bytes_ > 0) {
    archive.address(row_address_);
    archive.value(row_formed_);
    archive.due(row_ready_);
  }
  slots_.archive(archive);
  archive.list(outgoing_, [&](Outgoing& outgoing) {
    archive.address(outgoing.burst.address);
    archive.values(outgoing.burst.size, outgoing.burst.useful, outgoing.beats_left, outgoing.begun);
    archive.due(outgoing.first_due);
    archive.due(outgoing.last_due);
  });
  archive.count(asked_, to_.requant->taken());
  archive.count(gathered_, to_.requant->taken());
  ledger_.archive(archive);
}

}  // namespace systole
