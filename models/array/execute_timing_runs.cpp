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

/// As settle_rows: the rows that are issued are of one run.
std::uint32_t ExecuteTiming::settle_run(Cycle from, Cycle until) {
  if (!flows(from) || !in_run() || !finds_banks_free(from, queue_.front().row)) {
    return 0;
  }
  const StepRun& run = runs_[run_];
  // Cycle from reads the row that was issued last, from + i row step_.row - 1 + i of the run, which
  // is issued a cycle before.
  Cycle end = std::min(until + 1, from + (run.end - step_.row));
  const bool reads = run.ifmap_bank != kNoBank || run.weight_bank != kNoBank;
  if (reads && !scratchpad_->dual_ported()) {
    end = scratchpad_->writes().first_conflict(from + 1, end, run.ifmap_bank, run.weight_bank);
  }
  const auto count = static_cast<std::uint32_t>(end - from);
  claim_banks(from, queue_.front().row);
  row_read(from, queue_.front().row);
  if (count > 1) {
    run_read(from + 1, end, run);
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

/// A row of the run is read in each of the cycles [from, end).
void ExecuteTiming::run_read(Cycle from, Cycle end, const StepRun& run) {
  const Cycle entered = from + config_.scratchpad.read_latency;
  const Cycle last = entered + (end - from) - 1;
  if (run.shift) {
    cover(entered, last);
  }
  if (run.streams && config_.array.dataflow == Dataflow::InputStationary) {
    cover(entered, last + rows_ + cols_ - 2);
  } else if (run.streams) {
    cover(fold_open_ ? open_since_ : entered, last);
    fold_open_ = true;
    open_since_ = last + 1;
  }
  claimed_at_ = end - 1;
  claimed_.clear();
  for (const std::uint32_t bank : {run.ifmap_bank, run.weight_bank}) {
    if (bank != kNoBank) {
      claimed_.push_back(bank);
    }
  }
}

/// Nothing keeps the row from being read in this cycle.
bool ExecuteTiming::finds_banks_free(Cycle cycle, const Row& row) const {
  const auto taken = [&](std::uint32_t bank) {
    return !scratchpad_->dual_ported() && scratchpad_->writes().taken(cycle, bank);
  };
  const Banks& ifmap = row.ifmap_banks;
  const Banks& weights = row.weight_banks;
  return !row.in_turns && std::none_of(ifmap.begin(), ifmap.end(), taken) &&
         std::none_of(weights.begin(), weights.end(), [&](std::uint32_t bank) {
           return taken(bank) || std::find(ifmap.begin(), ifmap.end(), bank) != ifmap.end();
         });
}

void ExecuteTiming::claim_banks(Cycle cycle, const Row& row) {
  claimed_at_ = cycle;
  claimed_.assign(row.ifmap_banks.begin(), row.ifmap_banks.end());
  claimed_.insert(claimed_.end(), row.weight_banks.begin(), row.weight_banks.end());
}

}  // namespace systole
