// Rows of output- and input-stationary steps, many at a time.
#include <algorithm>

#include "models/array/execute_timing.hpp"
#include "sim/program/hazards.hpp"

namespace systole {
namespace {

/// The run that cycle `at` lies in, from run `i` on; an empty one behind all.
FoldRun run_at(const FoldRuns& runs, std::size_t& i, std::uint32_t at) {
  while (i < runs.size() && runs[i].end <= at) {
    ++i;
  }
  return i < runs.size() ? runs[i] : FoldRun{};
}

}  // namespace

/// Puts the rows of a step together that are alike, if each operand lies in one bank.
void ExecuteTiming::outline_step() {
  runs_.clear();
  run_ = 0;
  stream_runs_.clear();
  load_runs_.clear();
  bool known = true;
  if (step_.computing) {
    feed_->stream_runs(stream_runs_);
    known = find_ifmap_bank(compute_, stream_ifmap_bank_) &&
            find_weight_bank(destination_, stream_weight_bank_);
  }
  if (step_.preloading) {
    feed_->load_runs(load_runs_);
    known = known && find_ifmap_bank(next_compute_, load_ifmap_bank_) &&
            find_weight_bank(next_preload_, load_weight_bank_);
  }
  std::size_t of_stream = 0;
  std::size_t of_load = 0;
  for (std::uint32_t row = 0; known && row < step_.rows;) {
    const FoldRun stream = run_at(stream_runs_, of_stream, row);
    FoldRun load;
    std::uint32_t end = step_.rows;
    if (row < step_.preload_from) {
      end = std::min(end, step_.preload_from);
    } else {
      load = run_at(load_runs_, of_load, row - step_.preload_from);
      end = load.end == 0 ? end : std::min(end, load.end + step_.preload_from);
    }
    runs_.push_back(step_run(stream, load));
    row = runs_.back().end = stream.end == 0 ? end : std::min(end, stream.end);
  }
}

/// Of rows in which a stream and a load do these things.
ExecuteTiming::StepRun ExecuteTiming::step_run(const FoldRun& stream, const FoldRun& load) const {
  StepRun run;
  run.ifmap_bank = stream.ifmap ? stream_ifmap_bank_ : load.ifmap ? load_ifmap_bank_ : kNoBank;
  run.weight_bank = stream.weights ? stream_weight_bank_
                    : load.weights ? load_weight_bank_
                                   : kNoBank;
  run.streams = stream.streams;
  run.shift = load.shift;
  run.alone = stream.last || (stream.ifmap && load.ifmap) || (stream.weights && load.weights) ||
              (run.ifmap_bank != kNoBank && run.ifmap_bank == run.weight_bank);
  const bool output_stationary = config_.array.dataflow == Dataflow::OutputStationary;
  if (run.streams) {
    const bool full = output_stationary ? compute_.rows() == rows_ && destination_.n == cols_
                                        : destination_.k == rows_ && compute_.rows() == cols_;
    run.cause = full ? Cause::Busy : Cause::BusyPartial;
  } else if (load.shift || load.ifmap || load.weights || stream.ifmap || stream.weights) {
    run.cause = Cause::Fill;
  }
  return run;
}

/// False if its rows are in several, or its PEs take several products at once.
bool ExecuteTiming::find_ifmap_bank(const ComputeCommand& compute, std::uint32_t& bank) const {
  const BankMap& banks = scratchpad_->banks();
  const RowRange rows = ifmap_rows(compute, rows_);
  const LocalAddress first{LocalMemory::Scratchpad, rows.first};
  bank = rows.rows == 0 ? kNoBank : banks.bank_of(first);
  return compute.products_per_pe == 1 &&
         (rows.rows == 0 || banks.in_one_bank(first, rows.first + rows.rows - 1));
}

/// False if its rows are in several.
bool ExecuteTiming::find_weight_bank(const PreloadCommand& preload, std::uint32_t& bank) const {
  const BankMap& banks = scratchpad_->banks();
  const std::uint32_t rows = preload.weight_rows();
  const std::uint32_t last =
      preload.weights.row + (blocks(preload, config_) - 1) * preload.weights_pitch + rows - 1;
  bank = rows == 0 ? kNoBank : banks.bank_of(preload.weights);
  return rows == 0 || banks.in_one_bank(preload.weights, last);
}

/// Whether the next row is one of a run.
bool ExecuteTiming::in_run() {
  if (runs_.empty()) {
    return false;
  }
  while (runs_[run_].end <= step_.row) {
    ++run_;
  }
  return !runs_[run_].alone;
}

/// What the step feeds in its next cycle, which is one of run runs_[run_] and not alone in it.
void ExecuteTiming::next_run_row(Row& row) {
  const StepRun& run = runs_[run_];
  if (step_.computing) {
    feed_->skip(step_.row, 1);
  }
  row = {};
  if (run.ifmap_bank != kNoBank) {
    row.ifmap_banks.push_back(run.ifmap_bank);
  }
  if (run.weight_bank != kNoBank) {
    row.weight_banks.push_back(run.weight_bank);
  }
  row.shift = run.shift;
  row.stream.valid = run.streams;
  row.last_of_step = step_.row + 1 == step_.rows;
  row.computing = step_.computing;
  row.compute_entry = step_.compute_entry;
  row.preload_entry = step_.computing ? destination_entry_ : 0;
  row.cause = run.cause;
}

/// As settle_rows, within a run.
std::uint32_t ExecuteTiming::settle_run(Cycle from, Cycle until) {
  constexpr std::uint32_t kWorthIt = 2;
  if (runs_.empty() || !flows(from)) {
    return 0;
  }
  while (runs_[run_].end < step_.row) {
    ++run_;
  }
  // Cycle from + i reads row step_.row - 1 + i and issues row step_.row + i.
  const StepRun& run = runs_[run_];
  if (run.alone || run.end < step_.row + kWorthIt) {
    return 0;
  }
  Cycle end = std::min(until + 1, from + (run.end - step_.row));
  const bool reads = run.ifmap_bank != kNoBank || run.weight_bank != kNoBank;
  if (reads && !scratchpad_->dual_ported()) {
    end = scratchpad_->writes().first_conflict(from, end, run.ifmap_bank, run.weight_bank);
  }
  if (end < from + kWorthIt) {
    return 0;
  }
  const auto count = static_cast<std::uint32_t>(end - from);
  const Cycle entered = from + config_.scratchpad.read_latency;
  if (run.shift) {
    cover(entered, entered + count - 1);
  }
  if (run.streams && config_.array.dataflow == Dataflow::InputStationary) {
    cover(entered, entered + count - 1 + rows_ + cols_ - 2);
  } else if (run.streams) {
    cover(fold_open_ ? open_since_ : entered, entered + count - 1);
    fold_open_ = true;
    open_since_ = entered + count;
  }
  claimed_at_ = end - 1;
  claimed_.clear();
  for (const std::uint32_t bank : {run.ifmap_bank, run.weight_bank}) {
    if (bank != kNoBank) {
      claimed_.push_back(bank);
    }
  }
  ledger_.fill(end, run.cause);
  if (step_.computing) {
    feed_->skip(step_.row, count - 1);
  }
  step_.row += count - 1;
  next_run_row(queue_.front().row);
  queue_.front().pushed = end - 1;
  ++step_.row;
  issued_through_ = end - 1;
  read_through_ = end - 1;
  stalled_before_ = false;
  if (step_.row == step_.rows) {
    finish();
  }
  return count;
}

}  // namespace systole
