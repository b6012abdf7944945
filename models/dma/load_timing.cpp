#include "models/dma/load_timing.hpp"

#include <algorithm>

namespace systole {

LoadTiming::LoadTiming(const LoadUnitConfig& config, Ledger& ledger)
    : dma_{config.dma},
      local_{config.local},
      slots_{config.dma.max_outstanding_reads},
      merger_{config.dma.bus_bytes, config.dma.data_latency},
      ledger_{ledger, LedgerUnit::Load} {}

void LoadTiming::look(Cycle now) {
  note_burst_ends(now);
  alarm.serve(now);
  take_command(now);
  write_local(now);
  wait(now);
  ring_next(now);
}

/// What is known to come without a message from others.
void LoadTiming::ring_next(Cycle now) {
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
          started_ - to_.sequencer->loads_completed.read(now) < dma_.commands_in_flight);
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
  if (current_.issued.is<LoadCommand>()) {
    begin_load();
  }
}

/// LoadUnit::note_burst_end in the cycles before `before`.
void LoadTiming::note_burst_ends(Cycle before) {
  while (!burst_ends_to_know_.empty() && burst_ends_to_know_.front().known.first < before) {
    BurstEnds& ends = burst_ends_to_know_.front();
    const bool alone = to_others_.empty() && ends.known.first + 1 >= others_free_;
    while (alone && ends.known.count > 1 && ends.known.at(1) < before) {
      ends.known.pop_first();  // each replaces those before
    }
    const Cycle end = ends.known.first + ends.pushed;
    ends.known.pop_first();
    if (ends.known.count == 0) {
      burst_ends_to_know_.pop_front();
    }
    while (!burst_ends_.empty() && burst_ends_.front() < others_sent_.first_write) {
      burst_ends_.pop_front();
    }
    if (alone) {
      burst_ends_.clear();
    }
    burst_ends_.push_back(end);
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

/// Until when the rows that go to the scratchpad are known: a burst's go there when its beats have
/// come through the merger.
Cycle LoadTiming::pushes_known(Cycle now) const {
  Cycle first_beat = to_.dram->next_answer_from(now);
  if (first_beat == kNever) {  // before it: a command, its burst, a request
    first_beat = now + 2 + dma_.request_latency + dma_.bus_latency;
  }
  return first_beat - 1 + dma_.data_latency + dma_.scratchpad_write_latency;
}

/// As many rows for the accumulators as are known to go there one a cycle.
bool LoadTiming::write_others(Cycle now) {
  if (!other_is_due(now) || to_others_.front().memory != LocalMemory::Accumulators) {
    return false;
  }
  Scheduled& next = to_others_.front();
  const Cycle end = marks_.first(kPushEnd, now, std::min(now + next.copies, pushes_known(now)));
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
  write_scratchpad(now, to);
  if (current_.all_turned) {
    complete(now, current_.issued.entry);
  }
}

/// From here on nothing but data and slots is waited for, or the next command.
void LoadTiming::wait(Cycle now) {
  const bool idle = started_ == to_.sequencer->loads_completed.read(now);
  const Cause waits = idle ? to_.sequencer->load_wait.read(now) : Cause::WaitDram;
  if (waits != waiting_ || now > ledger_.next() + kUnbooked) {
    to_.dram->settle(now - 1);  // then the cycles in which reads were sent are known
    book(now);
    waiting_ = waits;
  }
  listen(now, idle);
}

void LoadTiming::listen(Cycle now, bool idle) { to_.sequencer->load_wait.wake(now, idle); }

void LoadTiming::book(Cycle until) {
  to_.dram->take_sent_reads([this](Cycle sent) { marks_.mark(kBusy, sent); });
  mark_last_blocked();
  if (row_requests_.count > 0) {  // for whose burst nobody knows when there is a slot
    marks_.mark(kBlocked, std::max(to_form_from(), ledger_.next()), until);
  }
  const auto count = [](std::uint64_t bits) {
    return static_cast<std::uint32_t>(__builtin_popcountll(bits));
  };
  using Marks = CycleMarks<kMarks>::Span;
  marks_.take(ledger_.next(), until, [&](Cycle end, std::uint64_t cycles, const Marks& marks) {
    const std::uint64_t busy = (marks[kBusy] | marks[kPush]) & cycles;
    if (busy != 0) {
      ledger_.fill(ledger_.next() + count(busy), Cause::Busy);
    }
    if (const std::uint64_t blocked = marks[kBlocked] & cycles & ~busy; blocked != 0) {
      ledger_.fill(ledger_.next() + count(blocked), Cause::WaitOutstanding);
    }
    ledger_.fill(end, waiting_);
  });
}

void LoadTiming::mark_last_blocked() {
  marks_.mark(kBlocked, std::max(blocked_.first, ledger_.next()), blocked_.end);
  blocked_ = {};
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
