#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "models/dram/beat_timing.hpp"
#include "models/dram/dram.hpp"
#include "models/dram/dram_block_config.hpp"
#include "models/dram/request_observer.hpp"
#include "sim/kernel/fifo.hpp"
#include "sim/kernel/tlm.hpp"
#include "sim/stats/measurements.hpp"
#include "sim/storage/ring.hpp"

namespace systole {

/// A memory of fixed latency and bandwidth behind a TLM-2.0 socket that any number of masters may
/// bind.
///
/// One request channel: a read holds it for a cycle, a write from its first beat (BEGIN_BURST, or
/// BEGIN_REQ if that comes alone) for the cycles of its beats, and on until its last beat is there
/// (BEGIN_REQ). Masters take turns (round robin); a burst is not interrupted. One response channel:
/// answers leave in the order in which requests were accepted, a read holds it for the cycles of
/// its beats, a write's acknowledgement for those of one. An answer waits, and those behind it,
/// until its master has ended the response before (END_RESP). A beat is dma.bus_bytes and takes
/// dma.bus_bytes / dram.bytes_per_cycle cycles, one of write data dma.bus_bytes /
/// dram.write_bytes_per_cycle.
///
/// Timing: a phase sent in cycle t is on the request channel in t + 1 at the earliest; the first
/// beat of the answer is at the master `latency_cycles` after the request's last cycle on the
/// channel, an acknowledgement `write_latency_cycles` if that is not 0.
class IdealDram final : public Dram {
 public:
  tlm_utils::multi_passthrough_target_socket<IdealDram> socket{"socket"};

  IdealDram(const sc_core::sc_module_name& name, const Clock& clock, const DramBlockConfig& config,
            std::uint32_t masters, Measurements& measurements, RequestObserver* requests = nullptr);

  Socket& target() override { return socket; }
  void start_layer() override;
  void finish_layer() override {}
  bool idle() const override { return answers_.empty() && !bursting_; }
  void list_signals(SignalList& list) const override;
  const BandwidthSeries& bandwidth() const override { return bandwidth_; }

 private:
  struct Master {
    explicit Master(const std::string& number)
        : requests{("requests_" + number).c_str(), 2}, begun{("begun_" + number).c_str(), 4} {}
    Fifo<tlm::tlm_generic_payload*> requests;
    Fifo<tlm::tlm_generic_payload*> begun;  // writes of which BEGIN_BURST came, not yet accepted
    std::uint64_t ready_for_answer = 0;     // earliest first beat of its next answer
    tlm::tlm_generic_payload* waiting = nullptr;  // BEGIN_REQ that still has no END_REQ
  };
  struct Answer {
    tlm::tlm_generic_payload* payload = nullptr;
    std::uint32_t master = 0;
    std::uint64_t ready = 0;   // earliest cycle of its first beat
    std::uint64_t cycles = 1;  // on the response channel
  };

  void tick() override;
  void take_waiting();
  void accept();
  void take_request(std::size_t master, std::uint64_t first_cycle);
  void answer();
  void tell(const tlm::tlm_generic_payload& payload) const;
  std::uint64_t beat_cycles(const tlm::tlm_generic_payload& payload) const;

  tlm::tlm_sync_enum nb_transport_fw(int master, tlm::tlm_generic_payload& payload,
                                     tlm::tlm_phase& phase, sc_core::sc_time& delay);
  void b_transport(int master, tlm::tlm_generic_payload& payload, sc_core::sc_time& delay);
  unsigned transport_dbg(int master, tlm::tlm_generic_payload& payload);

  const std::uint32_t bus_bytes_;
  const std::uint32_t latency_;
  const std::uint32_t write_latency_;
  const std::uint32_t cycles_per_beat_;
  const std::uint32_t write_cycles_per_beat_;
  std::vector<std::unique_ptr<Master>> masters_;
  std::size_t next_master_ = 0;
  std::uint64_t request_free_ = 0;       // first cycle in which the request channel is free
  std::optional<std::size_t> bursting_;  // master whose write has begun and not ended
  std::uint64_t burst_start_ = 0;        // cycle of its first beat on the channel
  std::uint64_t response_free_ = 0;      // the same of the response channel
  std::uint64_t response_start_ = 0;     // of the response that is next, or at its beats
  bool responding_ = false;              // a beat in this cycle
  Ring<Answer> answers_;
  std::uint64_t layer_start_ = 0;
  BandwidthSeries bandwidth_;
  RequestObserver* const observer_;
  Measurements& measurements_;
};

}  // namespace systole
