// Which preload and compute go into the array next, and when.
#include <algorithm>

#include "models/array/execute_timing.hpp"

namespace systole {

/// A step makes room when its results will have left before a new step's first row enters.
bool ExecuteTiming::array_has_room(Cycle now) {
  while (!room_at_.empty() && room_at_.front() <= now) {
    room_at_.pop_front();
  }
  return room_at_.size() + steps_entering_ < array_.steps_in_flight;
}

void ExecuteTiming::start(Cycle now) {
  step_ = {};
  while (!active() && commands_here(now) > 0) {
    if (window_.front().command.is<ComputeCommand>()) {
      step_.computing = true;
      step_.compute_entry = take(now).entry;
      const FoldSteps steps = feed_->begin_stream();
      step_.preload_from = steps.load_from;
      step_.rows = steps.stream;
    }
    if (!may_preload(now)) {
      break;
    }
    take_preload(now);
    if (step_.rows == 0) {
      finish();  // nothing to shift in: go on to its compute
    }
  }
  if (active()) {
    outline_step();
  }
}

void ExecuteTiming::take_preload(Cycle now) {
  const IssuedCommand preload = take(now);
  step_.preloading = true;
  step_.preload_entry = preload.entry;
  step_.preload_rows = feed_->begin_load(preload, window_.front().command).load;
  step_.rows = std::max(step_.rows, step_.preload_from + step_.preload_rows);
  if (step_.rows == 0 && array_.min_step_rows > 1) {
    step_.rows = array_.min_step_rows;
  }
}

/// The first row of a compute that started alone stands behind a pair that stalls: the preload and
/// its compute, here only now, still go with it.
void ExecuteTiming::join_preload(Cycle now) {
  if (!step_.computing || step_.preloading || !may_preload(now)) {
    return;
  }
  take_preload(now);
  outline_step();
  add_load(queue_.back().row, 0);
}

IssuedCommand ExecuteTiming::take(Cycle now) {
  const IssuedCommand command = window_.front().command;
  if (window_.size() == kExecuteWindow) {
    no_room_before_ = std::max(no_room_before_, now + 1);
  }
  window_.erase(window_.begin());
  return command;
}

/// Whether a preload is next, and can begin.
bool ExecuteTiming::may_preload(Cycle now) const {
  const std::size_t here = commands_here(now);
  if (here == 0 || !window_.front().command.is<PreloadCommand>()) {
    return false;
  }
  const bool pair_here = here >= 2;
  const bool new_weights = window_.front().command.as<PreloadCommand>().new_weights;
  if (array_.overlap == Overlap::Full || !new_weights) {
    return pair_here;
  }
  const bool array_left = room_at_.empty() && steps_entering_ == 0;
  return pair_here && !step_.computing && (waits_for_drain_ ? !results_pending(now) : array_left);
}

void ExecuteTiming::finish() {
  if (step_.computing) {
    ++computes_;
  }
  if (step_.rows > 0) {
    ++steps_entering_;
  }
  step_ = {};
}

}  // namespace systole
