// Rows of a step that are alike, many at a time.
#include <algorithm>

#include "models/array/execute_timing.hpp"
#include "sim/program/hazards.hpp"

namespace systole {
namespace {

const FoldRun kNothing;

/// The run that cycle `at` lies in, from run `i` on; an empty one behind all.
const FoldRun& run_at(const FoldRuns& runs, std::size_t& i, std::uint32_t at) {
  while (i < runs.size() && runs[i].end <= at) {
    ++i;
  }
  return i < runs.size() ? runs[i] : kNothing;
}

}  // namespace

/// A fold whose pixels go through a transposer is many parts, and most folds are like one before.
void ExecuteTiming::outline_step() {
  run_ = 0;
  if (streams_ifmap_) {
    lay_out(own_outline_);
    outline_ = &own_outline_;
    return;
  }
  if (outlines_.size() >= kMostOutlines) {
    outlines_.clear();
  }
  set_outline_key();
  const auto [known, is_new] = outlines_.try_emplace(outline_key_);
  outline_ = &known->second;
  if (is_new) {
    lay_out(known->second);
  }
}

/// All that decides a step's outline, its commands' banks among it.
void ExecuteTiming::set_outline_key() {
  outline_key_ = {step_.rows, step_.preload_from,
                  (step_.computing ? 2U : 0U) + (step_.loads() ? 1U : 0U)};
  const auto append = [this](const FoldCommands& fold) {
    key_.append(fold.preload, outline_key_);
    key_.append(fold.compute, outline_key_);
  };
  if (step_.computing) {
    append(feed_->streaming());
  }
  if (step_.loads()) {
    append(feed_->loading());
  }
}

/// Puts the rows of the step together that are alike and read the same banks.
void ExecuteTiming::lay_out(Outline& outline) {
  outline.runs.clear();
  outline.completes = 0;
  outline.banks.clear();
  stream_runs_.clear();
  load_runs_.clear();
  const bool several = (step_.computing && compute().products_per_pe > 1) ||
                       (step_.loads() && feed_->loading().compute.products_per_pe > 1);
  if (several && !streams_ifmap_) {
    return;
  }
  if (step_.computing) {
    feed_->stream_runs(stream_runs_);
  }
  if (step_.loads()) {
    feed_->load_runs(load_runs_);
  }
  Outlining state;
  state.full = step_.computing && fills_array(array_, feed_->streaming());
  for (std::uint32_t row = 0; row < step_.rows; row = outline.runs.back().end) {
    const StepRun run = step_run(state, row, outline);
    if (!outline.runs.empty() && outline.runs.back().continues_as(run)) {  // in another part
      outline.runs.back().end = run.end;
    } else {
      outline.runs.push_back(run);
    }
  }
}

/// Of rows from this one on.
ExecuteTiming::StepRun ExecuteTiming::step_run(Outlining& state, std::uint32_t row,
                                               Outline& outline) {
  const bool loading = row >= step_.preload_from;
  const std::uint32_t load_row = loading ? row - step_.preload_from : 0;
  const FoldRun& stream = run_at(stream_runs_, state.of_stream, row);
  const FoldRun& load = loading ? run_at(load_runs_, state.of_load, load_row) : kNothing;
  // Weight stationary, a row of weights goes in turns with a pixel of the same bank, even if one of
  // them is padding.
  const bool beside =
      streams_ifmap_ && load.shift && !stream_runs_.empty() && !feed_->streaming().parts.empty();
  std::uint32_t alike = (loading ? step_.rows : step_.preload_from) - row;
  alike = stream.end == 0 ? alike : std::min(alike, stream.end - row);
  alike = load.end == 0 ? alike : std::min(alike, load.end - load_row);
  StepRun run;
  const auto take = [&](const OperandBanks::Found& found, std::uint32_t cycle, bool reads,
                        const Banks*& banks) {
    alike = std::min(alike, found.until - cycle);
    if (reads) {
      banks = found.banks;
      std::for_each(banks->begin(), banks->end(), [&](auto bank) { add(outline.banks, bank); });
    }
  };
  if (stream.ifmap || beside) {
    banks_.find_pixels(feed_->streaming(), stream, row, state.stream_pixels);
    take(state.stream_pixels, row, stream.ifmap, run.ifmap_banks);
  }
  if (load.ifmap) {
    banks_.find_pixels(feed_->loading(), load, load_row, state.load_pixels);
    take(state.load_pixels, load_row, true, run.ifmap_banks);
  }
  if (stream.weights) {
    banks_.find_weights(destination(), stream, row, state.stream_weights);
    take(state.stream_weights, row, true, run.weight_banks);
  }
  if (load.weights || beside) {
    banks_.find_weights(feed_->loading().preload, load, load_row, state.load_weights);
    take(state.load_weights, load_row, load.weights, run.weight_banks);
  }
  run.end = row + alike;
  run.vector = streams_ifmap_ && stream.streams;
  run.streams = !streams_ifmap_ && stream.streams;
  run.shift = load.shift;
  const bool in_turns =
      beside && state.stream_pixels.banks->front() == state.load_weights.banks->front();
  const bool ends_fold = stream.last && array_.dataflow == Dataflow::OutputStationary;
  run.alone = ends_fold || (stream.ifmap && load.ifmap) || (stream.weights && load.weights) ||
              in_turns || meet(run.ifmap_banks, run.weight_banks);
  outline.completes = stream.last ? row : outline.completes;
  if (stream.streams) {
    run.cause = state.full ? Cause::Busy : Cause::BusyPartial;
  } else if (load.shift || load.ifmap || load.weights || stream.ifmap || stream.weights) {
    run.cause = Cause::Fill;
  }
  return run;
}

/// Whether the next row is one of a run.
bool ExecuteTiming::in_run() {
  if (outline_->runs.empty()) {
    return false;
  }
  while (outline_->runs[run_].end <= step_.row) {
    ++run_;
  }
  return !outline_->runs[run_].alone;
}

/// What the step feeds in its next cycle, which is one of the run and not alone in it.
void ExecuteTiming::next_run_row(Row& row) {
  row.last.valid = false;
  if (step_.computing) {
    if (feed_->before_block_end() == 0) {
      row.last = feed_->block_end();
    }
    feed_->skip(step_.row, 1);
  }
  static_cast<Fed&>(row) = outline_->runs[run_];
  row.weight_bank = 0;
  row.in_turns = false;
  row.last_of_step = step_.row + 1 == step_.rows;
  row.computing = step_.computing;
  row.acc_row = row.vector ? destination().acc_row + step_.row : 0;
  row.accumulate = row.vector && destination().accumulate;
  row.compute_entry = step_.compute_entry;
  row.preload_entry = step_.computing ? feed_->streaming().preload_entry : 0;
}

/// The next `rows` rows of a run, the first of which is read in cycle `read`.
void ExecuteTiming::skip_rows(Cycle read, std::uint32_t rows) {
  while (step_.computing && rows > 0) {
    std::uint32_t skipped = rows;
    if (const std::uint32_t before = feed_->before_block_end(); before < rows) {
      block_leaves(read + before + scratchpad_read_latency_, feed_->block_end());
      skipped = before + 1;
    }
    feed_->skip(step_.row, skipped);
    step_.row += skipped;
    read += skipped;
    rows -= skipped;
  }
  step_.row += rows;
}

/// Rows of runs that go through without meeting anyone: issued one a cycle from `from` on, up to
/// cycle `until`, each read one cycle later. Returns how many.
std::uint32_t ExecuteTiming::settle_runs(Cycle from, Cycle until) {
  if (!flows(from) || !in_run()) {
    return 0;
  }
  const StepRun& run = outline_->runs[run_];
  const Row* before = queue_.empty() ? nullptr : &queue_.front().row;
  const bool alike = before != nullptr && before->ifmap_banks == run.ifmap_banks &&
                     before->weight_banks == run.weight_banks && !before->in_turns;
  if (before != nullptr && !alike && !finds_banks_free(from, *before)) {
    return 0;
  }
  const Cycle end = flow_ends(alike ? from : from + 1, from, until);
  if (end == from) {
    return 0;
  }
  const auto count = static_cast<std::uint32_t>(end - from);
  if (before != nullptr) {
    row_read(from, *before);
  }
  if (const Fed* last_read = take_runs(from, end, before)) {
    claim_banks(end - 1, *last_read);
  }
  skip_rows(from + 1, count - 1);
  Pushed& last = queue_.empty() ? queue_.push() : queue_.front();
  next_run_row(last.row);
  last.pushed = end - 1;
  ++step_.row;
  issued_through_ = end - 1;
  read_through_ = end - 1;
  stalled_before_ = false;
  if (step_.row == step_.rows) {
    finish();
  }
  return count;
}

/// The next row is issued in cycle `from` and read in the one behind, and so on. The first cycle
/// from `checked` on in which one of them meets a write; `until` + 1 at most, or the cycle in which
/// a row comes that is looked at alone.
Cycle ExecuteTiming::flow_ends(Cycle checked, Cycle from, Cycle until) const {
  for (std::size_t i = run_;; ++i) {
    const StepRun& run = outline_->runs[i];
    // In this cycle the run's last row is read, and the first one behind it issued.
    const Cycle behind = from + (run.end - step_.row);
    const bool goes_on = behind <= until && run.end < step_.rows && !outline_->runs[i + 1].alone;
    const Cycle last = goes_on ? behind + 1 : std::min(until + 1, behind);
    const Cycle end = first_conflict(checked, last, run);
    if (end < last || !goes_on) {
      return end;
    }
    checked = last;
  }
}

/// The rows that are issued in [from, end), all but the last of them read. Returns what is fed in
/// cycle end - 1: in cycle `from` it is `before`.
const ExecuteTiming::Fed* ExecuteTiming::take_runs(Cycle from, Cycle end, const Fed* before) {
  const Fed* last_read = before;
  for (Cycle issued = from;; ++run_) {
    const StepRun& run = outline_->runs[run_];
    const Cycle behind = std::min(end, from + (run.end - step_.row));
    const Cycle read = std::min(end, behind + 1);
    ledger_.fill(behind, run.cause);
    if (issued + 1 < read) {
      const auto row = step_.row + static_cast<std::uint32_t>(issued - from);
      rows_read(issued + 1, read, run, destination().acc_row + row, destination().accumulate);
      last_read = &run;
    }
    if (behind == end) {
      return last_read;
    }
    issued = behind;
  }
}

/// Cycles from `from` on, up to `until`, in which the pair that is being read waits for a bank that
/// is written in each of them. Returns how many.
std::uint32_t ExecuteTiming::settle_stall(Cycle from, Cycle until) {
  const bool issues = active() && queued() == 0;
  if (!has_pending_ || !stalled_ || issues || ifmap_read_ == weight_read_) {
    return 0;
  }
  const Row& pending = queue_.front().row;
  const Banks* banks = ifmap_read_ ? pending.weight_banks : pending.ifmap_banks;
  if (banks == nullptr || banks->size() > 1 || scratchpad_->dual_ported()) {
    return 0;
  }
  const std::uint32_t bank = banks->front();
  const BankedLocal memory = scratchpad_->banks().memory_of(bank);
  const Cycle end = scratchpad_->writes().while_written(
      from, until + 1, bank,
      [&](BankUser by, Cycle cycles) { conflicts_.add(memory, BankUser::Array, by, cycles); });
  if (end == from) {
    return 0;
  }
  if (active()) {
    ledger_.fill(end, Cause::WaitBank);
  }
  issued_through_ = read_through_ = end - 1;
  stalled_before_ = true;
  return static_cast<std::uint32_t>(end - from);
}

/// The first cycle of [from, until) in which a bank that these rows read is written; else `until`.
Cycle ExecuteTiming::first_conflict(Cycle from, Cycle until, const Fed& fed) const {
  if (scratchpad_->dual_ported()) {
    return until;
  }
  for (const Banks* banks : {fed.ifmap_banks, fed.weight_banks}) {
    for (std::size_t i = 0; banks != nullptr && i < banks->size(); ++i) {
      until = scratchpad_->writes().first_of(from, until, (*banks)[i]);
    }
  }
  return until;
}

/// Nothing keeps the row from being read in this cycle.
bool ExecuteTiming::finds_banks_free(Cycle cycle, const Row& row) const {
  return !row.in_turns && !meet(row.ifmap_banks, row.weight_banks) &&
         first_conflict(cycle, cycle + 1, row) > cycle;
}

void ExecuteTiming::claim_banks(Cycle cycle, const Fed& fed) {
  claimed_at_ = cycle;
  claimed_ifmap_ = fed.ifmap_banks;
  claimed_weights_ = fed.weight_banks;
}

}  // namespace systole
