#include "models/bus/crossbar.hpp"

#include <algorithm>
#include <utility>

namespace systole {
namespace {

// Of the memory's tags: whose answer it is.
constexpr std::uint32_t kWriteTag = 1U << 31U;

}  // namespace

Crossbar::Crossbar(const sc_core::sc_module_name& name, const Clock& clock, const BusConfig& config)
    : ClockedModule{name, clock},
      memory{"memory", [this](const DramResponse& response) { return take_response(response); }},
      beat_bytes_{config.beat_bytes},
      answers_{"answers", config.queue} {}

void Crossbar::start_layer() {
  first_ = kStore;
  port_free_ = 0;
}

bool Crossbar::idle() const { return !bursting_ && arriving_.empty() && answers_.size() == 0; }

void Crossbar::tick() {
  pass_on();
  take_beat();
  arbitrate();
}

/// The oldest beat goes to its unit.
void Crossbar::pass_on() {
  if (!answers_.can_pop()) {
    return;
  }
  FifoOut<BusAnswer>& unit = answers_.front().write ? acknowledgements : data;
  if (unit->can_push()) {
    unit->push(answers_.pop());
  }
}

/// The next beat at the port.
void Crossbar::take_beat() {
  if (arriving_.empty() || now() < std::max(arriving_.front().from, port_free_) ||
      !answers_.can_push()) {
    return;
  }
  Arriving& oldest = arriving_.front();
  port_free_ = now() + oldest.answer.cycles_per_beat;
  ++oldest.taken;
  if (oldest.taken == oldest.beats) {
    answers_.push(std::move(oldest.answer));
    arriving_.pop_front();
    return;
  }
  answers_.push(oldest.answer);
  oldest.answer.first = false;
  oldest.answer.bytes.clear();
}

/// One beat of one unit goes to the memory.
void Crossbar::arbitrate() {
  if (bursting_) {
    take_from(*bursting_);
    return;
  }
  if (memory.can_request() && !take_from(first_)) {
    take_from(first_ == kLoad ? kStore : kLoad);
  }
}

bool Crossbar::take_from(Unit unit) {
  FifoIn<BusBeat>& queue = unit == kLoad ? reads : writes;
  if (!queue->can_pop()) {
    return false;
  }
  const BusBeat& beat = queue->front();
  const Burst& burst = beat.burst;
  const auto offset = static_cast<std::uint32_t>(burst.useful_first - burst.address);
  const std::uint32_t tag = beat.tag | (beat.write ? kWriteTag : 0);
  if (!beat.write) {
    memory.read(burst.address, burst.size, tag);
  } else if (beat.first && beat.last) {
    memory.write(burst.address, burst.size, offset, beat.bytes.data(), burst.useful, tag);
  } else if (beat.first) {
    memory.begin_write(burst.address, burst.size, offset, beat.bytes.data(), burst.useful, tag);
  } else if (beat.last) {
    memory.end_write();
  }
  first_ = unit == kLoad ? kStore : kLoad;
  bursting_ = beat.last ? std::nullopt : std::optional{unit};
  queue->drop();
  return true;
}

/// The memory starts an answer. It may go on as if the queue had room: what does not fit is taken
/// later, in order.
std::uint64_t Crossbar::take_response(const DramResponse& response) {
  Arriving arriving;
  arriving.answer.write = (response.tag & kWriteTag) != 0;
  arriving.answer.tag = response.tag & ~kWriteTag;
  arriving.answer.cycles_per_beat = response.cycles_per_beat;
  arriving.answer.bytes = response.bytes;
  arriving.from = response.first_beat;
  if (!arriving.answer.write) {
    arriving.beats = response.bytes.size() / beat_bytes_;
  }
  const std::uint64_t beats = arriving.beats;
  arriving_.push_back(std::move(arriving));
  return response.first_beat + beats * response.cycles_per_beat;
}

void Crossbar::list_signals(SignalList& list) const {
  list.add_flag("burst", [this] { return bursting_.has_value(); });
  list.add("answers_held", 16, [this] { return arriving_.size(); });
}

}  // namespace systole
