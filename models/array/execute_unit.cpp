#include "models/array/execute_unit.hpp"

#include <algorithm>

namespace systole {
namespace {

constexpr std::size_t kWindow = 3;  // compute, next preload and its compute

}  // namespace

ExecuteUnit::ExecuteUnit(const sc_core::sc_module_name& name, const Clock& clock,
                         const AcceleratorConfig& config, const Wire<Cause>& upstream,
                         const Wire<std::uint64_t>& results_written,
                         const Wire<bool>& operands_stalled, Measurements& measurements)
    : ClockedModule{name, clock},
      rows_{config.array.rows},
      cols_{config.array.cols},
      overlap_{config.array.overlap == Overlap::Full},
      min_step_rows_{config.array.min_step_rows},
      steps_in_flight_{config.array.steps_in_flight},
      rows_ahead_{1 + config.scratchpad.read_latency},
      upstream_{upstream},
      results_written_{results_written},
      operands_stalled_{operands_stalled},
      measurements_{measurements} {}

void ExecuteUnit::tick() {
  while (step_leaving->can_pop()) {
    leaving_.push_back(step_leaving->pop().cycle);
    --steps_entering_;
  }
  if (window_.size() < kWindow && commands->can_pop()) {
    window_.push_back(commands->pop());
  }
  first_row_waits_ = first_row_waits_ && operands_stalled_.read();
  if (first_row_waits_) {
    join_preload();
  }
  if (!active() && !operands_stalled_.read() && array_has_room()) {
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
  return leaving_.size() + steps_entering_ < steps_in_flight_;
}

/// Chooses what the next steps do from the commands that are here.
void ExecuteUnit::start() {
  step_ = {};
  while (!active() && !window_.empty()) {
    if (window_.front().is<ComputeCommand>()) {
      step_.computing = true;
      step_.compute = take();
      step_.compute_rows = step_.compute.as<ComputeCommand>().rows();
      step_.rows = std::max(step_.compute_rows, min_step_rows_);
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
  step_.preload = take();
  step_.preloading = true;
  step_.preload_rows = step_.preload.as<PreloadCommand>().new_weights ? rows_ : 0;
  step_.rows = std::max(step_.rows, step_.preload_rows);
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
  add_weights(operand_read->back(), 0);
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
  return pair_here && !step_.computing && !results_pending();
}

Cause ExecuteUnit::advance() {
  if (operands_stalled_.read() || !operand_read->can_push()) {
    return Cause::WaitBank;
  }
  OperandPair pair = next_pair();
  const bool ifmap = pair.ifmap.valid;
  const bool full = ifmap && pair.ifmap.k == rows_ && pair.ifmap.n == cols_;
  if (pair.ifmap.swap) {
    weights_fresh_ = false;
  }
  operand_read->push(std::move(pair));
  first_row_waits_ = step_.row == 0;
  const bool filling = step_.row < step_.preload_rows;
  ++step_.row;
  if (step_.row == step_.rows) {
    finish();
  }
  if (!ifmap) {
    return filling ? Cause::Fill : Cause::BusyPartial;
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

OperandPair ExecuteUnit::next_pair() const {
  OperandPair pair;
  pair.last_of_step = step_.row + 1 == step_.rows;
  pair.computing = step_.computing;
  if (step_.computing) {
    const auto& compute = step_.compute.as<ComputeCommand>();
    const auto& destination = destination_.as<PreloadCommand>();
    pair.compute_entry = step_.compute.entry;
    pair.preload_entry = destination_.entry;
    IfmapStep& ifmap = pair.ifmap;
    ifmap.valid = step_.row < step_.compute_rows;
    ifmap.row = compute.ifmap_row + step_.row / compute.count_w * compute.pitch_h +
                step_.row % compute.count_w * compute.pitch_w;
    ifmap.k = compute.k;
    ifmap.n = destination.n;
    ifmap.acc_row = destination.acc_row + step_.row;
    ifmap.accumulate = destination.accumulate;
    ifmap.swap = step_.row == 0 && weights_fresh_;
  }
  add_weights(pair, step_.row);
  return pair;
}

/// The weights that are shifted in with row `row` of the step.
void ExecuteUnit::add_weights(OperandPair& pair, std::uint32_t row) const {
  if (!step_.preloading || row >= step_.preload_rows) {
    return;
  }
  const auto& preload = step_.preload.as<PreloadCommand>();
  WeightStep& weight = pair.weight;
  weight.valid = true;
  weight.index = rows_ - 1 - row;
  weight.zero = weight.index >= preload.k;
  weight.from = {preload.weights.memory, preload.weights.row + weight.index};
  weight.n = preload.n;
  pair.together = step_.computing;
}

void ExecuteUnit::finish() {
  if (step_.computing) {
    ++computes_;
  }
  if (step_.rows > 0) {
    ++steps_entering_;
  }
  if (step_.preloading) {
    destination_ = step_.preload;
    weights_fresh_ = step_.preload_rows > 0;
  }
  step_ = {};
}

}  // namespace systole
