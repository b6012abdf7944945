// Rows of a step that are alike, many at a time.
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

/// Puts the rows of a step together that are alike, if those of an operand are all read from the
/// same banks.
void ExecuteTiming::outline_step() {
  runs_.clear();
  run_ = 0;
  completes_ = 0;
  stream_runs_.clear();
  load_runs_.clear();
  banks_at_ = (banks_at_ + 1) % banks_.size();
  StepBanks& banks = banks_[banks_at_];
  banks.stream_ifmap.clear();
  bool known = true;
  if (step_.computing) {
    feed_->stream_runs(stream_runs_);
    // Weight stationary, a load compares its bank with that of pixels beside it that are padding.
    const std::uint32_t pixels =
        streams_ifmap_ ? std::max(compute().rows(), step_.preload_rows) : compute().rows();
    known = find_ifmap_banks(feed_->streaming(), pixels, banks.stream_ifmap) &&
            (streams_ifmap_ || find_stream_weights(destination(), banks.stream_weights));
  }
  if (step_.preloading && step_.preload_rows > 0) {
    feed_->load_runs(load_runs_);
    known = known &&
            (streams_ifmap_ || find_ifmap_banks(feed_->loading(), feed_->loading().compute.rows(),
                                                banks.load_ifmap)) &&
            find_weight_banks(feed_->loading().preload, 0, banks.load_weights);
  }
  std::size_t of_stream = 0;
  std::size_t of_load = 0;
  const bool full = step_.computing && fills_array(config_.array, feed_->streaming());
  for (std::uint32_t row = 0; known && row < step_.rows;) {
    const FoldRun stream = run_at(stream_runs_, of_stream, row);
    completes_ = stream.last ? row : completes_;
    FoldRun load;
    std::uint32_t end = step_.rows;
    if (row < step_.preload_from) {
      end = std::min(end, step_.preload_from);
    } else {
      load = run_at(load_runs_, of_load, row - step_.preload_from);
      end = load.end == 0 ? end : std::min(end, load.end + step_.preload_from);
    }
    runs_.push_back(step_run(stream, load, full));
    row = runs_.back().end = stream.end == 0 ? end : std::min(end, stream.end);
  }
}

/// Of rows in which a stream and a load do these things.
ExecuteTiming::StepRun ExecuteTiming::step_run(const FoldRun& stream, const FoldRun& load,
                                               bool full) const {
  const StepBanks& banks = banks_[banks_at_];
  StepRun run;
  if (stream.ifmap || load.ifmap) {
    run.ifmap_banks = stream.ifmap ? &banks.stream_ifmap : &banks.load_ifmap;
  }
  if (stream.weights || load.weights) {
    run.weight_banks =
        stream.weights ? &banks.stream_weights[stream.weight_block] : &banks.load_weights;
  }
  run.vector = streams_ifmap_ && stream.streams;
  run.streams = !streams_ifmap_ && stream.streams;
  run.shift = load.shift;
  // Weight stationary, a row of weights goes in turns with a pixel of the same bank, even if one of
  // them is padding.
  const bool in_turns = streams_ifmap_ && load.shift && !banks.stream_ifmap.empty() &&
                        banks.stream_ifmap.front() == banks.load_weights.front();
  run.alone = stream.last || (stream.ifmap && load.ifmap) || (stream.weights && load.weights) ||
              in_turns || meet(run.ifmap_banks, run.weight_banks);
  if (stream.streams) {
    run.cause = full ? Cause::Busy : Cause::BusyPartial;
  } else if (load.shift || load.ifmap || load.weights || stream.ifmap || stream.weights) {
    run.cause = Cause::Fill;
  }
  return run;
}

/// Of `pixels` pixels, each bank once. False if they are not those of every pixel, or if PEs with a
/// transposer take several products at once.
bool ExecuteTiming::find_ifmap_banks(const FoldCommands& fold, std::uint32_t pixels,
                                     Banks& banks) const {
  banks.clear();
  const ComputeCommand& compute = fold.compute;
  const BankMap& map = scratchpad_->banks();
  const std::uint32_t lines = (std::max(pixels, 1U) - 1 + compute.skip) / compute.count_w;
  const std::uint32_t spanned = lines * compute.pitch_h + (compute.count_w - 1) * compute.pitch_w;
  for (const IfmapPart& part : fold.parts) {
    const LocalAddress first{LocalMemory::Scratchpad, compute.ifmap_row + part.row};
    if (!map.in_one_bank(first, first.row + spanned)) {
      return false;
    }
    const std::uint32_t bank = map.bank_of(first);
    if (!is_in(&banks, bank)) {
      banks.push_back(bank);
    }
  }
  // Output stationary, a cycle reads one part of some pixels.
  const bool every_part = config_.array.dataflow != Dataflow::OutputStationary;
  return (every_part || banks.size() <= 1) && (streams_ifmap_ || compute.products_per_pe == 1);
}

/// Of a block of weights. False if its rows are in several.
bool ExecuteTiming::find_weight_banks(const PreloadCommand& preload, std::uint32_t block,
                                      Banks& banks) const {
  banks.clear();
  const BankMap& map = scratchpad_->banks();
  // Weight stationary, rows of zeros follow those that are read.
  const std::uint32_t rows = streams_ifmap_ ? rows_ : preload.weight_rows();
  if (rows == 0) {
    return true;
  }
  const LocalAddress first{preload.weights.memory,
                           preload.weights.row + block * preload.weights_pitch};
  banks.push_back(map.bank_of(first));
  return map.in_one_bank(first, first.row + rows - 1);
}

/// Of each block. False if the rows of one are in several.
bool ExecuteTiming::find_stream_weights(const PreloadCommand& preload,
                                        std::vector<Banks>& banks) const {
  banks.resize(blocks(preload, config_));
  for (std::uint32_t block = 0; block < banks.size(); ++block) {
    if (!find_weight_banks(preload, block, banks[block])) {
      return false;
    }
  }
  return true;
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
  if (step_.computing) {
    feed_->skip(step_.row, 1);
  }
  static_cast<Fed&>(row) = runs_[run_];
  row.weight_bank = 0;
  row.in_turns = false;
  row.last_of_step = step_.row + 1 == step_.rows;
  row.computing = step_.computing;
  row.acc_row = row.vector ? destination().acc_row + step_.row : 0;
  row.accumulate = row.vector && destination().accumulate;
  row.compute_entry = step_.compute_entry;
  row.preload_entry = step_.computing ? feed_->streaming().preload_entry : 0;
  row.last.valid = false;
}

/// Rows of a run that go through without meeting anyone: issued one a cycle from `from` on, up to
/// cycle `until`, each read one cycle later. Returns how many.
std::uint32_t ExecuteTiming::settle_run(Cycle from, Cycle until) {
  if (!flows(from) || !in_run() || !finds_banks_free(from, queue_.front().row)) {
    return 0;
  }
  const StepRun& run = runs_[run_];
  // Cycle from reads the row that was issued last, from + i row step_.row - 1 + i of the run, which
  // is issued a cycle before.
  const Cycle end =
      first_conflict(from + 1, std::min(until + 1, from + (run.end - step_.row)), run);
  const auto count = static_cast<std::uint32_t>(end - from);
  row_read(from, queue_.front().row);
  if (count > 1) {
    rows_read(from + 1, end, run, destination().acc_row + step_.row, destination().accumulate);
  }
  claim_banks(end - 1, count > 1 ? static_cast<const Fed&>(run) : queue_.front().row);
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

/// The first cycle of [from, until) in which a bank that these rows read is written; else `until`.
Cycle ExecuteTiming::first_conflict(Cycle from, Cycle until, const Fed& fed) const {
  if (scratchpad_->dual_ported()) {
    return until;
  }
  return scratchpad_->writes().first_of(from, until, [&](std::uint32_t bank) {
    return is_in(fed.ifmap_banks, bank) || is_in(fed.weight_banks, bank);
  });
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
