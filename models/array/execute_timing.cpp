#include "models/array/execute_timing.hpp"

#include <algorithm>

#include "models/sequencer/queue_depths.hpp"

namespace systole {

ExecuteTiming::ExecuteTiming(const AcceleratorConfig& config, Ledger& ledger, EventCounts& events)
    : config_{config},
      rows_{config.array.rows},
      cols_{config.array.cols},
      rows_per_accumulator_bank_{accumulator_rows(config) / config.accumulators.banks},
      results_after_{Cycle{config.scratchpad.read_latency} + rows_ + cols_ - 1 +
                     config.array.extra_latency},
      events_{events},
      ledger_{ledger, LedgerUnit::Array} {}

void ExecuteTiming::look(Cycle now) {
  settle(now - 1, now - 1);
  alarm.serve(now);
  TimedQueue<IssuedCommand>& commands = sequencer_->execute;
  if (window_.size() < kExecuteWindow && commands.can_pop(now)) {
    window_.push_back(commands.pop(now));
  }
  if (step_.row == 1 && stalled_ && !queue_.empty()) {
    join_preload(now);
  }
  if (!active() && !stalled_ && array_has_room(now)) {
    start(now);
  }
  if (active()) {
    issue_row(now);
    if (!active()) {
      alarm.ring_at(now + 1);  // to start the next one, or to say why not
    }
  } else {
    const Cause cause = waiting(now);
    ledger_.look(now, cause, cause);
  }
  issued_through_ = now;
  ring_next(now);
}

void ExecuteTiming::ring_next(Cycle now) {
  if (window_.size() < kExecuteWindow && !sequencer_->execute.empty()) {
    alarm.ring_at(now + 1);
  }
  // When the last row of a step is read, the sequencer sees it a cycle later.
  if (has_pending_) {
    alarm.ring_at(now + 1);
  }
  for (const Pushed& pushed : queue_) {
    if (pushed.row.last_of_step || !active()) {
      alarm.ring_at(std::max(pushed.pushed + 2, now + 1));
    }
  }
  if (active()) {
    alarm.ring_at(now + (step_.rows - step_.row) + 1);
  } else if (!window_.empty()) {
    if (has_pending_ || !queue_.empty()) {
      alarm.ring_at(now + 1);  // the port may stall until then
    }
    if (!room_at_.empty() && room_at_.size() + steps_entering_ >= config_.array.steps_in_flight) {
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
    if (read_through_ < issued_through_) {
      read_pair(read_through_ + 1);
    } else if (issued_through_ < issued && read_through_ < cycle) {
      const std::uint32_t rows = settle_rows(cycle, issued);
      if (rows > 0) {
        continue;
      }
      if (active()) {
        issue_row(cycle);
      } else if (queue_.empty() && !has_pending_) {  // nothing moves
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

void ExecuteTiming::settle_reads(Cycle cycle) {
  if (read_through_ < cycle) {
    settle(cycle - 1, cycle);
  }
}

/// Rows of a step that go through without meeting anyone: issued one a cycle from `from` on, up to
/// cycle `until`, each read one cycle later. Returns how many.
std::uint32_t ExecuteTiming::settle_rows(Cycle from, Cycle until) {
  const bool steady = active() && step_.simple && step_.row > 0 && !has_pending_ &&
                      queue_.size() == 1 && queue_.front().pushed + 1 == from && !stalled_;
  if (!steady) {
    return 0;
  }
  // Cycle from + i reads row step_.row - 1 + i and issues row step_.row + i.
  const std::uint32_t first = step_.row - 1;
  const std::uint64_t cycles = std::min<std::uint64_t>(until - from + 1, step_.rows - step_.row);
  const auto& preload = step_.preload;
  const std::uint32_t k =
      step_.preload_rows > 0 ? preload.as<PreloadCommand>().k : 0;  // weight rows that are read
  // Row i reads weights if rows_ - 1 - i < k, ifmap if i < compute_rows.
  std::uint64_t free = cycles;
  if (!scratchpad_->dual_ported()) {
    const WriteCalendar& writes = scratchpad_->writes();
    Cycle at = from;
    const Cycle end = from + cycles;
    while (at < end) {
      const Cycle hit = writes.first_conflict(at, end, step_.ifmap_bank, step_.weight_bank);
      if (hit == end) {
        break;
      }
      const auto row = static_cast<std::uint32_t>(first + (hit - from));
      const bool ifmap = row < step_.compute_rows && writes.taken(hit, step_.ifmap_bank);
      const bool weight =
          row < step_.preload_rows && rows_ - 1 - row < k && writes.taken(hit, step_.weight_bank);
      if (ifmap || weight) {
        free = hit - from;
        break;
      }
      at = hit + 1;
    }
  }
  if (free == 0) {
    return 0;
  }
  const auto count = static_cast<std::uint32_t>(free);
  // Read rows first .. first + count - 1.
  const std::uint32_t end = first + count;
  const std::uint32_t ifmaps =
      first < step_.compute_rows ? std::min(end, step_.compute_rows) - first : 0;
  const Cycle entered = from + config_.scratchpad.read_latency;
  if (ifmaps > 0) {
    cover(entered, entered + ifmaps - 1 + rows_ + cols_ - 2);
    const auto& destination = destination_.as<PreloadCommand>();
    results_of(from, ifmaps, destination.acc_row + first, destination.accumulate);
  }
  const std::uint32_t weights =
      first < step_.preload_rows ? std::min(end, step_.preload_rows) - first : 0;
  if (weights > ifmaps) {
    cover(entered, entered + weights - 1);
  }
  const Row last_read = row_of(end - 1);
  claimed_at_ = from + count - 1;
  claimed_ifmap_ = last_read.ifmap;
  claimed_weight_ = last_read.weight;
  claimed_ifmap_bank_ = step_.ifmap_bank;
  claimed_weight_bank_ = step_.weight_bank;
  // Issue rows step_.row .. step_.row + count - 1.
  const std::uint32_t issue_end = step_.row + count;
  Cycle booked = from;
  std::uint32_t row = step_.row;
  while (row < issue_end) {
    std::uint32_t run = issue_end;
    for (const std::uint32_t edge : {step_.compute_rows, step_.preload_rows}) {
      if (edge > row) {
        run = std::min(run, edge);
      }
    }
    ledger_.fill(booked + (run - row), row_cause(row));
    booked += run - row;
    row = run;
  }
  queue_.front() = {row_of(issue_end - 1), from + count - 1};
  step_.row = issue_end;
  issued_through_ = from + count - 1;
  read_through_ = issued_through_;
  stalled_before_ = false;
  if (step_.row == step_.rows) {
    finish();
  }
  return count;
}

/// The execute unit's part of one cycle while a step runs.
void ExecuteTiming::issue_row(Cycle cycle) {
  const bool stalled = read_through_ == cycle ? stalled_before_ : stalled_;
  if (stalled) {
    ledger_.look(cycle, Cause::WaitBank, Cause::WaitBank);
    return;
  }
  ledger_.look(cycle, row_cause(step_.row), Cause::Idle);
  queue_.push_back({row_of(step_.row), cycle});
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
    pending_ = queue_.front().row;
    queue_.pop_front();
    has_pending_ = true;
    ifmap_read_ = false;
    weight_read_ = false;
  }
  const WriteCalendar& writes = scratchpad_->writes();
  const auto written = [&](std::uint32_t bank) {
    return !scratchpad_->dual_ported() && writes.taken(cycle, bank);
  };
  claimed_at_ = cycle;
  claimed_ifmap_ = false;
  claimed_weight_ = false;
  claimed_ifmap_bank_ = pending_.ifmap_bank;
  claimed_weight_bank_ = pending_.weight_bank;
  const bool weights_turn = ifmap_read_ || !pending_.in_turns;
  if (!ifmap_read_) {
    claimed_ifmap_ = pending_.ifmap && !written(pending_.ifmap_bank);
    ifmap_read_ = !pending_.ifmap || claimed_ifmap_;
  }
  if (!weight_read_ && weights_turn) {
    claimed_weight_ = pending_.weight && !written(pending_.weight_bank);
    weight_read_ = !pending_.weight || claimed_weight_;
  }
  if (ifmap_read_ && weight_read_) {
    has_pending_ = false;
    pair_read(cycle, pending_);
  } else {
    events_.add(Event::BankConflicts);
  }
  stalled_ = has_pending_;
}

void ExecuteTiming::pair_read(Cycle cycle, const Row& row) {
  const Cycle entered = cycle + config_.scratchpad.read_latency;
  if (row.ifmap) {
    cover(entered, entered + rows_ + cols_ - 2);
    results_of(cycle, 1, row.acc_row, row.accumulate);
  } else if (row.weight_step) {
    cover(entered, entered);
  }
  if (row.last_of_step) {
    step_read(cycle, row);
  }
}

/// The last row of a step has been read: its compute is done, its preload when the results are
/// written, and the execute unit learns a cycle after it has entered the array when they will have
/// left.
void ExecuteTiming::step_read(Cycle read, const Row& row) {
  if (row.computing) {
    sequencer_->complete(SequencerTiming::kOperandRead, read + 1, row.compute_entry);
    sequencer_->complete(SequencerTiming::kResult, read + results_after_, row.preload_entry);
  }
  const Cycle entered = read + config_.scratchpad.read_latency;
  const Cycle left = entered + rows_ + cols_ - 1 + config_.array.extra_latency;
  const Cycle ahead = 1 + Cycle{config_.scratchpad.read_latency};
  room_at_.push_back(std::max(entered + 1, left + 1 - ahead));
  --steps_entering_;
}

void ExecuteTiming::results_of(Cycle read, std::uint32_t rows, std::uint32_t acc_row,
                               bool accumulate) {
  while (!results_.empty() && results_.front().first + results_.front().rows <= read) {
    results_.pop_front();  // nobody asks about the past
  }
  results_.push_back({read + results_after_, rows, acc_row, accumulate});
}

ResultWriter::Port ExecuteTiming::result_port(Cycle cycle, std::uint32_t bank) {
  settle(std::max(issued_through_, cycle - 1), std::max(read_through_, cycle - 1));
  for (const Results& run : results_) {
    if (run.first > cycle) {
      break;
    }
    if (cycle < run.first + run.rows) {
      const auto row = run.acc_row + static_cast<std::uint32_t>(cycle - run.first);
      if (row / rows_per_accumulator_bank_ != bank) {
        return Port::None;
      }
      return run.accumulate ? Port::ReadAndWrite : Port::Write;
    }
  }
  return Port::None;
}

bool ExecuteTiming::reads_bank(Cycle cycle, std::uint32_t bank) const {
  return claimed_at_ == cycle && ((claimed_ifmap_ && claimed_ifmap_bank_ == bank) ||
                                  (claimed_weight_ && claimed_weight_bank_ == bank));
}

/// A fold is in the array from cycle `first` to `last`.
void ExecuteTiming::cover(Cycle first, Cycle last) {
  if (last <= covered_through_) {
    return;
  }
  compute_cycles_ += last + 1 - std::max(first, covered_through_ + 1);
  covered_through_ = last;
}

/// A step makes room when its results will have left before a new step's first row enters.
bool ExecuteTiming::array_has_room(Cycle now) {
  while (!room_at_.empty() && room_at_.front() <= now) {
    room_at_.pop_front();
  }
  return room_at_.size() + steps_entering_ < config_.array.steps_in_flight;
}

void ExecuteTiming::start(Cycle now) {
  step_ = {};
  while (!active() && !window_.empty()) {
    if (window_.front().is<ComputeCommand>()) {
      step_.computing = true;
      step_.compute = take();
      step_.compute_rows = step_.compute.as<ComputeCommand>().rows();
      step_.rows = std::max(step_.compute_rows, config_.array.min_step_rows);
    }
    if (window_.empty() || !window_.front().is<PreloadCommand>() || !may_preload(now)) {
      break;
    }
    take_preload();
    if (step_.rows == 0) {
      finish();  // nothing to shift in: go on to its compute
    }
  }
  if (active()) {
    prepare_step();
  }
}

void ExecuteTiming::take_preload() {
  step_.preload = take();
  step_.preloading = true;
  step_.preload_rows = step_.preload.as<PreloadCommand>().new_weights ? rows_ : 0;
  step_.rows = std::max(step_.rows, step_.preload_rows);
  if (step_.rows == 0 && config_.array.min_step_rows > 1) {
    step_.rows = config_.array.min_step_rows;
  }
}

/// The first row of a compute that started alone stands behind a pair that stalls: the preload and
/// its compute, here only now, still go with it.
void ExecuteTiming::join_preload(Cycle now) {
  if (!step_.computing || step_.preloading || window_.empty() ||
      !window_.front().is<PreloadCommand>() || !may_preload(now)) {
    return;
  }
  take_preload();
  prepare_step();
  queue_.back().row = row_of(0);
}

IssuedCommand ExecuteTiming::take() {
  const IssuedCommand command = window_.front();
  window_.pop_front();
  return command;
}

bool ExecuteTiming::may_preload(Cycle now) const {
  const bool pair_here = window_.size() >= 2;
  const bool new_weights = window_.front().as<PreloadCommand>().new_weights;
  if (config_.array.overlap == Overlap::Full || !new_weights) {
    return pair_here;
  }
  return pair_here && !step_.computing && !results_pending(now);
}

/// Finds the bank of each operand, if it has one.
void ExecuteTiming::prepare_step() {
  const BankMap& banks = scratchpad_->banks();
  bool simple = true;
  if (step_.computing) {
    const auto& compute = step_.compute.as<ComputeCommand>();
    // Rows of padding continue the pattern as far as weights go beside them.
    const std::uint32_t last = std::max(step_.compute_rows, step_.preload_rows) - 1;
    const std::uint32_t furthest = compute.ifmap_row + last / compute.count_w * compute.pitch_h +
                                   (compute.count_w - 1) * compute.pitch_w;
    step_.ifmap_bank = banks.bank_of({LocalMemory::Scratchpad, compute.ifmap_row});
    simple = banks.bank_of({LocalMemory::Scratchpad, furthest}) == step_.ifmap_bank;
    const auto& destination = destination_.as<PreloadCommand>();
    step_.busy = compute.k == rows_ && destination.n == cols_ ? Cause::Busy : Cause::BusyPartial;
  }
  if (step_.preload_rows > 0) {
    const auto& preload = step_.preload.as<PreloadCommand>();
    step_.weight_bank = banks.bank_of(preload.weights);
    const LocalAddress last{preload.weights.memory, preload.weights.row + rows_ - 1};
    simple = simple && banks.bank_of(last) == step_.weight_bank;
  }
  if (step_.preload_rows == 0) {
    step_.weight_bank = step_.ifmap_bank;
  } else if (!step_.computing) {
    step_.ifmap_bank = step_.weight_bank;
  } else {
    simple = simple && step_.ifmap_bank != step_.weight_bank;
  }
  step_.simple = simple;
}

void ExecuteTiming::finish() {
  if (step_.computing) {
    ++computes_;
  }
  if (step_.rows > 0) {
    ++steps_entering_;
  }
  if (step_.preloading) {
    destination_ = step_.preload;
  }
  step_.computing = false;
  step_.preloading = false;
}

std::uint32_t ExecuteTiming::ifmap_row(std::uint32_t index) const {
  const auto& compute = step_.compute.as<ComputeCommand>();
  return compute.ifmap_row + index / compute.count_w * compute.pitch_h +
         index % compute.count_w * compute.pitch_w;
}

ExecuteTiming::Row ExecuteTiming::row_of(std::uint32_t index) const {
  Row row;
  const BankMap& banks = scratchpad_->banks();
  if (step_.computing) {
    const auto& destination = destination_.as<PreloadCommand>();
    row.computing = true;
    row.ifmap = index < step_.compute_rows;
    row.ifmap_bank = step_.simple ? step_.ifmap_bank
                                  : banks.bank_of({LocalMemory::Scratchpad, ifmap_row(index)});
    row.acc_row = destination.acc_row + index;
    row.accumulate = destination.accumulate;
    row.compute_entry = step_.compute.entry;
    row.preload_entry = destination_.entry;
  }
  if (step_.preloading && index < step_.preload_rows) {
    const auto& preload = step_.preload.as<PreloadCommand>();
    const std::uint32_t weight = rows_ - 1 - index;
    row.weight_step = true;
    row.weight = weight < preload.k;
    row.weight_bank = step_.simple
                          ? step_.weight_bank
                          : banks.bank_of({preload.weights.memory, preload.weights.row + weight});
    row.in_turns = row.computing && row.ifmap_bank == row.weight_bank;
  }
  row.last_of_step = index + 1 == step_.rows;
  return row;
}

Cause ExecuteTiming::row_cause(std::uint32_t index) const {
  if (step_.computing && index < step_.compute_rows) {
    return step_.busy;
  }
  return index < step_.preload_rows ? Cause::Fill : Cause::BusyPartial;
}

Cause ExecuteTiming::waiting(Cycle now) const {
  const bool lacks_compute = window_.size() == 1 && window_.front().is<PreloadCommand>();
  if (!window_.empty() && !lacks_compute) {
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
