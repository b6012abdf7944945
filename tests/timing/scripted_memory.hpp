#pragma once

#include <cstdint>
#include <deque>
#include <map>
#include <vector>

#include "models/dram/beat_timing.hpp"
#include "models/dram/burst_phase.hpp"
#include "sim/kernel/clocked_module.hpp"
#include "sim/kernel/tlm.hpp"

namespace systole::test {

/// A memory for one unit under test. It notes every request, of a write of several beats also its
/// first; an answer's first beat is at the unit `latency` cycles after the request, or when the
/// unit has ended the answer before. Byte `a` reads as a modulo 256.
class ScriptedMemory final : public ClockedModule {
 public:
  struct Request {
    std::uint64_t cycle = 0;
    bool is_write = false;
    std::uint64_t address = 0;
    std::uint64_t bytes = 0;
  };

  tlm_utils::multi_passthrough_target_socket<ScriptedMemory> socket{"socket"};
  std::uint64_t latency = 20;
  std::uint32_t cycles_per_beat = 1;
  std::vector<Request> requests;
  std::vector<std::uint64_t> bursts_begun;  ///< cycles of BEGIN_BURST
  std::map<std::uint64_t, std::uint8_t> written;

  ScriptedMemory(const sc_core::sc_module_name& name, const Clock& clock)
      : ClockedModule{name, clock} {
    socket.register_nb_transport_fw(this, &ScriptedMemory::nb_transport_fw);
  }

  std::vector<std::uint64_t> cycles() const {
    std::vector<std::uint64_t> all;
    for (const Request& request : requests) {
      all.push_back(request.cycle);
    }
    return all;
  }

 private:
  struct Answer {
    tlm::tlm_generic_payload* payload = nullptr;
    std::uint64_t due = 0;
  };

  void tick() override {
    if (answers_.empty() || answers_.front().due > now() || now() + 1 < next_first_beat_) {
      return;
    }
    tlm::tlm_generic_payload& payload = *answers_.front().payload;
    answers_.pop_front();
    payload.get_extension<BeatTiming>()->cycles_per_beat = cycles_per_beat;
    payload.set_response_status(tlm::TLM_OK_RESPONSE);
    tlm::tlm_phase phase = tlm::BEGIN_RESP;
    sc_core::sc_time delay = sc_core::SC_ZERO_TIME;
    socket[0]->nb_transport_bw(payload, phase, delay);
    next_first_beat_ = now() + delay.value() / Clock::period().value();
  }

  tlm::tlm_sync_enum nb_transport_fw(int, tlm::tlm_generic_payload& payload, tlm::tlm_phase& phase,
                                     sc_core::sc_time&) {
    if (phase == BEGIN_BURST) {
      bursts_begun.push_back(now());
      return tlm::TLM_ACCEPTED;
    }
    requests.push_back(
        {now(), payload.is_write(), payload.get_address(), payload.get_data_length()});
    for (unsigned i = 0; i < payload.get_data_length(); ++i) {
      const unsigned char* enable = payload.get_byte_enable_ptr();
      const bool enabled =
          enable == nullptr || enable[i % payload.get_byte_enable_length()] == TLM_BYTE_ENABLED;
      if (payload.is_write() && enabled) {
        written[payload.get_address() + i] = payload.get_data_ptr()[i];
      } else if (!payload.is_write()) {
        payload.get_data_ptr()[i] = static_cast<std::uint8_t>(payload.get_address() + i);
      }
    }
    answers_.push_back({&payload, now() + latency - 1});
    phase = tlm::END_REQ;
    return tlm::TLM_UPDATED;
  }

  std::deque<Answer> answers_;
  std::uint64_t next_first_beat_ = 0;  // not before the master has ended the answer before
};

}  // namespace systole::test
