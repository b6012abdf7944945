// What the rows that were read do in the array: results, completions, cycles with a fold inside.
#include <algorithm>

#include "models/array/execute_timing.hpp"

namespace systole {

void ExecuteTiming::row_read(Cycle cycle, const Row& row) {
  rows_read(cycle, cycle + 1, row, row.acc_row, row.accumulate);
  if (row.last.valid) {
    const Cycle entered = cycle + scratchpad_read_latency_;
    if (array_.dataflow == Dataflow::InputStationary) {
      block_leaves(entered, row.last);
    } else {
      fold_leaves(entered, row.last);
    }
  }
  if (row.last_of_step) {
    step_read(cycle, row);
  }
}

/// A row that feeds this is read in each of the cycles [from, end); results of vectors go to
/// accumulator rows from acc_row on.
void ExecuteTiming::rows_read(Cycle from, Cycle end, const Fed& fed, std::uint32_t acc_row,
                              bool accumulate) {
  const Cycle entered = from + scratchpad_read_latency_;
  const Cycle last = entered + (end - from) - 1;
  if (fed.vector) {
    cover(entered, last + rows_ + cols_ - 2);
    add_results(from + results_after_, static_cast<std::uint32_t>(end - from), acc_row, accumulate);
  } else if (fed.shift) {
    cover(entered, last);
  }
  if (fed.streams && array_.dataflow == Dataflow::InputStationary) {
    cover(entered, last + rows_ + cols_ - 2);
  } else if (fed.streams) {
    cover(fold_open_ ? open_since_ : entered, last);  // a fold stays inside while it stalls
    fold_open_ = true;
    open_since_ = last + 1;
  }
}

/// Output stationary: the last operands of a fold have entered.
void ExecuteTiming::fold_leaves(Cycle entered, const StreamStep& stream) {
  fold_open_ = false;
  cover(entered, entered + rows_ + cols_ - 2 + (array_.os_drain ? rows_ : 0));
  const Cycle first = entered + cycles_through(array_) + 1;
  for (std::uint32_t pixel = stream.pixels; pixel-- > 0;) {
    add_results(first + rows_ - 1 - pixel, 1, stream.acc_row + pixel, stream.accumulate);
  }
  sequencer_->complete(SequencerTiming::kResult, first + rows_ - 1, stream.preload_entry);
}

/// Input stationary: the last channel of a block has entered; its pixels leave one a cycle, behind
/// those of the block before.
void ExecuteTiming::block_leaves(Cycle entered, const StreamStep& stream) {
  const Cycle earliest = entered + cycles_through(array_) + 1;
  const Cycle first = std::max(earliest, last_result_ + 1);
  add_results(first, stream.pixels, stream.acc_row, stream.accumulate);
  last_result_ = first + stream.pixels - 1;
  if (stream.last_of_fold) {
    sequencer_->complete(SequencerTiming::kResult, last_result_, stream.preload_entry);
  }
}

/// The last row of a step has been read: its compute is done, its preload when the results are
/// written, and the execute unit learns a cycle after it has entered the array when they will have
/// left.
void ExecuteTiming::step_read(Cycle read, const Row& row) {
  if (row.computing) {
    sequencer_->complete(SequencerTiming::kOperandRead, read + 1, row.compute_entry);
    if (streams_ifmap_) {
      sequencer_->complete(SequencerTiming::kResult, read + results_after_, row.preload_entry);
    }
  }
  const Cycle entered = read + scratchpad_read_latency_;
  const Cycle left = entered + cycles_to_leave(array_);
  const Cycle ahead = 1 + Cycle{scratchpad_read_latency_};
  room_at_.push_back(std::max(entered + 1, left + 1 - ahead));
  --steps_entering_;
}

void ExecuteTiming::add_results(Cycle first, std::uint32_t rows, std::uint32_t acc_row,
                                bool accumulate) {
  while (!results_.empty() && results_.front().first + results_.front().rows <= issued_through_) {
    results_.pop_front();  // nobody asks about the past
  }
  if (!results_.empty()) {
    Results& before = results_.back();
    if (before.first + before.rows == first && before.acc_row + before.rows == acc_row &&
        before.accumulate == accumulate) {
      before.rows += rows;
      return;
    }
  }
  results_.push_back({first, rows, acc_row, accumulate});
}

ResultWriter::Taken ExecuteTiming::result_port(Cycle cycle, std::uint32_t bank) {
  if (cycle > read_through_ + results_after_) {
    settle(std::max(issued_through_, cycle - 1), std::max(read_through_, cycle - 1));
  }
  while (!results_.empty() && results_.front().first + results_.front().rows <= cycle) {
    results_.pop_front();  // nobody asks about the past
  }
  const Results run = results_.empty() ? Results{} : with_rows_to_come(results_.front());
  const auto [first, end] = cycles_at(run, bank);
  if (cycle < first || cycle >= end) {
    return {Port::None, cycle + 1};
  }
  return {run.accumulate ? Port::ReadAndWrite : Port::Write, end};
}

/// Rows that are certain to follow those of `run`, which were read last, one a cycle: nobody can
/// get in their way.
std::uint32_t ExecuteTiming::rows_to_come(const Results& run) {
  if (!scratchpad_->dual_ported() || step_.row == 0 || queue_.empty() ||
      !flows(read_through_ + 1) || !in_run() || !outline_->runs[run_].vector) {
    return 0;
  }
  const Row& next = queue_.front().row;
  const bool follows = next.vector && next.acc_row == run.acc_row + run.rows &&
                       next.accumulate == run.accumulate &&
                       run.first + run.rows == read_through_ + 1 + results_after_;
  return follows && finds_banks_free(read_through_ + 1, next)
             ? outline_->runs[run_].end - step_.row + 1
             : 0;
}

/// One of results_, as long as it is certain to be.
ExecuteTiming::Results ExecuteTiming::with_rows_to_come(Results run) {
  if (run.first == results_.back().first) {
    run.rows += rows_to_come(run);
  }
  return run;
}

/// The cycles [first, end) in which results of a run go to a bank.
std::pair<Cycle, Cycle> ExecuteTiming::cycles_at(const Results& run, std::uint32_t bank) const {
  const std::uint32_t first_row = bank * rows_per_accumulator_bank_;
  const auto cycle_of = [&](std::uint32_t row) {
    return run.first + (std::clamp(row, run.acc_row, run.acc_row + run.rows) - run.acc_row);
  };
  return {cycle_of(first_row), cycle_of(first_row + rows_per_accumulator_bank_)};
}

Cycle ExecuteTiming::next_result(Cycle from, Cycle until, std::uint32_t bank) {
  // Reads are settled before the cycle before `from`, which is not over.
  until = std::min(until, from + results_after_ - 1);
  const Cycle read = until - 1 - std::min(until - 1, results_after_);
  settle(std::max(issued_through_, read), std::max(read_through_, read));
  for (const Results& run : results_) {
    const auto [first, end] = cycles_at(run, bank);
    if (first < end && end > from) {
      return std::min(std::max(first, from), until);
    }
  }
  return until;
}

Cycle ExecuteTiming::results_known(Cycle now) {
  // Reads are settled before cycle `now`, which is not over.
  settle(std::max(issued_through_, now - 1), std::max(read_through_, now - 1));
  return now + results_after_;
}

ResultWriter::Accumulating ExecuteTiming::accumulating(Cycle cycle, std::uint32_t bank) {
  for (const Results& run : results_) {
    const auto [first, end] = cycles_at(run, bank);
    if (run.accumulate && first < end && end > cycle) {
      return first <= cycle ? Accumulating{true, cycles_at(with_rows_to_come(run), bank).second}
                            : Accumulating{false, first};
    }
  }
  return {};
}

bool ExecuteTiming::reads_bank(Cycle cycle, std::uint32_t bank) {
  if (!may_read(bank)) {
    return false;
  }
  settle_reads(cycle);
  return claimed_at_ == cycle && (is_in(claimed_ifmap_, bank) || is_in(claimed_weights_, bank));
}

/// Whether a row that is not read yet, as far as is settled, wants the bank.
bool ExecuteTiming::may_read(std::uint32_t bank) {
  for (std::size_t i = 0; i < queue_.size(); ++i) {
    if (is_in(queue_[i].row.ifmap_banks, bank) || is_in(queue_[i].row.weight_banks, bank)) {
      return true;
    }
  }
  return active() && (outline_->runs.empty() || is_in(&outline_->banks, bank));
}

/// A fold is in the array from cycle `first` to `last`.
void ExecuteTiming::cover(Cycle first, Cycle last) {
  if (last <= covered_through_) {
    return;
  }
  compute_cycles_ += last + 1 - std::max(first, covered_through_ + 1);
  covered_through_ = last;
}

}  // namespace systole
