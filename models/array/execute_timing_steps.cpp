// Which preload and compute go into the array next, and when.
#include <algorithm>

#include "models/array/execute_timing.hpp"

namespace systole {

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
      step_.compute_entry = take().entry;
      compute_ = next_compute_;
      destination_ = next_preload_;
      const FoldSteps steps = feed_->begin_stream();
      step_.preload_from = steps.load_from;
      step_.rows = steps.stream;
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
  const IssuedCommand preload = take();
  step_.preloading = true;
  step_.preload_entry = preload.entry;
  next_preload_ = preload.as<PreloadCommand>();
  next_compute_ = window_.front().as<ComputeCommand>();
  step_.preload_rows = feed_->begin_load(preload, window_.front()).load;
  step_.rows = std::max(step_.rows, step_.preload_from + step_.preload_rows);
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
  add_load(queue_.back().row, 0);
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
  const bool array_left = room_at_.empty() && steps_entering_ == 0;
  return pair_here && !step_.computing && (waits_for_drain_ ? !results_pending(now) : array_left);
}

/// Finds the bank of each operand, if it has one.
void ExecuteTiming::prepare_step() {
  step_.simple = false;
  if (!streams_ifmap_) {
    outline_step();
    return;
  }
  if (config_.array.gather_rows > 1) {
    return;
  }
  const BankMap& banks = scratchpad_->banks();
  bool simple = true;
  if (step_.computing) {
    const IfmapParts parts = ifmap_parts(compute_, rows_);
    if (parts.size() != 1) {
      return;
    }
    step_.vectors = compute_.rows();
    step_.acc_row = destination_.acc_row;
    step_.accumulate = destination_.accumulate;
    // Rows of padding continue the pattern as far as weights go beside them.
    const std::uint32_t last = std::max(step_.vectors, step_.preload_rows) - 1 + compute_.skip;
    const std::uint32_t first_row = compute_.ifmap_row + parts[0].row;
    const std::uint32_t furthest = first_row + last / compute_.count_w * compute_.pitch_h +
                                   (compute_.count_w - 1) * compute_.pitch_w;
    step_.ifmap_bank = banks.bank_of({LocalMemory::Scratchpad, first_row});
    simple = banks.in_one_bank({LocalMemory::Scratchpad, first_row}, furthest);
    const bool full = compute_.k == rows_ * compute_.products_per_pe && destination_.n == cols_;
    step_.busy = full ? Cause::Busy : Cause::BusyPartial;
  }
  if (step_.preload_rows > 0) {
    step_.weight_reads = next_preload_.weight_rows();
    step_.weight_bank = banks.bank_of(next_preload_.weights);
    simple =
        simple && banks.in_one_bank(next_preload_.weights, next_preload_.weights.row + rows_ - 1);
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
    destination_entry_ = step_.preload_entry;
  }
  step_ = {};
}

}  // namespace systole
