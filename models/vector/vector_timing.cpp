#include "models/vector/vector_timing.hpp"

#include <algorithm>

namespace systole {

VectorTiming::VectorTiming(const VectorUnitConfig& config, Ledger& ledger)
    : vector_{config.vector}, array_rows_{config.array_rows}, ledger_{ledger, LedgerUnit::Vector} {}

void VectorTiming::look(Cycle now) {
  alarm.serve(now);
  if (current_ && started_ == sequencer_->vectors_completed.read(now)) {
    book(now);
    current_.reset();
  }
  if (!current_ && sequencer_->vector.can_pop(now)) {
    start(now);
  }
  const bool here = current_.has_value();
  sequencer_->vector_wait.wake(now, !here);
  const Cause waits = here ? Cause::Drain : sequencer_->vector_wait.read(now);
  if (waits != waiting_) {
    book(now);
    waiting_ = waits;
  }
}

void VectorTiming::start(Cycle now) {
  current_ = sequencer_->vector.pop(now);
  ++started_;
  read_ = 0;
  plan();
  for (std::size_t i = 0; i < kPipelined; ++i) {
    asked_[i] = i < operands_.size() ? ask(now) : kNever;
  }
  want_read(now);
}

void VectorTiming::plan() {
  operands_ = operand_plan(*current_->command);
  cycles_per_row_ = pace_of(*current_->command, vector_, array_rows_).cycles_per_row();
}

/// For the next row, which has room in the queue from cycle `room` on; returns the cycle.
Cycle VectorTiming::ask(Cycle room) {
  const Cycle at = std::max(next_ask_, room);
  next_ask_ = at + cycles_per_row_;
  extend(asks_, at, next_ask_);
  return at;
}

void VectorTiming::row_read(Cycle now) {
  if (now > ledger_.next() + kUnbooked) {
    book(now);
  }
  const Cycle arrives = now + scratchpad_->read_latency();
  extend(waits_, asked_.front(), arrives);
  const VectorOperand& operand = operands_[read_];
  ++read_;
  asked_.front() = asked_.back();
  asked_.back() = read_ + 1 < operands_.size() ? ask(now + 1) : kNever;
  extend(arrivals_, arrives, arrives + 1);
  want_read(now);
  if (operand.last) {
    const Cycle due = arrives + vector_.latency;
    results_.push_back({{operand.output_row, read_ == operands_.size(), current_->entry}, due});
    if (results_.size() <= kPipelined) {
      marks_.mark(kBusy, due);
    }
    want_write(now);
  }
}

/// A result behind those in the queue has room there in the next cycle.
void VectorTiming::row_written(Cycle now) {
  results_.pop_front();
  if (results_.size() >= kPipelined) {
    marks_.mark(kBusy, std::max(results_[kPipelined - 1].due, now + 1));
  }
  want_write(now);
}

void VectorTiming::want_read(Cycle now) {
  if (read_ < operands_.size()) {
    scratchpad_->read_for_vector(std::max(asked_.front(), now) + 1, operands_[read_].row);
  } else {
    scratchpad_->read_for_vector(kNever, 0);
  }
}

void VectorTiming::want_write(Cycle now) {
  if (!results_.empty()) {
    const Result& next = results_.front();
    scratchpad_->write_for_vector(std::max(next.due, now) + 1, next.write);
  } else {
    scratchpad_->write_for_vector(kNever, {});
  }
}

/// Cycles that do not go on where those before ended. Those of the asks are busy anyway.
void VectorTiming::begin(Open& open, Cycle first) {
  if (&open == &asks_ || open.first < asks_.first || open.end > asks_.end) {
    mark(open);
  }
  open.first = first;
}

void VectorTiming::mark(Open& open) {
  marks_.mark(open.kind, open.first, open.end);
  open.first = open.end;
}

void VectorTiming::book(Cycle until) {
  if (asked_.front() < until) {
    extend(waits_, asked_.front(), until);
  }
  mark(asks_);
  mark(arrivals_);
  mark(waits_);
  const auto count = [](std::uint64_t bits) {
    return static_cast<std::uint32_t>(__builtin_popcountll(bits));
  };
  using Marks = CycleMarks<kMarks>::Span;
  // With no command there are none but of the last row; what lies long before need not be taken.
  const bool none = !current_ && next_ask_ <= ledger_.next();
  const Cycle behind = until - std::min<Cycle>(until, CycleMarks<kMarks>::kSpan);
  const Cycle from = none ? std::max(ledger_.next(), behind) : ledger_.next();
  marks_.take(from, until, [&](Cycle end, std::uint64_t cycles, const Marks& marks) {
    const std::uint64_t busy = marks[kBusy] & cycles;
    ledger_.fill(ledger_.next() + count(busy), Cause::Busy);
    ledger_.fill(ledger_.next() + count(marks[kWaitBank] & cycles & ~busy), Cause::WaitBank);
    ledger_.fill(end, waiting_);
  });
}

void VectorTiming::archive(StateArchive& archive) {
  if (!archive.reading()) {
    book(archive.now() + 1);
  }
  alarm.archive(archive);
  bool here = current_.has_value();
  archive.value(here);
  if (here) {
    IssuedCommand command = current_.value_or(IssuedCommand{});
    archive.issued(command);
    current_ = command;
    if (archive.reading()) {
      plan();
    }
    archive.value(read_);
    for (Cycle& asked : asked_) {
      archive.due(asked);
    }
  } else {
    current_.reset();
    read_ = 0;
    asked_.fill(kNever);
    operands_.clear();
  }
  archive.due(next_ask_);
  archive.list(results_, [&](Result& result) {
    result.write.archive(archive, LocalMemory::Scratchpad);
    archive.due(result.due);
  });
  archive.count(started_, sequencer_->vectors_completed.latest());
  if (archive.reading()) {
    sequencer_->vector_wait.wake(archive.now(), !here);
    want_read(archive.now());
    want_write(archive.now());
    for (Open* open : {&asks_, &arrivals_, &waits_}) {
      open->first = open->end = 0;
    }
  }
  marks_.archive(archive);
  archive.value(waiting_);
  ledger_.archive(archive);
}

}  // namespace systole
