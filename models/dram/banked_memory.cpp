#include "models/dram/banked_memory.hpp"

#include <algorithm>
#include <utility>

#include "models/dram/beat_timing.hpp"
#include "models/dram/make_dram.hpp"
#include "models/dram/payload.hpp"
#include "sim/kernel/invariant.hpp"

namespace systole {

BankedMemory::BankedMemory(const sc_core::sc_module_name& name, const Clock& clock,
                           const DramBlockConfig& config, const dram::Config& memory,
                           std::uint32_t masters, Measurements& measurements,
                           dram::CommandObserver* commands, RequestObserver* requests)
    : Dram{name, clock},
      timing_{memory, port_config(config, masters), commands, requests},
      cycles_per_beat_{config.cycles_per_beat()},
      held_(masters, nullptr),
      measurements_{measurements} {
  socket.register_nb_transport_fw(this, &BankedMemory::nb_transport_fw);
  socket.register_b_transport(this, &BankedMemory::b_transport);
  socket.register_transport_dbg(this, &BankedMemory::transport_dbg);
}

void BankedMemory::tick() {
  timing_.tick(now());
  measurements_.ledger.book(LedgerUnit::Dram, timing_.cause());
  if (timing_.accepted()) {
    carry_out(*payloads_[*timing_.accepted()]);
  }
  if (timing_.answered()) {
    answer(*timing_.answered());
  }
  for (const std::uint32_t master : timing_.released()) {
    tlm::tlm_phase phase = tlm::END_REQ;
    sc_core::sc_time delay = sc_core::SC_ZERO_TIME;
    tlm::tlm_generic_payload& payload = *std::exchange(held_[master], nullptr);
    socket[static_cast<int>(master)]->nb_transport_bw(payload, phase, delay);
  }
}

void BankedMemory::answer(const dram::PortAnswer& answer) {
  tlm::tlm_generic_payload& payload = *std::exchange(payloads_[answer.id], nullptr);
  if (auto* beats = payload.get_extension<BeatTiming>(); beats != nullptr) {
    beats->cycles_per_beat = cycles_per_beat_;
  }
  tlm::tlm_phase phase = tlm::BEGIN_RESP;
  sc_core::sc_time delay = sc_core::SC_ZERO_TIME;
  const tlm::tlm_sync_enum response =
      socket[static_cast<int>(answer.master)]->nb_transport_bw(payload, phase, delay);
  if (response == tlm::TLM_COMPLETED) {  // END_RESP
    timing_.ready_for_answer(answer.master, now() + delay.value() / Clock::period().value());
  }
}

void BankedMemory::start_layer() { timing_.start_layer(now()); }

void BankedMemory::finish_layer() { measurements_.events += timing_.finish_layer(now()).events(); }

tlm::tlm_sync_enum BankedMemory::nb_transport_fw(int master, tlm::tlm_generic_payload& payload,
                                                 tlm::tlm_phase& phase, sc_core::sc_time& delay) {
  static_cast<void>(delay);
  if (phase == tlm::END_RESP) {
    return tlm::TLM_COMPLETED;
  }
  if (phase != tlm::BEGIN_REQ) {
    return tlm::TLM_ACCEPTED;
  }
  const auto from = static_cast<std::uint32_t>(master);
  invariant(held_.at(from) == nullptr, *this, "a second request before END_REQ");
  const dram::PortBurst burst{payload.get_address(), payload.get_data_length(), payload.is_write(),
                              slot_for(payload), static_cast<std::uint32_t>(useful_bytes(payload))};
  if (timing_.request(from, burst, now())) {
    phase = tlm::END_REQ;
    return tlm::TLM_UPDATED;
  }
  held_[from] = &payload;
  return tlm::TLM_ACCEPTED;
}

std::uint64_t BankedMemory::slot_for(tlm::tlm_generic_payload& payload) {
  const auto free = std::find(payloads_.begin(), payloads_.end(), nullptr);
  const auto slot = static_cast<std::uint64_t>(free - payloads_.begin());
  if (free == payloads_.end()) {
    payloads_.push_back(&payload);
  } else {
    *free = &payload;
  }
  return slot;
}

void BankedMemory::b_transport(int master, tlm::tlm_generic_payload& payload,
                               sc_core::sc_time& delay) {
  static_cast<void>(master);
  perform(payload, store_);
  delay += static_cast<double>(timing_.latency_of_closed_bank()) * Clock::period();
}

unsigned BankedMemory::transport_dbg(int master, tlm::tlm_generic_payload& payload) {
  static_cast<void>(master);
  perform(payload, store_);
  return payload.get_data_length();
}

}  // namespace systole
