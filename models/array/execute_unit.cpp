#include "models/array/execute_unit.hpp"

namespace systole {
namespace {

constexpr std::size_t kWindow = 3;  // compute, next preload and its compute

}  // namespace

ExecuteUnit::ExecuteUnit(const sc_core::sc_module_name& name, const Clock& clock,
                         const AcceleratorConfig& config, const Wire<Cause>& upstream,
                         Measurements& measurements)
    : ClockedModule{name, clock},
      rows_{config.array.rows},
      cols_{config.array.cols},
      overlap_{config.array.overlap == Overlap::Full},
      upstream_{upstream},
      measurements_{measurements} {}

void ExecuteUnit::tick() {
  if (ifmap_read_done->can_pop()) {
    done->push({ifmap_read_done->pop().entry});
  }
  if (result_done->can_pop()) {
    done->push({result_done->pop().entry});
    --results_pending_;
  }
  if (window_.size() < kWindow && commands->can_pop()) {
    window_.push_back(commands->pop());
  }
  if (!active()) {
    start();
  }
  const Cause cause = active() ? advance() : waiting();
  measurements_.ledger.book(LedgerUnit::Array, cause);
}

/// Chooses what the next steps do from the commands that are here.
void ExecuteUnit::start() {
  step_ = {};
  while (!active() && !window_.empty()) {
    if (window_.front().is<ComputeCommand>()) {
      step_.computing = true;
      step_.compute = take();
      step_.compute_rows = step_.compute.as<ComputeCommand>().rows();
    }
    if (window_.empty() || !window_.front().is<PreloadCommand>() || !may_preload()) {
      return;
    }
    step_.preload = take();
    step_.preloading = true;
    step_.preload_rows = step_.preload.as<PreloadCommand>().new_weights ? rows_ : 0;
    if (!step_.computing && step_.preload_rows == 0) {
      finish();  // nothing to shift in: go on to its compute
    }
  }
}

IssuedCommand ExecuteUnit::take() {
  const IssuedCommand command = window_.front();
  window_.pop_front();
  return command;
}

bool ExecuteUnit::may_preload() const {
  const bool pair_here = window_.size() >= 2;
  if (!window_.front().as<PreloadCommand>().new_weights) {
    return !step_.computing || pair_here;
  }
  if (overlap_) {
    return !step_.computing || pair_here;
  }
  return !step_.computing && results_pending_ == 0;
}

Cause ExecuteUnit::advance() {
  if (!operand_read->can_push()) {
    return Cause::WaitBank;
  }
  OperandPair pair = next_pair();
  const bool ifmap = pair.ifmap.valid;
  const bool full = ifmap && pair.ifmap.k == rows_ && pair.ifmap.n == cols_;
  if (pair.ifmap.swap) {
    weights_fresh_ = false;
  }
  operand_read->push(std::move(pair));
  ++step_.row;
  if (step_.row >= step_.compute_rows && step_.row >= step_.preload_rows) {
    finish();
  }
  return !ifmap ? Cause::Fill : full ? Cause::Busy : Cause::BusyPartial;
}

Cause ExecuteUnit::waiting() const {
  if (!window_.empty()) {
    return Cause::Drain;  // overlap none: the results before are still on their way
  }
  const Cause cause = upstream_.read();
  return cause == Cause::Idle && results_pending_ > 0 ? Cause::Drain : cause;
}

OperandPair ExecuteUnit::next_pair() const {
  OperandPair pair;
  if (step_.computing && step_.row < step_.compute_rows) {
    const auto& compute = step_.compute.as<ComputeCommand>();
    const auto& destination = destination_.as<PreloadCommand>();
    IfmapStep& ifmap = pair.ifmap;
    ifmap.valid = true;
    ifmap.row = compute.ifmap_row + step_.row / compute.count_w * compute.pitch_h +
                step_.row % compute.count_w * compute.pitch_w;
    ifmap.k = compute.k;
    ifmap.n = destination.n;
    ifmap.acc_row = destination.acc_row + step_.row;
    ifmap.accumulate = destination.accumulate;
    ifmap.swap = step_.row == 0 && weights_fresh_;
    ifmap.last = step_.row + 1 == step_.compute_rows;
    ifmap.compute_entry = step_.compute.entry;
    ifmap.preload_entry = destination_.entry;
  }
  if (step_.preloading && step_.row < step_.preload_rows) {
    const auto& preload = step_.preload.as<PreloadCommand>();
    WeightStep& weight = pair.weight;
    weight.valid = true;
    weight.index = rows_ - 1 - step_.row;
    weight.zero = weight.index >= preload.k;
    weight.from = {preload.weights.memory, preload.weights.row + weight.index};
    weight.n = preload.n;
  }
  return pair;
}

void ExecuteUnit::finish() {
  if (step_.computing) {
    ++results_pending_;
  }
  if (step_.preloading) {
    destination_ = step_.preload;
    weights_fresh_ = step_.preload_rows > 0;
  }
  step_ = {};
}

}  // namespace systole
