#include "models/dram/banked/banked_memory_timing.hpp"

#include <algorithm>
#include <utility>

namespace systole::dram {
namespace {

std::uint64_t length(std::uint64_t first, std::uint64_t end) {
  return end > first ? end - first : 0;
}

}  // namespace

void BankedMemoryTiming::ShiftedCommands::on_command(const IssuedCommand& command) {
  IssuedCommand shifted = command;
  shifted.cycle += base;
  to->on_command(shifted);
}

void BankedMemoryTiming::ShiftedCommands::on_settled(Cycle cycle) { to->on_settled(base + cycle); }

BankedMemoryTiming::BankedMemoryTiming(Config memory, const PortConfig& port,
                                       CommandObserver* commands, RequestObserver* requests)
    : config_{std::move(memory)},
      port_{port},
      clocks_{port.core_mhz, config_.timing.tck_ns},
      request_shift_{static_cast<std::uint32_t>(__builtin_ctz(config_.request_bytes))},
      bus_shift_{static_cast<std::uint32_t>(__builtin_ctz(port.bus_bytes))},
      origin_{config_.timing.refi / 2},
      soonest_read_{Cycle{config_.timing.cl} + config_.burst_cycles()},
      soonest_write_{Cycle{config_.timing.cwl} + config_.burst_cycles()},
      command_observer_{commands},
      request_observer_{requests},
      masters_(port.masters) {
  shifted_.to = commands;
  start_layer(0);
}

void BankedMemoryTiming::start_layer(std::uint64_t now) {
  shifted_.base = trace_end_;
  memory_ =
      std::make_unique<BankedDram>(config_, command_observer_ != nullptr ? &shifted_ : nullptr);
  memory_->advance_to(origin_);
  start_ = now;
  for (Master& master : masters_) {
    master = {};
  }
  next_master_ = 0;
  request_free_ = 0;
  response_free_ = 1;
  offer_cycle_ = 0;
  offered_ = 0;
  retry_ = 0;
  next_sequence_ = 0;
  ticked_ = 0;
  request_due_ = kNever;
  memory_due_.reset();
  drained_ = 0;
  busy_cycles_ = 0;
  busy_end_ = 0;
  idle_cycles_ = 0;
  bandwidth_.clear();
}

/// In a trace the memory goes on after a layer, which ended with `end`, until it is at rest, and
/// the next layer counts from the refresh that it finds there, so that all layers are one legal
/// trace.
void BankedMemoryTiming::end_trace_of_layer(Cycle end) {
  const Timing& timing = config_.timing;
  const Cycle last = memory_->come_to_rest(end) + kMostCommandCycles;
  const Cycle data = std::max(timing.cl, timing.cwl) + Cycle{config_.burst_cycles()};
  const Cycle rules_end =  // of any earlier command
      last + std::max<Cycle>({timing.rfc, timing.rc, timing.rp, timing.rp_ab, timing.faw,
                              timing.rrd_s, timing.rrd_l, timing.ccd_l, timing.rtw,
                              data + timing.rtrs, data + timing.wtr_s, data + timing.wtr_l});
  const Cycle refresh = timing.refi == 0 ? 0 : (end + timing.refi - 1) / timing.refi * timing.refi;
  trace_end_ = shifted_.base + std::max(refresh, rules_end > origin_ ? rules_end - origin_ : 0);
}

LayerActivity BankedMemoryTiming::finish_layer(std::uint64_t now) {
  const std::uint64_t end = now - start_ + 1;
  accept_before(end);
  book_idle(end);
  LayerActivity activity;
  activity.busy_cycles = busy_cycles_ - length(end, busy_end_);
  activity.waiting_cycles = end - 1 - idle_cycles_ - activity.busy_cycles;
  const Cycle cycle = origin_ + clocks_.memory_from(end);
  memory_->advance_to(cycle);
  activity.device = memory_->stats(cycle);
  activity.device.precharged_cycles -=
      origin_ * config_.organization.units() * config_.organization.channels;
  if (command_observer_ != nullptr || request_observer_ != nullptr) {
    end_trace_of_layer(cycle);
  }
  return activity;
}

bool BankedMemoryTiming::request(std::uint32_t master, const PortBurst& burst, std::uint64_t now) {
  Master& from = masters_[master];
  const std::uint64_t t = now - start_;
  accept_before(t);
  const std::uint32_t index = allocate();
  Open& open = bursts_[index];
  open.burst = burst;
  open.pushed = t;
  ++queued_;
  const bool has_room = from.has_room(t);
  if (has_room) {
    from.requests.push_back(index);
    request_due_ = std::min(request_due_, std::max(request_free_, t + 1));
  } else {
    from.held = index;
    ++held_;
    request_due_ = std::min(request_due_, t + 1);
  }
  if (memory_due_ && from.unanswered.empty()) {
    memory_due_ = std::min(*memory_due_, soonest_answer(burst));
  }
  return has_room;
}

void BankedMemoryTiming::tick(std::uint64_t now) {
  const std::uint64_t t = now - start_;
  accepted_.reset();
  answered_.reset();
  released_.clear();
  accept_before(t + 1);
  responding_ = t < response_free_;  // what is answered now begins in the next cycle
  if (t >= memory_due()) {
    memory_due_.reset();
    run_memory(origin_ + clocks_.memory_from(t + 1));
    take_completions();
    answer(t);
  }
  ticked_ = t;
}

/// A channel has beats from `from` on and before `end`. Each call is for the same `from` as the one
/// before, or a later one.
void BankedMemoryTiming::book_busy(std::uint64_t from, std::uint64_t end) {
  busy_cycles_ += length(std::max(from, busy_end_), end);
  busy_end_ = std::max(busy_end_, end);
}

/// Up to cycle t nothing comes; a burst that is open, or the end of the last ones, is waited for.
void BankedMemoryTiming::book_idle(std::uint64_t t) {
  if (open_reads_ + open_writes_ == 0) {
    idle_cycles_ += length(std::max(response_free_, drained_), t);
  }
}

/// Does what is due to requests in cycles before `end`. Nobody sees the cycle in which a burst is
/// accepted but a master whose next one is held (next_event()), and who ticks every cycle.
void BankedMemoryTiming::accept_before(std::uint64_t end) {
  while (request_due_ < end) {
    const std::uint64_t t = request_due_;
    accept(t);
    if (held_ != 0) {
      release(t);
    }
    find_request_due(t);
  }
}

/// After the tick of cycle t.
void BankedMemoryTiming::find_request_due(std::uint64_t t) {
  request_due_ = kNever;
  for (const Master& master : masters_) {
    if (!master.requests.empty()) {
      request_due_ = std::min(request_due_,
                              std::max(request_free_, bursts_[master.requests.front()].pushed + 1));
    }
    if (master.held && master.requests.size() < kQueue) {
      request_due_ = t + 1;
    }
  }
}

/// All memory cycles before `end`.
void BankedMemoryTiming::run_memory(Cycle end) {
  while (!offers_.empty()) {
    Cycle cycle = next_offer();
    if (cycle == offer_cycle_ && offered_ == config_.organization.channels) {
      ++cycle;
    }
    if (cycle >= end) {
      break;
    }
    if (cycle != offer_cycle_) {
      offer_cycle_ = cycle;
      offered_ = 0;
    }
    if (!offer(cycle)) {
      retry_ = std::max(cycle, memory_->next_command()) + 1;
    }
  }
  memory_->advance_to(end);
}

inline bool BankedMemoryTiming::offer(Cycle cycle) {
  const Offer& first = offers_.front();
  Open& open = bursts_[first.open];
  if (!memory_->offer({first.address, open.burst.write, first.open}, cycle)) {
    return false;
  }
  ++offered_;
  if (--open.offers_left == 0 && open.burst.write) {
    open.ready = clocks_.core_from(cycle + 1 - origin_) + port_.path_latency;
  }
  offers_.pop_front();
  return true;
}

/// Those of all commands that have started, even if their data are yet to come.
inline void BankedMemoryTiming::take_completions() {
  memory_->take_known_completions([this](const Completion& done) {
    const auto index = static_cast<std::uint32_t>(done.id);
    Open& open = bursts_[index];
    open.data_end = std::max(open.data_end, clocks_.core_from(done.finish - origin_));
    if (--open.accesses_left == 0) {
      if (open.burst.write) {
        close_if_done(index);
      } else {
        open.ready = open.data_end + port_.path_latency;
      }
    }
  });
}

/// A burst is done when it has its answer and its data have moved: of a write they may be yet to.
inline void BankedMemoryTiming::close_if_done(std::uint32_t index) {
  const Open& open = bursts_[index];
  if (!open.answered || open.accesses_left != 0) {
    return;
  }
  free_bursts_.push_back(index);
  if (open.burst.write) {
    --open_writes_;
    drained_ = std::max(drained_, open.data_end - 1);
  } else {
    --open_reads_;
  }
}

void BankedMemoryTiming::answer(std::uint64_t t) {
  if (response_free_ > t + 1) {
    return;
  }
  Master* first = nullptr;
  for (Master& master : masters_) {
    if (master.unanswered.empty() || master.ready_for_answer > t + 1) {
      continue;
    }
    const Open& oldest = bursts_[master.unanswered.front()];
    if (oldest.ready <= t + 1 &&
        (first == nullptr || oldest.sequence < bursts_[first->unanswered.front()].sequence)) {
      first = &master;
    }
  }
  if (first == nullptr) {
    return;
  }
  const std::uint32_t index = first->unanswered.front();
  first->unanswered.pop_front();
  Open& open = bursts_[index];
  open.answered = true;
  response_free_ = t + 1 + (open.burst.write ? 1 : beat_cycles(open.burst));
  book_busy(t + 1, response_free_);
  if (!open.burst.write) {
    bandwidth_.add(t + 1, response_free_ - t - 1, false, open.burst.useful);
  }
  answered_ = PortAnswer{static_cast<std::uint32_t>(first - masters_.data()), open.burst.id};
  close_if_done(index);
}

/// Takes one burst when the request channel is free.
inline void BankedMemoryTiming::accept(std::uint64_t t) {
  if (t < request_free_) {
    return;
  }
  for (std::size_t i = 0; i < masters_.size(); ++i) {
    const std::size_t candidate = later_master(i);
    Master& master = masters_[candidate];
    if (master.requests.empty() || bursts_[master.requests.front()].pushed >= t) {
      continue;
    }
    const std::uint32_t index = master.requests.front();
    const PortBurst& burst = bursts_[index].burst;
    master.requests.pop_front();
    master.unanswered.push_back(index);
    master.popped = t;
    --queued_;
    next_master_ = later_master(i + 1);
    request_free_ = t + (burst.write ? beat_cycles(burst) : 1);
    book_idle(t);
    book_busy(t, request_free_);
    if (burst.write) {
      bandwidth_.add(t, request_free_ - t, true, burst.useful);
    }
    accepted_ = burst.id;
    dispatch(index);
    return;
  }
}

/// Sends a burst on its way when the request channel has carried it.
inline void BankedMemoryTiming::dispatch(std::uint32_t index) {
  Open& open = bursts_[index];
  const std::uint64_t first = open.burst.address >> request_shift_;
  const std::uint64_t last = (open.burst.address + open.burst.bytes - 1) >> request_shift_;
  open.sequence = next_sequence_++;
  open.offers_left = static_cast<std::uint32_t>(last - first + 1);
  open.accesses_left = open.offers_left;
  const Cycle from = origin_ + clocks_.memory_from(request_free_);
  for (std::uint64_t request = first; request <= last; ++request) {
    const std::uint64_t address = request << request_shift_;
    offers_.push_back({address, index, from});
    if (request_observer_ != nullptr) {
      request_observer_->on_request(shifted_.base + from, open.burst.write, address);
    }
  }
  ++(open.burst.write ? open_writes_ : open_reads_);
}

void BankedMemoryTiming::release(std::uint64_t t) {
  for (std::uint32_t i = 0; i < masters_.size(); ++i) {
    Master& master = masters_[i];
    if (master.held && master.has_room(t)) {
      const std::uint32_t index = *std::exchange(master.held, std::nullopt);
      bursts_[index].pushed = t;
      master.requests.push_back(index);
      --held_;
      released_.push_back(i);
    }
  }
}

/// A place for a burst, as new.
inline std::uint32_t BankedMemoryTiming::allocate() {
  if (free_bursts_.empty()) {
    free_bursts_.push_back(static_cast<std::uint32_t>(bursts_.size()));
    bursts_.emplace_back();
  }
  const std::uint32_t index = free_bursts_.back();
  free_bursts_.pop_back();
  bursts_[index] = {};
  return index;
}

/// Cycles of the beats that the burst's bytes touch.
inline std::uint64_t BankedMemoryTiming::beat_cycles(const PortBurst& burst) const {
  const std::uint64_t first = burst.address >> bus_shift_;
  const std::uint64_t last = (burst.address + burst.bytes - 1) >> bus_shift_;
  return (last - first + 1) * port_.cycles_per_beat;
}

/// No cycle before has an answer or ends the last write, whatever is sent from now on. Masters'
/// answers come in order: only the oldest burst of each matters.
std::uint64_t BankedMemoryTiming::find_memory_due() {
  std::uint64_t due = kNever;
  for (const Master& master : masters_) {
    if (!master.unanswered.empty()) {
      const Open& oldest = bursts_[master.unanswered.front()];
      const std::uint64_t ready =
          oldest.ready != kNever ? oldest.ready : soonest_ready(oldest.burst.write);
      due = std::min(due, std::max({ready, response_free_, master.ready_for_answer}) - 1);
    } else if (!master.requests.empty()) {
      due = std::min(due, soonest_answer(bursts_[master.requests.front()].burst));
    }
  }
  if (open_reads_ == 0) {  // else the end of a write changes nothing
    if (open_writes_ != 0) {
      const Cycle data = std::min(memory_->next_access(), next_offer()) + soonest_write_;
      due = std::min(due, clocks_.core_from(data - origin_) - 1);
    } else if (drained_ > ticked_) {
      due = std::min(due, drained_);
    }
  }
  return due;
}

/// Of the oldest burst of a master, on its way to the memory or there.
std::uint64_t BankedMemoryTiming::soonest_ready(bool write) {
  const Cycle data =
      write ? next_offer() + 1 : std::min(memory_->next_access(), next_offer()) + soonest_read_;
  return clocks_.core_from(data - origin_) + port_.path_latency;
}

std::uint64_t BankedMemoryTiming::latency_of_closed_bank() const {
  const Timing& timing = config_.timing;
  return clocks_.core_from(Cycle{timing.rcd} + timing.cl + config_.burst_cycles()) +
         port_.path_latency;
}

}  // namespace systole::dram
