#include "models/dram/ideal_dram.hpp"

#include <algorithm>
#include <string>
#include <utility>

#include "models/dram/burst_phase.hpp"
#include "models/dram/payload.hpp"
#include "sim/kernel/invariant.hpp"

namespace systole {
IdealDram::IdealDram(const sc_core::sc_module_name& name, const Clock& clock,
                     const DramBlockConfig& config, std::uint32_t masters,
                     Measurements& measurements, RequestObserver* requests)
    : Dram{name, clock},
      bus_bytes_{config.bus_bytes},
      latency_{config.dram.latency_cycles},
      write_latency_{config.write_latency()},
      cycles_per_beat_{config.cycles_per_beat()},
      write_cycles_per_beat_{config.write_cycles_per_beat()},
      observer_{requests},
      measurements_{measurements} {
  for (std::uint32_t i = 0; i < masters; ++i) {
    masters_.push_back(std::make_unique<Master>(std::to_string(i)));
  }
  socket.register_nb_transport_fw(this, &IdealDram::nb_transport_fw);
  socket.register_b_transport(this, &IdealDram::b_transport);
  socket.register_transport_dbg(this, &IdealDram::transport_dbg);
}

void IdealDram::start_layer() {
  layer_start_ = now();
  // A layer's cycles do not depend on what ran before it: an acknowledgement may still hold the
  // response channel when its layer has ended.
  next_master_ = 0;
  request_free_ = 0;
  response_start_ = 0;
  response_free_ = 0;
  for (const auto& master : masters_) {
    master->ready_for_answer = 0;
  }
  bandwidth_.clear();
}

void IdealDram::tick() {
  responding_ = now() >= response_start_ && now() < response_free_;
  answer();
  accept();
  take_waiting();
  const bool busy = bursting_ || now() < request_free_ || responding_;
  const bool pending = !answers_.empty() || now() < response_start_;
  measurements_.ledger.book(LedgerUnit::Dram, busy      ? Cause::Busy
                                              : pending ? Cause::WaitDram
                                                        : Cause::Idle);
}

/// Starts the oldest answer on the response channel when its time has come. The master sees it in
/// the next cycle.
void IdealDram::answer() {
  if (answers_.empty()) {
    return;
  }
  const Answer& oldest = answers_.front();
  std::uint64_t& master_ready = masters_[oldest.master]->ready_for_answer;
  const std::uint64_t start = std::max({oldest.ready, response_free_, master_ready});
  if (start > now() + 1) {
    return;
  }
  response_start_ = start;
  response_free_ = start + oldest.cycles;
  tlm::tlm_generic_payload& payload = *oldest.payload;
  if (!payload.is_write()) {
    bandwidth_.add(start - layer_start_, oldest.cycles, false, useful_bytes(payload));
  }
  const std::uint32_t master = oldest.master;
  if (auto* beats = payload.get_extension<BeatTiming>(); beats != nullptr) {
    beats->cycles_per_beat = cycles_per_beat_;
  }
  answers_.pop_front();
  tlm::tlm_phase phase = tlm::BEGIN_RESP;
  sc_core::sc_time delay = sc_core::SC_ZERO_TIME;
  const tlm::tlm_sync_enum answer =
      socket[static_cast<int>(master)]->nb_transport_bw(payload, phase, delay);
  if (answer == tlm::TLM_COMPLETED) {
    master_ready = now() + delay.value() / Clock::period().value();  // END_RESP
  }
}

/// Takes one request, or starts a burst, when the request channel is free; ends the burst when its
/// last beat is there.
void IdealDram::accept() {
  if (bursting_) {
    if (masters_[*bursting_]->requests.can_pop()) {
      take_request(*bursting_, burst_start_);
      bursting_.reset();
    }
    return;
  }
  if (now() < request_free_) {
    return;
  }
  for (std::size_t i = 0; i < masters_.size(); ++i) {
    const std::size_t candidate = (next_master_ + i) % masters_.size();
    if (masters_[candidate]->requests.can_pop()) {
      take_request(candidate, now());
      return;
    }
    if (masters_[candidate]->begun.can_pop()) {
      bursting_ = candidate;
      burst_start_ = now();
      return;
    }
  }
}

/// The next request of `master`, whose first beat is on the channel in `first_cycle`: its last one
/// cannot be before now.
void IdealDram::take_request(std::size_t master, std::uint64_t first_cycle) {
  tlm::tlm_generic_payload& payload = *masters_[master]->requests.pop();
  auto& begun = masters_[master]->begun;
  if (begun.can_pop() && begun.front() == &payload) {
    begun.pop();
  }
  next_master_ = (master + 1) % masters_.size();
  const std::uint64_t beats = beat_cycles(payload);
  const std::uint64_t last_cycle =
      std::max(now(), first_cycle + (payload.is_write() ? beats - 1 : 0));
  request_free_ = last_cycle + 1;
  carry_out(payload);
  if (payload.is_write()) {
    bandwidth_.add(last_cycle + 1 - beats - layer_start_, beats, true, useful_bytes(payload));
  }
  tell(payload);
  answers_.push_back({&payload, static_cast<std::uint32_t>(master),
                      last_cycle + (payload.is_write() ? write_latency_ : latency_),
                      payload.is_write() ? cycles_per_beat_ : beats});
}

void IdealDram::take_waiting() {
  for (std::size_t i = 0; i < masters_.size(); ++i) {
    Master& master = *masters_[i];
    if (master.waiting != nullptr && master.requests.can_push()) {
      master.requests.push(master.waiting);
      tlm::tlm_phase phase = tlm::END_REQ;
      sc_core::sc_time delay = sc_core::SC_ZERO_TIME;
      tlm::tlm_generic_payload& payload = *std::exchange(master.waiting, nullptr);
      socket[static_cast<int>(i)]->nb_transport_bw(payload, phase, delay);
    }
  }
}

tlm::tlm_sync_enum IdealDram::nb_transport_fw(int master, tlm::tlm_generic_payload& payload,
                                              tlm::tlm_phase& phase, sc_core::sc_time& delay) {
  static_cast<void>(delay);
  if (phase == tlm::END_RESP) {
    return tlm::TLM_COMPLETED;
  }
  Master& from = *masters_.at(static_cast<std::size_t>(master));
  if (phase == BEGIN_BURST) {
    from.begun.push(&payload);
    return tlm::TLM_ACCEPTED;
  }
  invariant(phase == tlm::BEGIN_REQ, *this, "an unexpected phase from a master");
  invariant(from.waiting == nullptr, *this, "a second request before END_REQ");
  if (from.requests.can_push()) {
    from.requests.push(&payload);
    phase = tlm::END_REQ;
    return tlm::TLM_UPDATED;
  }
  from.waiting = &payload;
  return tlm::TLM_ACCEPTED;
}

void IdealDram::b_transport(int master, tlm::tlm_generic_payload& payload,
                            sc_core::sc_time& delay) {
  static_cast<void>(master);
  perform(payload, store_);
  const std::uint32_t latency = payload.is_write() ? write_latency_ : latency_;
  delay += static_cast<double>(latency + beat_cycles(payload)) * Clock::period();
}

unsigned IdealDram::transport_dbg(int master, tlm::tlm_generic_payload& payload) {
  static_cast<void>(master);
  perform(payload, store_);
  return payload.get_data_length();
}

/// A request as long as a burst of all memories that we have; a longer one in such parts.
void IdealDram::tell(const tlm::tlm_generic_payload& payload) const {
  if (observer_ == nullptr) {
    return;
  }
  const std::uint64_t end = payload.get_address() + payload.get_data_length();
  for (std::uint64_t at = payload.get_address(); at < end; at += kTracedBytes) {
    observer_->on_request(now(), payload.is_write(), at);
  }
}

/// Cycles of the beats that the payload's bytes touch.
std::uint64_t IdealDram::beat_cycles(const tlm::tlm_generic_payload& payload) const {
  const std::uint64_t first = payload.get_address() / bus_bytes_;
  const std::uint64_t last = (payload.get_address() + payload.get_data_length() - 1) / bus_bytes_;
  return (last - first + 1) * (payload.is_write() ? write_cycles_per_beat_ : cycles_per_beat_);
}

void IdealDram::list_signals(SignalList& list) const {
  Dram::list_signals(list);
  list.add_flag("request_beat", [this] { return bursting_.has_value() || now() < request_free_; });
  list.add_flag("response_beat", [this] { return responding_; });
  list.add("answers_waiting", 16, [this] { return answers_.size(); });
}

}  // namespace systole
