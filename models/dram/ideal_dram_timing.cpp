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
    port.waiting = request;
    alarm.ring_at(now + 1);
  }
}

void IdealDramTiming::look(Cycle now) {
  book(now);
  alarm.serve(now);
  accept(now);
  take_waiting(now);
  book(now + 1);
  for (const Port& port : ports_) {
    if (!bursting_ && !(port.requests.empty() && port.begun.empty())) {
      alarm.ring_at(std::max(request_free_, now + 1));
    }
    if (port.waiting) {
      alarm.ring_at(now + 1);
    }
  }
}

/// Books the cycles up to `until`, in which nothing was accepted.
void IdealDramTiming::book(Cycle until) {
  while (ledger_.next() < until) {
    const Cycle from = ledger_.next();
    while (!responses_.empty() && responses_.front().end <= from) {
      responses_.pop_front();
    }
    Cycle change = until;  // next cycle in which the cause can differ
    if (request_free_ > from) {
      change = std::min(change, request_free_);
    }
    if (!responses_.empty()) {
      const Response& next = responses_.front();
      change = std::min(change, next.start > from ? next.start : next.end);
    }
    ledger_.fill(change, cause_at(from));
  }
}

/// With the response that is next, or at its beats, in front.
Cause IdealDramTiming::cause_at(Cycle cycle) const {
  if (bursting_ || cycle < request_free_) {
    return Cause::Busy;
  }
  if (responses_.empty()) {
    return Cause::Idle;
  }
  return cycle >= responses_.front().start ? Cause::Busy : Cause::WaitDram;
}

void IdealDramTiming::answer(Master master, std::uint32_t tag, Cycle ready, Cycle cycles) {
  Port& port = ports_[master];
  const Cycle start = std::max({ready, response_free_, port.ready_for_answer});
  response_free_ = start + cycles;
  responses_.push_back({start, response_free_});
  port.ready_for_answer = clients_[master].unit->take_response({tag, start, cycles_per_beat_});
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
    bandwidth.add(transfer.cycle, transfer.write, transfer.bytes);
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
  transfers_.push_back({now, request.useful, request.write});
  tell(now, request);
  answer(master, request.tag, last_cycle + latency_, request.write ? cycles_per_beat_ : beats);
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
    while (!responses_.empty() && responses_.front().end <= archive.now() + 1) {
      responses_.pop_front();
    }
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
  archive.list(responses_, [&](Response& response) {
    archive.due(response.start);
    archive.cycle(response.end);
  });
  ledger_.archive(archive);
}

}  // namespace systole
