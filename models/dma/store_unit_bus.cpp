// How the store unit's beats and their acknowledgements pass a crossbar.

#include <utility>

#include "models/bus/bus_config.hpp"
#include "models/dma/store_unit.hpp"

namespace systole {

/// The two stages of translation, and whether a beat can be formed behind them in this cycle.
bool StoreUnit::cross() {
  const bool misses = crossed_.pages->misses(PageLookups::kWriter, now());
  std::optional<Translated> again;
  bool sent = false;
  if (second_stage_ && misses) {
    again = std::exchange(second_stage_, std::nullopt);
  } else if (second_stage_ && writes->can_push()) {
    send_beat(*second_stage_);
    second_stage_.reset();
    sent = true;
  }
  const bool leaves = first_stage_ && !second_stage_;
  const bool first_free = !first_stage_ || leaves;
  crossed_.pages->look_up(PageLookups::kWriter, now(), leaves, looked_up_);
  may_form_ = first_free && !again && !behind_;
  std::optional<Translated> left;
  if (leaves) {
    left = std::exchange(first_stage_, std::nullopt);
  }
  if (again) {
    first_stage_ = again;
    behind_ = left;
    return sent;
  }
  if (left) {
    second_stage_ = left;
  }
  if (first_free && behind_) {
    first_stage_ = std::exchange(behind_, std::nullopt);
  }
  return sent;
}

/// Of the oldest burst.
void StoreUnit::send_beat(const Translated& sent) {
  Outgoing& burst = outgoing_.front();
  BusBeat& beat = writes->push();
  beat = {true, sent.first, sent.last, burst.burst, burst.slot, {}};
  if (sent.first) {
    beat.bytes = std::move(burst.bytes);
  }
  if (sent.last) {
    outgoing_.pop_front();
  }
}

/// With the beat that was formed in this cycle.
void StoreUnit::enter_translation() {
  if (formed_) {
    first_stage_ = std::exchange(formed_, std::nullopt);
  }
  if (first_stage_) {
    looked_up_ = first_stage_->address;
  }
}

void StoreUnit::take_acknowledgements() {
  while (acknowledgements->can_pop()) {
    take_acknowledgement({acknowledgements->front().tag, {}, now() - (kCrossbarDataCycles - 1), 1});
    acknowledgements->drop();
  }
}

}  // namespace systole
