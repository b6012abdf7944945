// How the load unit's bursts and their answers pass a crossbar.

#include <utility>

#include "models/bus/bus_config.hpp"
#include "models/dma/load_unit.hpp"

namespace systole {

/// The two stages of translation. What cannot go on from the second one goes to the first again.
bool LoadUnit::cross() {
  const bool misses = pages_->misses(PageLookups::kReader, now());
  const std::optional<std::uint32_t> from_first = first_stage_;
  pages_->look_up(PageLookups::kReader, now(), from_first.has_value(),
                  from_first ? in_flight_[*from_first].burst.address : 0);
  first_stage_.reset();
  const std::optional<std::uint32_t> slot = std::exchange(second_stage_, from_first);
  if (!slot) {
    return false;
  }
  if (misses || !reads->can_push()) {
    first_stage_ = slot;
    return false;
  }
  BusBeat& beat = reads->push();
  beat = {};
  beat.burst = in_flight_[*slot].burst;
  beat.tag = *slot;
  return true;
}

/// The merger takes the next beat from its queue: the first one of a burst when it has done with
/// the burst before, the others as they come.
void LoadUnit::take_beat() {
  if (!data->can_pop() || (data->front().first && now() < merger_free_)) {
    return;
  }
  const BusAnswer& beat = data->front();
  if (beat.first) {
    const std::uint64_t at_port = now() - (kCrossbarDataCycles - 1);
    merger_free_ = take_response({beat.tag, beat.bytes, at_port, beat.cycles_per_beat}) +
                   kCrossbarDataCycles - 1;
  }
  data->drop();
}

}  // namespace systole
