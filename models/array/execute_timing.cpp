#include "models/array/execute_timing.hpp"

#include <algorithm>

namespace systole {

ExecuteTiming::ExecuteTiming(const ExecuteTimingConfig& config, Ledger& ledger,
                             BankConflictCounts& conflicts)
    : array_{config.unit.array},
      scratchpad_read_latency_{config.unit.scratchpad_read_latency},
      rows_{array_.rows},
      cols_{array_.cols},
      rows_per_accumulator_bank_{config.accumulator_bank_rows},
      results_after_{Cycle{scratchpad_read_latency_} + cycles_through(array_)},
      streams_ifmap_{array_.dataflow == Dataflow::WeightStationary},
      waits_for_drain_{array_.dataflow != Dataflow::OutputStationary || array_.os_drain},
      feed_{make_fold_feed(array_)},
      banks_{config.banks},
      key_{config.key},
      conflicts_{conflicts},
      ledger_{ledger, LedgerUnit::Array} {}

void ExecuteTiming::look(Cycle now) {
  settle(now - 1, now - 1);
  alarm.serve(now);
  take_commands();
  if (step_.row == 1 && row_waits()) {
    join_preload(now);
  }
  if (!active() && !row_waits() && array_has_room(now)) {
    start(now);
    take_commands();
  }
  if (active()) {
    ledger_.stop_holding(now);  // each row that is issued is booked when it is settled
  } else {
    const Cause cause = waiting(now);
    ledger_.look(now, cause, cause);
  }
  ring_next(now);
}

/// One a cycle comes to the window, as long as there is room: those in the queue are known ahead.
void ExecuteTiming::take_commands() {
  TimedQueue<IssuedCommand>& commands = sequencer_->execute;
  while (window_.size() < kExecuteWindow && !commands.empty()) {
    const Cycle at = std::max(commands.ready(), no_room_before_);
    window_.push_back({commands.pop(at), at});
    no_room_before_ = at + 1;
  }
}

std::size_t ExecuteTiming::commands_here(Cycle now) const {
  return static_cast<std::size_t>(std::count_if(
      window_.begin(), window_.end(), [&](const Arrived& arrived) { return arrived.at <= now; }));
}

/// So many can wait in the queue without a look at them. While a step runs they can come to the
/// window unseen: nothing but the start of the next step asks for them, nor for the room in the
/// queue as long as it is far from full.
std::size_t ExecuteTiming::unseen_commands() const {
  return window_.size() == kExecuteWindow ? kExecuteQueue : active() ? kExecuteQueue - 2 : 0;
}

/// While a step runs nothing of this matters before its end.
void ExecuteTiming::listen(Cycle now) {
  sequencer_->execute.wake_above(unseen_commands());
  sequencer_->execute_wait.wake(now, !active());
  sequencer_->results_written.wake(now, !active());
}

void ExecuteTiming::ring_next(Cycle now) {
  listen(now);
  // When the last row of a step is read, the sequencer sees it a cycle later.
  for (std::size_t i = 0; i < queue_.size(); ++i) {
    if (queue_[i].row.last_of_step || !active()) {
      alarm.ring_at(std::max(queue_[i].pushed + 2, now + 1));
    }
  }
  if (active() && !streams_ifmap_) {
    // A fold's last operand may come before its step ends: its completion must not be known late.
    const std::uint32_t rows_before = std::max(outline_->completes, step_.row) - step_.row;
    alarm.ring_at(now - 1 + rows_before + rows_ + cols_ + scratchpad_read_latency_);
  }
  if (active()) {  // its next row is issued in this cycle, or in the one behind
    alarm.ring_at(now + (row_waits() ? 1 : 0) + (step_.rows - step_.row));
  } else if (!window_.empty()) {
    if (window_.back().at > now) {
      alarm.ring_at(now + 1);
    }
    if (!queue_.empty()) {
      alarm.ring_at(now + 1);  // the port may stall until then
    }
    const bool full = room_at_.size() + steps_entering_ >= array_.steps_in_flight;
    if (!room_at_.empty() && (full || !waits_for_drain_)) {
      alarm.ring_at(std::max(room_at_.front(), now + 1));
    } else if (steps_entering_ > 0) {
      alarm.ring_at(now + 1);
    }
  }
}

/// Settles what the execute unit issues up to cycle `issued` and what is read up to cycle `read`,
/// which is the same or the one after. No command comes and no step starts in between.
void ExecuteTiming::settle(Cycle issued, Cycle read) {
  while (issued_through_ < issued || read_through_ < read) {
    const Cycle cycle = issued_through_ + 1;
    if (issued_through_ < issued && read_through_ < cycle) {
      if (settle_runs(cycle, issued) > 0 || settle_stall(cycle, issued) > 0) {
        continue;
      }
      if (active()) {
        issue_row(cycle);
      } else if (queue_.empty()) {  // nothing moves
        stalled_ = false;
        stalled_before_ = false;
        issued_through_ = issued;
        read_through_ = std::max(read_through_, issued);
        continue;
      }
      issued_through_ = cycle;
      read_pair(cycle);
    } else if (issued_through_ < issued) {  // the port is a cycle ahead
      if (active()) {
        issue_row(cycle);
      }
      issued_through_ = cycle;
    } else {
      read_pair(read_through_ + 1);
    }
  }
  scratchpad_->writes().forget_before(read_through_);
}

/// Up to `cycle`; every write up to it is known.
void ExecuteTiming::settle_reads(Cycle cycle) {
  if (read_through_ < cycle) {
    settle(cycle - 1, cycle);
  }
}

void ExecuteTiming::settle_all(Cycle cycle) {
  take_commands();
  settle_reads(cycle);
}

/// The row issued last, if there is one, is read in cycle `from`, if its banks are free, while the
/// next one is issued.
bool ExecuteTiming::flows(Cycle from) {
  return active() && !has_pending_ && !stalled_ &&
         (queue_.empty() || (queue_.size() == 1 && queue_.front().pushed < from));
}

/// The execute unit's part of one cycle while a step runs.
void ExecuteTiming::issue_row(Cycle cycle) {
  const bool stalled = read_through_ == cycle ? stalled_before_ : stalled_;
  if (stalled && queued() > 0) {
    ledger_.fill(cycle + 1, Cause::WaitBank);
    return;
  }
  Pushed& pushed = queue_.push();
  pushed.pushed = cycle;
  if (in_run()) {
    next_run_row(pushed.row);
  } else {
    pushed.row = {};
    next_row(pushed.row);
  }
  ledger_.fill(cycle + 1, pushed.row.cause);
  ++step_.row;
  if (step_.row == step_.rows) {
    finish();
  }
}

/// The scratchpad's part of one cycle: both reads of a pair, as their banks allow.
void ExecuteTiming::read_pair(Cycle cycle) {
  stalled_before_ = stalled_;
  read_through_ = cycle;
  if (!has_pending_) {
    if (queue_.empty() || queue_.front().pushed >= cycle) {
      stalled_ = false;
      return;
    }
    if (finds_banks_free(cycle, queue_.front().row)) {
      claim_banks(cycle, queue_.front().row);
      blocked_ = kNotBlocked;
      stalled_ = false;
      row_read(cycle, queue_.front().row);
      queue_.pop();
      return;
    }
    has_pending_ = true;
    ifmap_read_ = false;
    weight_read_ = false;
  }
  const Row& pending = queue_.front().row;
  claimed_at_ = cycle;
  claimed_ifmap_ = nullptr;
  claimed_weights_ = nullptr;
  const bool weights_turn = ifmap_read_ || !pending.in_turns;
  blocked_ = kNotBlocked;
  if (!ifmap_read_) {
    ifmap_read_ = claim(cycle, pending.ifmap_banks, claimed_ifmap_);
  }
  if (!weight_read_ && weights_turn) {
    weight_read_ = claim(cycle, pending.weight_banks, claimed_weights_);
  }
  if (ifmap_read_ && weight_read_) {
    has_pending_ = false;
    row_read(cycle, pending);
    queue_.pop();
  } else {
    if (blocked_ == kNotBlocked) {  // the ifmap's turn it was
      blocked_ = pending.weight_bank;
      blocked_by_ = BankUser::Array;
    }
    conflicts_.add(scratchpad_->banks().memory_of(blocked_), BankUser::Array, blocked_by_);
  }
  stalled_ = has_pending_;
}

/// Reads all rows in these banks if none is taken.
bool ExecuteTiming::claim(Cycle cycle, const Banks* banks, const Banks*& claimed) {
  for (std::size_t i = 0; banks != nullptr && i < banks->size(); ++i) {
    const std::uint32_t bank = (*banks)[i];
    const WriteCalendar::Run* write =
        scratchpad_->dual_ported() ? nullptr : scratchpad_->writes().find(cycle, bank);
    if (write != nullptr || is_in(claimed_ifmap_, bank) || is_in(claimed_weights_, bank)) {
      if (blocked_ == kNotBlocked) {
        blocked_ = bank;
        blocked_by_ = write != nullptr ? write->by : BankUser::Array;
      }
      return false;
    }
  }
  claimed = banks;
  return true;
}

Cause ExecuteTiming::waiting(Cycle now) const {
  const std::size_t here = commands_here(now);
  const bool lacks_compute = here == 1 && window_.front().command.is<PreloadCommand>();
  if (here > 0 && !lacks_compute) {
    return Cause::Drain;  // the results before are still on their way
  }
  const Cause cause = sequencer_->execute_wait.read(now);
  return cause == Cause::Idle && results_pending(now) ? Cause::Drain : cause;
}

void ExecuteTiming::close(Cycle end) {
  settle(end, end);
  if (!active()) {
    ledger_.fill(end + 1, ledger_.held());
  }
}

}  // namespace systole
