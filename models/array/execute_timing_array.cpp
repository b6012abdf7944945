// What the rows that were read do in the array: results, completions, cycles with a fold inside.
#include <algorithm>

#include "models/array/execute_timing.hpp"

namespace systole {

void ExecuteTiming::row_read(Cycle cycle, const Row& row) {
  const Cycle entered = cycle + config_.scratchpad.read_latency;
  if (row.vector) {
    cover(entered, entered + rows_ + cols_ - 2);
    add_results(cycle + results_after_, 1, row.acc_row, row.accumulate);
  } else if (row.shift) {
    cover(entered, entered);
  }
  if (row.stream.valid) {
    stream_entered(entered, row);
  }
  if (row.last_of_step) {
    step_read(cycle, row);
  }
}

/// A column of a transposed block enters.
void ExecuteTiming::stream_entered(Cycle entered, const Row& row) {
  const StreamStep& stream = row.stream;
  if (config_.array.dataflow == Dataflow::InputStationary) {
    cover(entered, entered + rows_ + cols_ - 2);
    if (stream.last) {
      block_leaves(entered, stream);
    }
    return;
  }
  cover(fold_open_ ? open_since_ : entered, entered);  // a fold stays inside while it stalls
  fold_open_ = !stream.last;
  open_since_ = entered + 1;
  if (!stream.last) {
    return;
  }
  cover(entered, entered + rows_ + cols_ - 2 + (config_.array.os_drain ? rows_ : 0));
  const Cycle first = entered + rows_ + cols_ + config_.array.extra_latency;
  for (std::uint32_t pixel = stream.pixels; pixel-- > 0;) {
    add_results(first + rows_ - 1 - pixel, 1, stream.acc_row + pixel, stream.accumulate);
  }
  sequencer_->complete(SequencerTiming::kResult, first + rows_ - 1, stream.preload_entry);
}

/// Input stationary: the last channel of a block has entered; its pixels leave one a cycle, behind
/// those of the block before.
void ExecuteTiming::block_leaves(Cycle entered, const StreamStep& stream) {
  const Cycle earliest = entered + rows_ + cols_ + config_.array.extra_latency;
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
  const Cycle entered = read + config_.scratchpad.read_latency;
  const Cycle left = entered + cycles_to_leave();
  const Cycle ahead = 1 + Cycle{config_.scratchpad.read_latency};
  room_at_.push_back(std::max(entered + 1, left + 1 - ahead));
  --steps_entering_;
}

/// From the last operand of a step until its results have left (SystolicArray::cycles_to_leave).
Cycle ExecuteTiming::cycles_to_leave() const {
  const ArrayConfig& array = config_.array;
  const bool drains = array.dataflow == Dataflow::OutputStationary &&
                      (array.os_drain || array.overlap == Overlap::Full);
  return Cycle{rows_} + cols_ - 1 + array.extra_latency + (drains ? rows_ : 0);
}

void ExecuteTiming::add_results(Cycle first, std::uint32_t rows, std::uint32_t acc_row,
                                bool accumulate) {
  while (!results_.empty() && results_.front().first + results_.front().rows <= issued_through_) {
    results_.pop_front();  // nobody asks about the past
  }
  results_.push_back({first, rows, acc_row, accumulate});
}

ResultWriter::Taken ExecuteTiming::result_port(Cycle cycle, std::uint32_t bank) {
  // What is read from here on comes later.
  const Cycle read = cycle - std::min(cycle, results_after_);
  settle(std::max(issued_through_, read), std::max(read_through_, read));
  while (!results_.empty() && results_.front().first + results_.front().rows <= cycle) {
    results_.pop_front();  // nobody asks about the past
  }
  for (const Results& run : results_) {
    if (run.first > cycle) {
      break;
    }
    if (cycle < run.first + run.rows) {
      const auto past = static_cast<std::uint32_t>(cycle - run.first);
      const std::uint32_t row = run.acc_row + past;
      if (row / rows_per_accumulator_bank_ != bank) {
        break;
      }
      const std::uint32_t left = (bank + 1) * rows_per_accumulator_bank_ - row;  // of the bank
      return {run.accumulate ? Port::ReadAndWrite : Port::Write,
              cycle + std::min(left, run.rows - past)};
    }
  }
  return {Port::None, cycle + 1};
}

Cycle ExecuteTiming::next_result(Cycle from, Cycle until, std::uint32_t bank) {
  // Reads are settled before the cycle before `from`, which is not over.
  until = std::min(until, from + results_after_ - 1);
  const Cycle read = until - 1 - std::min(until - 1, results_after_);
  settle(std::max(issued_through_, read), std::max(read_through_, read));
  for (const Results& run : results_) {
    const Cycle first = std::max(run.first, from);
    const Cycle end = std::min(run.first + run.rows, until);
    for (Cycle cycle = first; cycle < end; ++cycle) {
      const auto row = run.acc_row + static_cast<std::uint32_t>(cycle - run.first);
      if (row / rows_per_accumulator_bank_ == bank) {
        return cycle;
      }
    }
  }
  return until;
}

bool ExecuteTiming::reads_bank(Cycle cycle, std::uint32_t bank) const {
  return claimed_at_ == cycle &&
         std::find(claimed_.begin(), claimed_.end(), bank) != claimed_.end();
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
