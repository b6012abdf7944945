#include "models/dram/ideal_dram_timing.hpp"

#include <algorithm>

#include "models/dram/request_observer.hpp"

namespace systole {

IdealDramTiming::IdealDramTiming(const DramBlockConfig& config, const Clients& clients,
                                 DramSource& source)
    : source_{source},
      bus_shift_{static_cast<std::uint32_t>(__builtin_ctz(config.bus_bytes))},
      latency_{config.dram.latency_cycles},
      write_latency_{config.write_latency()},
      cycles_per_beat_{config.cycles_per_beat()},
      write_cycles_per_beat_{config.write_cycles_per_beat()},
      clients_{clients},
      writes_{2, *clients[kStoreMaster].alarm, alarm},
      begun_{4, *clients[kStoreMaster].alarm, alarm} {}

void IdealDramTiming::close(Cycle end, Ledger& ledger, EventCounts& events) {
  static_cast<void>(events);
  source_.trace_start += end;
  book_until(end, ledger);
}

void IdealDramTiming::book_until(Cycle now, Ledger& ledger) {
  book(now + 1);
  ledger += std::exchange(booked_, {});
}

void IdealDramTiming::write(Cycle now, const MemoryWrite& write) {
  if (writes_.can_push(now)) {
    writes_.push(now, write);
  } else {
    held_ = write;  // until a write is taken
  }
}

/// To the end of cycle `now`. If not `all`, reads of which no answer is due yet are left for later.
void IdealDramTiming::advance(Cycle now, bool all) {
  answer(now);
  accept(now, all);
  take_held(now);
  if (now > ledger_.next() + kUnbooked) {
    book(known_until(now));
  }
  ring_next(now);
}

/// Or the first cycle in which a read is to be taken.
Cycle IdealDramTiming::known_until(Cycle now) const {
  return bursting_ || reads_.empty() ? now : std::min(now, next_read());
}

/// Instead of all that rang before.
void IdealDramTiming::ring_next(Cycle now) {
  alarm.serve_all();
  if (bursting_ && !writes_.empty()) {
    alarm.ring_at(std::max(writes_.ready(), now + 1));
  } else if (!bursting_ && next_write() != kNever) {
    alarm.ring_at(std::max({request_free_, next_write(), now + 1}));
  }
  if (held_ && writes_.can_push(now + 1)) {
    alarm.ring_at(now + 1);
  }
  if (!answers_.empty()) {
    alarm.ring_at(std::max(first_beat(answers_.front()) - 1, now + 1));
  } else {
    ring_for_reads(now);
  }
}

/// The cycle before that in which the first of them is answered at the earliest.
void IdealDramTiming::ring_for_reads(Cycle now) {
  if (!bursting_ && answers_.empty() && !reads_.empty()) {
    const Cycle ready = next_read() + latency_;
    alarm.ring_at(std::max(first_beat({kLoadMaster, 0, ready}) - 1, now + 1));
  }
}

/// Books the cycles up to `until`, in which no request came or went: those of the two channels,
/// those before an answer, and the rest.
void IdealDramTiming::book(Cycle until) {
  if (bursting_) {
    requesting_.add(burst_start_, until);
  }
  if (!answers_.empty()) {
    waiting_.add(answers_.front().accepted, until);
  }
  while (ledger_.next() < until) {
    const Cycle now = ledger_.next();
    const Stretches::Stretch request = requesting_.next(now);
    const Stretches::Stretch response = answering_.next(now);
    const Stretches::Stretch wait = waiting_.next(now);
    const Cycle busy = std::min(request.first, response.first);
    if (busy <= now) {
      ledger_.fill(std::min(until, request.first <= now ? request.end : response.end), Cause::Busy);
    } else if (wait.first <= now) {
      ledger_.fill(std::min({until, busy, wait.end}), Cause::WaitDram);
    } else {
      ledger_.fill(std::min({until, busy, wait.first}), Cause::Idle);
    }
  }
}

void IdealDramTiming::answer(Cycle now) {
  while (!answers_.empty() && tell(answers_.front(), now)) {
    answers_.pop_front();
  }
}

/// Tells the master an answer that starts in the next cycle, or that it takes ahead.
bool IdealDramTiming::tell(const Answer& answer, Cycle now) {
  MemoryMaster& unit = *clients_[answer.master].unit;
  const Cycle first = first_beat(answer);
  if (first > now + 1 && !unit.takes_ahead()) {
    return false;
  }
  give(answer, first);
  if (answer.bytes > 0) {
    transfers_.add(transfers({first, 0, 1}, answer.cycles, answer.bytes));
  }
  ready_for_answer_[answer.master] = unit.take_response({first, cycles_per_beat_});
  return true;
}

/// Now, if it can be told, else later.
void IdealDramTiming::owe(const Answer& answer, Cycle now) {
  if (!answers_.empty() || !tell(answer, now)) {
    answers_.push_back(answer);
  }
}

/// Cycle in which a write or its first beat can be taken; kNever if none is there.
Cycle IdealDramTiming::next_write() const {
  return std::min(writes_.empty() ? kNever : writes_.ready(),
                  begun_.empty() ? kNever : begun_.ready());
}

/// What the request channel takes up to cycle `now`. If not `all`, reads wait until the first of
/// them is to be answered, unless a write comes behind them: so more of them are taken at once.
void IdealDramTiming::accept(Cycle now, bool all) {
  while (true) {
    if (bursting_) {
      if (!writes_.can_pop(now)) {
        return;
      }
      bursting_ = false;
      take_write(burst_start_, writes_.ready(), now);
      continue;
    }
    const Cycle write = next_write();
    const Cycle at = std::max(request_free_, std::min(reads_.ready(), write));
    if (at > now) {
      return;
    }
    if (write > at || (next_master_ == kLoadMaster && reads_.ready() <= at)) {
      if (!all && write > now && next_first_beat() > now + 1) {
        return;
      }
      take_reads(now, write);
    } else if (writes_.can_pop(at)) {
      take_write(at, at, now);
    } else {
      bursting_ = true;
      burst_start_ = at;
    }
  }
}

/// A copy, which takes no more room than it needs; the room of the original is used again.
TransferRuns IdealDramTiming::take_transfers() {
  TransferRuns taken = transfers_;
  transfers_.clear();
  return taken;
}

BandwidthSeries IdealDramTiming::bandwidth() const {
  BandwidthSeries bandwidth;
  transfers_.add_to(bandwidth, 0);
  return bandwidth;
}

/// The next one, and those after it up to cycle `now` that no write comes before.
void IdealDramTiming::take_reads(Cycle now, Cycle write) {
  MemoryMaster& unit = *clients_[kLoadMaster].unit;
  if (answers_.empty() && unit.takes_ahead()) {
    unit.take_reads(*this, std::min(now, write - 1));
  } else {
    owe(accept_read(), now);
  }
}

/// But for the first one, reads that nothing holds up in the port, each taken by when the one
/// before is answered.
CycleRun IdealDramTiming::answer_reads(Cycle until, std::uint32_t most, Cycle apart) {
  const Cycle oldest = next_read();
  if (oldest > until || most == 0) {
    return {};
  }
  const MemoryRead read = reads_[0].read;
  const Cycle cycles = answering_cycles(read);
  const Cycle behind = std::max(apart, cycles);
  Cycle at = oldest;
  Cycle first = next_first_beat();
  CycleRun first_beats{first, 0, 1};
  while (first_beats.count < most && reads_.unhindered(first_beats.count, at)) {
    const Cycle next = reads_[first_beats.count].at + 1;
    const Cycle answered = std::max(next + latency_, first + behind);
    if (next > std::min(until, first) || !first_beats.add(answered)) {
      break;
    }
    at = next;
    first = answered;
  }
  waiting_.add(oldest, first);
  take_run(oldest, at, first_beats.count);
  if (first_beats.apart <= cycles) {
    answering_.add(first_beats.first, first + cycles);
  } else {
    for (std::uint32_t i = 0; i < first_beats.count; ++i) {
      answering_.add(first_beats.at(i), first_beats.at(i) + cycles);
    }
  }
  transfers_.add(transfers(first_beats, cycles, read.bytes));
  response_free_ = first + cycles;
  read_taken(first + apart);
  return first_beats;
}

/// So many reads, of which only the first one may have been held up.
void IdealDramTiming::take_run(Cycle first, Cycle last, std::uint32_t count) {
  if (!answering_.last_holds(first) || !answering_.last_holds(last)) {  // which is as busy
    requesting_.add(first, first + 1);
    for (std::uint32_t i = 1; i < count; ++i) {
      requesting_.add(reads_[i].at + 1, reads_[i].at + 2);
    }
  }
  if (source_.observers.requests != nullptr) {
    for (std::uint32_t i = 0; i < count; ++i) {
      const auto& [read, at] = reads_[i];
      trace(i == 0 ? first : at + 1, false, read.address, read.bytes);
    }
  }
  reads_.take(count, first, sent_reads_);
  next_master_ = kStoreMaster;
  request_free_ = last + 1;
}

void IdealDramTiming::take_write(Cycle first_cycle, Cycle at, Cycle now) {
  const MemoryWrite write = writes_.pop(at);
  if (write.begun) {
    begun_.pop(at);
  }
  next_master_ = kLoadMaster;
  const Cycle beats = Cycle{write.bytes >> bus_shift_} * write_cycles_per_beat_;
  const Cycle last_cycle = std::max(at, first_cycle + beats - 1);
  request_free_ = last_cycle + 1;
  requesting_.add(first_cycle, request_free_);
  transfers_.add({request_free_ - beats, beats, beats, 1, write.useful, true});
  if (source_.observers.requests != nullptr) {
    trace(at, true, write.address, write.bytes);
  }
  owe({kStoreMaster, at, last_cycle + write_latency_, cycles_per_beat_, 0}, now);
}

void IdealDramTiming::take_held(Cycle now) {
  if (held_ && writes_.can_push(now)) {
    writes_.push(now, *held_);
    held_.reset();
    write_closed_ = now;
    clients_[kStoreMaster].alarm->ring_at(now + 1);
  }
}

/// In parts as IdealDram tells them.
void IdealDramTiming::trace(Cycle now, bool write, std::uint64_t address,
                            std::uint32_t bytes) const {
  for (std::uint32_t at = 0; at < bytes; at += kTracedBytes) {
    source_.observers.requests->on_request(source_.trace_start + now, write, address + at);
  }
}

void IdealDramTiming::archive(StateArchive& archive) {
  if (!archive.reading()) {
    book(archive.now() + 1);
  }
  const auto request = [&](MemoryWrite& write) {
    archive.address(write.address);
    archive.values(write.bytes, write.useful, write.begun);
  };
  reads_.archive(archive);
  writes_.archive(archive, request);
  begun_.archive(archive, [](bool&) {});
  bool waits = held_.has_value();
  archive.value(waits);
  if (waits) {
    MemoryWrite waiting = held_.value_or(MemoryWrite{});
    request(waiting);
    held_ = waiting;
  } else {
    held_.reset();
  }
  for (Cycle& ready : ready_for_answer_) {
    archive.due(ready);
  }
  archive.value(next_master_);
  archive.due(request_free_);
  archive.value(bursting_);
  if (bursting_) {
    archive.cycle(burst_start_);
  }
  archive.due(response_free_);
  archive.list(answers_, [&](Answer& answer) {
    archive.values(answer.master, answer.cycles, answer.bytes);
    archive.due(answer.ready);
  });
  answering_.archive(archive);
  waiting_.archive(archive);
  ledger_.archive(archive);
  if (archive.reading()) {
    write_closed_ = kNever;
    sent_reads_.clear();
    // All of it was accepted before.
    requesting_.clear();
    requesting_.add(archive.now(), request_free_);
    ring_next(archive.now());
  }
}

}  // namespace systole
