#include "models/array/execute_unit.hpp"

#include <algorithm>

#include "models/sequencer/queue_depths.hpp"

namespace systole {
namespace {

constexpr Dataflow kStreamsIfmap = Dataflow::WeightStationary;  // the others by a transposer

}  // namespace

ExecuteUnit::ExecuteUnit(const sc_core::sc_module_name& name, const Clock& clock,
                         const ExecuteUnitConfig& config, const Wire<Cause>& upstream,
                         const Wire<std::uint64_t>& results_written,
                         const Wire<bool>& operands_stalled, Measurements& measurements,
                         const Wire<bool>* operand_queue_full)
    : ClockedModule{name, clock},
      array_{config.array},
      overlap_{config.array.overlap == Overlap::Full},
      waits_for_drain_{config.array.dataflow != Dataflow::OutputStationary ||
                       config.array.os_drain},
      feed_{make_fold_feed(config.array)},
      min_step_rows_{config.array.min_step_rows},
      steps_in_flight_{config.array.steps_in_flight},
      operand_queue_{config.operand_queue},
      rows_ahead_{1 + config.scratchpad_read_latency},
      upstream_{upstream},
      results_written_{results_written},
      operands_stalled_{operands_stalled},
      operand_queue_full_{operand_queue_full},
      measurements_{measurements} {}

void ExecuteUnit::tick() {
  while (step_leaving->can_pop()) {
    leaving_.push_back(step_leaving->pop().cycle);
    --steps_entering_;
  }
  if (window_.size() < kExecuteWindow && commands->can_pop()) {
    window_.push_back(commands->pop());
  }
  row_waits_ = row_waits_ && operands_stalled_.read();
  if (row_waits_ && step_.row == 1) {
    join_preload();
  }
  if (!active() && !row_waits_ && array_has_room()) {
    start();
  }
  const Cause cause = active() ? advance() : waiting();
  measurements_.ledger.book(LedgerUnit::Array, cause);
}

/// The first row of a step that starts now would be at the array's edge rows_ahead_ cycles from
/// now.
bool ExecuteUnit::array_has_room() {
  while (!leaving_.empty() && leaving_.front() < now() + rows_ahead_) {
    leaving_.pop_front();
  }
  return operand_queue_ || leaving_.size() + steps_entering_ < steps_in_flight_;
}

/// Chooses what the next steps do from the commands that are here.
void ExecuteUnit::start() {
  step_ = {};
  while (!active() && !window_.empty()) {
    if (window_.front().is<ComputeCommand>()) {
      step_.computing = true;
      step_.compute_entry = take().entry;
      const FoldSteps steps = feed_->begin_stream();
      step_.preload_from = steps.load_from;
      step_.rows = steps.stream;
    }
    if (window_.empty() || !window_.front().is<PreloadCommand>() || !may_preload()) {
      return;
    }
    take_preload();
    if (step_.rows == 0) {
      finish();  // nothing to shift in: go on to its compute
    }
  }
}

void ExecuteUnit::take_preload() {
  const IssuedCommand preload = take();
  step_.preloading = true;
  step_.preload_entry = preload.entry;
  step_.keeps_sums = preload.as<PreloadCommand>().keeps_sums;
  step_.preload_rows = feed_->begin_load(preload, window_.front()).load;
  step_.rows = std::max(step_.rows, step_.preload_from + step_.preload_rows);
  if (step_.rows == 0 && min_step_rows_ > 1) {
    step_.rows = min_step_rows_;
  }
}

/// The preload behind a compute that started alone has come before the scratchpad has looked at the
/// compute's first row: they go together after all.
void ExecuteUnit::join_preload() {
  if (!step_.computing || step_.preloading || window_.empty() ||
      !window_.front().is<PreloadCommand>() || !may_preload()) {
    return;
  }
  take_preload();
  OperandPair& pair = operand_read->back();
  add_load(pair, 0);
  name_keeping(pair);
}

IssuedCommand ExecuteUnit::take() {
  const IssuedCommand command = window_.front();
  window_.pop_front();
  return command;
}

/// A preload goes only when its compute is here too.
bool ExecuteUnit::may_preload() const {
  const bool pair_here = window_.size() >= 2;
  const bool new_weights = window_.front().as<PreloadCommand>().new_weights;
  if (overlap_ || !new_weights) {
    return pair_here;
  }
  return pair_here && !step_.computing && (waits_for_drain_ ? !results_pending() : array_left());
}

Cause ExecuteUnit::advance() {
  if (row_waits_ || !operand_read->can_push()) {
    // With a full queue the array has no room: the results before are still on their way.
    const bool full = operand_queue_full_ != nullptr && operand_queue_full_->read();
    return full ? Cause::Drain : Cause::WaitBank;
  }
  OperandPair pair = next_pair();
  const bool streams = pair.stream.valid || (pair.ifmap.valid && array_.dataflow == kStreamsIfmap);
  const bool fills = pair.ifmap.valid || pair.weight.valid || pair.stream.shift;
  const bool full = streams && fills_array(array_, pair);
  operand_read->push(std::move(pair));
  row_waits_ = true;
  ++step_.row;
  if (step_.row == step_.rows) {
    finish();
  }
  if (!streams) {
    return fills ? Cause::Fill : Cause::BusyPartial;
  }
  return full ? Cause::Busy : Cause::BusyPartial;
}

Cause ExecuteUnit::waiting() const {
  const bool lacks_compute = window_.size() == 1 && window_.front().is<PreloadCommand>();
  if (!window_.empty() && !lacks_compute) {
    return Cause::Drain;  // the results before are still on their way
  }
  const Cause cause = upstream_.read();
  return cause == Cause::Idle && results_pending() ? Cause::Drain : cause;
}

OperandPair ExecuteUnit::next_pair() {
  OperandPair pair;
  pair.last_of_step = step_.row + 1 == step_.rows;
  pair.computing = step_.computing;
  if (step_.computing) {
    pair.compute_entry = step_.compute_entry;
    pair.preload_entry = destination_entry_;
    feed_->stream(step_.row, pair);
  }
  add_load(pair, step_.row);
  name_keeping(pair);
  return pair;
}

void ExecuteUnit::name_keeping(OperandPair& pair) const {
  if (step_.keeps_sums) {
    pair.keeping_entry = step_.preload_entry;
  }
}

/// What is read for the preload with row `row` of the step.
void ExecuteUnit::add_load(OperandPair& pair, std::uint32_t row) {
  if (step_.preloading && row >= step_.preload_from &&
      row < step_.preload_from + step_.preload_rows) {
    feed_->load(row - step_.preload_from, pair);
    pair.together = step_.computing && array_.dataflow == kStreamsIfmap;
  }
}

void ExecuteUnit::finish() {
  if (step_.computing && !keeps_sums_) {
    ++computes_;
  }
  if (step_.rows > 0) {
    ++steps_entering_;
  }
  if (step_.preloading) {
    destination_entry_ = step_.preload_entry;
    keeps_sums_ = step_.keeps_sums;
  }
  step_ = {};
}

void ExecuteUnit::list_signals(SignalList& list) const {
  list.add_flag("computing", [this] { return step_.computing; });
  list.add_flag("preloading", [this] { return step_.preloading; });
  list.add("row", 32, [this] { return step_.row; });
  list.add("rows", 32, [this] { return step_.rows; });
  list.add("commands_waiting", 16, [this] { return window_.size(); });
  list.add("steps_in_array", 16, [this] { return leaving_.size() + steps_entering_; });
}

}  // namespace systole
