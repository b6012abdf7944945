#include "models/dram/ideal_dram_timing.hpp"

#include <algorithm>

#include "models/dram/request_observer.hpp"

namespace systole {

IdealDramTiming::IdealDramTiming(const AcceleratorConfig& config, const Clients& clients,
                                 DramSource& source)
    : source_{source},
      bus_bytes_{config.dma.bus_bytes},
      latency_{config.dram.latency_cycles},
      cycles_per_beat_{config.dma.bus_bytes / config.dram.bytes_per_cycle},
      write_cycles_per_beat_{config.dram.write_bytes_per_cycle == 0
                                 ? cycles_per_beat_
                                 : config.dma.bus_bytes / config.dram.write_bytes_per_cycle},
      ports_{Port{*clients[kLoadMaster].alarm, alarm}, Port{*clients[kStoreMaster].alarm, alarm}},
      clients_{clients} {}

void IdealDramTiming::close(Cycle end, Ledger& ledger, EventCounts& events) {
  static_cast<void>(events);
  source_.trace_start += end;
  book_until(end, ledger);
}

void IdealDramTiming::book_until(Cycle now, Ledger& ledger) {
  book(now + 1);
  ledger += std::exchange(booked_, {});
}

void IdealDramTiming::request(Master master, Cycle now, const MemoryRequest& request) {
  Port& port = ports_[master];
  if (port.requests.can_push(now)) {
    port.requests.push(now, request);
  } else {
    port.waiting = request;  // until a request is taken
  }
}

void IdealDramTiming::look(Cycle now) {
  book(now);
  alarm.serve(now);
  accept(now);
  answer(now);
  take_waiting(now);
  for (const Port& port : ports_) {
    if (!bursting_ && !(port.requests.empty() && port.begun.empty())) {
      alarm.ring_at(std::max(request_free_, now + 1));
    }
    if (port.waiting && port.requests.can_push(now + 1)) {
      alarm.ring_at(now + 1);
    }
  }
  if (!answers_.empty()) {
    alarm.ring_at(std::max(next_answer() - 1, now + 1));
  }
}

/// Books the cycles up to `until`, in which no request came or went: those of the request channel,
/// those of the response channel, those before an answer, and the rest.
void IdealDramTiming::book(Cycle until) {
  ledger_.fill(bursting_ ? until : std::min(until, request_free_), Cause::Busy);
  while (ledger_.next() < until && !answering_.empty()) {
    const Answering& next = answering_.front();
    ledger_.fill(std::min(until, next.first), Cause::WaitDram);
    ledger_.fill(std::min(until, next.end), Cause::Busy);
    if (next.end <= until) {
      answering_.pop_front();
    }
  }
  ledger_.fill(until, answers_.empty() ? Cause::Idle : Cause::WaitDram);
}

/// First beat of the oldest answer.
Cycle IdealDramTiming::next_answer() const {
  const Answer& oldest = answers_.front();
  return std::max({oldest.ready, response_free_, ports_[oldest.master].ready_for_answer});
}

/// Tells the masters the answers that start in the next cycle, and those that they take ahead.
void IdealDramTiming::answer(Cycle now) {
  while (!answers_.empty()) {
    const Answer oldest = answers_.front();
    MemoryMaster& unit = *clients_[oldest.master].unit;
    const Cycle first = next_answer();
    if (first > now + 1 && !unit.takes_ahead(oldest.tag)) {
      return;
    }
    answers_.pop_front();
    response_free_ = first + oldest.cycles;
    answering_.push_back({first, response_free_});
    if (oldest.bytes > 0) {
      transfers_.push_back({first, oldest.cycles, oldest.bytes, false});
    }
    ports_[oldest.master].ready_for_answer =
        unit.take_response({oldest.tag, first, cycles_per_beat_});
  }
}

void IdealDramTiming::accept(Cycle now) {
  if (bursting_) {
    if (ports_[*bursting_].requests.can_pop(now)) {
      take_request(*bursting_, burst_start_, now);
      bursting_.reset();
    }
    return;
  }
  if (now < request_free_) {
    return;
  }
  for (std::size_t i = 0; i < kMasters; ++i) {
    const auto candidate = static_cast<Master>((next_master_ + i) % kMasters);
    if (ports_[candidate].requests.can_pop(now)) {
      take_request(candidate, now, now);
      return;
    }
    if (ports_[candidate].begun.can_pop(now)) {
      bursting_ = candidate;
      burst_start_ = now;
      return;
    }
  }
}

BandwidthSeries IdealDramTiming::bandwidth() const {
  BandwidthSeries bandwidth;
  for (const DramTransfer& transfer : transfers_) {
    bandwidth.add(transfer.first, transfer.cycles, transfer.write, transfer.bytes);
  }
  return bandwidth;
}

void IdealDramTiming::take_request(Master master, Cycle first_cycle, Cycle now) {
  const MemoryRequest request = ports_[master].requests.pop(now);
  if (request.begun) {
    ports_[master].begun.pop(now);
  }
  next_master_ = (master + 1U) % kMasters;
  const Cycle beats = Cycle{request.bytes / bus_bytes_} *
                      (request.write ? write_cycles_per_beat_ : cycles_per_beat_);
  const Cycle last_cycle = std::max(now, first_cycle + (request.write ? beats - 1 : 0));
  request_free_ = last_cycle + 1;
  if (request.write) {
    transfers_.push_back({last_cycle + 1 - beats, beats, request.useful, true});
  }
  tell(now, request);
  answers_.push_back({master, request.tag, last_cycle + latency_,
                      request.write ? cycles_per_beat_ : beats,
                      request.write ? 0 : request.useful});
}

void IdealDramTiming::take_waiting(Cycle now) {
  for (std::size_t i = 0; i < kMasters; ++i) {
    Port& port = ports_[i];
    if (port.waiting && port.requests.can_push(now)) {
      port.requests.push(now, *port.waiting);
      port.waiting.reset();
      port.request_closed = now;
      clients_[i].alarm->ring_at(now + 1);
    }
  }
}

/// In parts as IdealDram tells them.
void IdealDramTiming::tell(Cycle now, const MemoryRequest& request) const {
  if (source_.observers.requests == nullptr) {
    return;
  }
  for (std::uint32_t at = 0; at < request.bytes; at += kTracedBytes) {
    source_.observers.requests->on_request(source_.trace_start + now, request.write,
                                           request.address + at);
  }
}

void IdealDramTiming::archive(StateArchive& archive) {
  if (!archive.reading()) {
    book(archive.now() + 1);
  }
  const auto request = [&](MemoryRequest& of) {
    archive.address(of.address);
    archive.values(of.bytes, of.useful, of.write, of.tag, of.begun);
  };
  alarm.archive(archive);
  for (Port& port : ports_) {
    port.requests.archive(archive, request);
    port.begun.archive(archive, [](bool&) {});
    archive.due(port.ready_for_answer);
    bool waits = port.waiting.has_value();
    archive.value(waits);
    if (waits) {
      MemoryRequest waiting = port.waiting.value_or(MemoryRequest{});
      request(waiting);
      port.waiting = waiting;
    } else {
      port.waiting.reset();
    }
    if (archive.reading()) {
      port.request_closed = kNever;
    }
  }
  archive.value(next_master_);
  archive.due(request_free_);
  bool bursting = bursting_.has_value();
  archive.value(bursting);
  if (bursting) {
    Master master = bursting_.value_or(kLoadMaster);
    archive.value(master);
    bursting_ = master;
    archive.cycle(burst_start_);
  } else {
    bursting_.reset();
  }
  archive.due(response_free_);
  archive.list(answers_, [&](Answer& answer) {
    archive.values(answer.master, answer.tag, answer.cycles, answer.bytes);
    archive.due(answer.ready);
  });
  archive.list(answering_, [&](Answering& answer) {
    archive.due(answer.first);
    archive.cycle(answer.end);
  });
  ledger_.archive(archive);
}

}  // namespace systole
