#include "models/vector/vector_timing.hpp"

#include <algorithm>

namespace systole {

VectorTiming::VectorTiming(const VectorUnitConfig& config, Ledger& ledger)
    : vector_{config.vector}, array_rows_{config.array_rows}, ledger_{ledger, LedgerUnit::Vector} {}

void VectorTiming::look(Cycle now) {
  alarm.serve(now);
  if (started_ == sequencer_->vectors_completed.read(now)) {
    current_.reset();
  }
  if (!current_ && sequencer_->vector.can_pop(now)) {
    start(now);
  }
  const bool here = current_.has_value();
  const bool wrote = write(now);
  const bool collected = collect(now);
  ask(now);
  const bool worked = wrote || collected || now < next_ask_;
  const bool goes_on = now + 1 < next_ask_;  // the lanes have their row for longer
  const auto waiting = [&] {
    return !here                 ? sequencer_->vector_wait.read(now)
           : collected_ < asked_ ? Cause::WaitBank
                                 : Cause::Drain;
  };
  sequencer_->vector_wait.wake(now, !here);
  ledger_.look(now, worked ? Cause::Busy : waiting(), goes_on ? Cause::Busy : waiting());
  if (goes_on) {
    alarm.ring_at(next_ask_);
  }
  if (here && asked_ < operands_.size() && scratchpad_->vector_read.can_push(now + 1)) {
    alarm.ring_at(std::max(next_ask_, now + 1));
  }
  if (scratchpad_->next_vector_row() != kNever) {
    alarm.ring_at(std::max(scratchpad_->next_vector_row(), now + 1));
  }
  if (!results_.empty() && scratchpad_->vector_write.can_push(now + 1)) {
    alarm.ring_at(std::max(results_.front().due, now + 1));
  }
}

void VectorTiming::start(Cycle now) {
  current_ = sequencer_->vector.pop(now);
  ++started_;
  asked_ = 0;
  collected_ = 0;
  plan();
}

void VectorTiming::plan() {
  operands_ = operand_plan(*current_->command);
  cycles_per_row_ = pace_of(*current_->command, vector_, array_rows_).cycles_per_row();
}

void VectorTiming::ask(Cycle now) {
  if (!current_ || asked_ == operands_.size() || now < next_ask_ ||
      !scratchpad_->vector_read.can_push(now)) {
    return;
  }
  scratchpad_->vector_read.push(now, {operands_[asked_].row});
  ++asked_;
  next_ask_ = now + cycles_per_row_;
}

bool VectorTiming::collect(Cycle now) {
  if (scratchpad_->next_vector_row() > now) {
    return false;
  }
  scratchpad_->take_vector_row();
  const VectorOperand& operand = operands_[collected_];
  ++collected_;
  if (operand.last) {
    results_.push_back({{operand.output_row, collected_ == operands_.size(), current_->entry},
                        now + vector_.latency});
  }
  return true;
}

bool VectorTiming::write(Cycle now) {
  if (results_.empty() || results_.front().due > now || !scratchpad_->vector_write.can_push(now)) {
    return false;
  }
  scratchpad_->vector_write.push(now, results_.front().write);
  results_.pop_front();
  return true;
}

void VectorTiming::archive(StateArchive& archive) {
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
    archive.values(asked_, collected_);
  } else {
    current_.reset();
    collected_ = asked_ = 0;
  }
  archive.due(next_ask_);
  archive.list(results_, [&](Result& result) {
    result.write.archive(archive, LocalMemory::Scratchpad);
    archive.cycle(result.due);
  });
  archive.count(started_, sequencer_->vectors_completed.latest());
  if (archive.reading()) {
    sequencer_->vector_wait.wake(archive.now(), !here);
  }
  ledger_.archive(archive);
}

}  // namespace systole
