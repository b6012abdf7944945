#pragma once

#include <cstdint>
#include <vector>

#include "models/dram/banked/banked_memory_timing.hpp"
#include "models/dram/dram.hpp"
#include "models/dram/dram_block_config.hpp"
#include "sim/stats/measurements.hpp"

namespace systole {

/// A DRAM of banks and rows with real bytes behind a TLM-2.0 socket: four phases without blocking,
/// one request open for each master; or b_transport, which takes the time of a closed bank.
/// Phases that it does not know are ignored, as TLM-2.0 has it: a write is there when all of it is.
///
/// Timing and the order of answers: dram::BankedMemoryTiming. BEGIN_RESP is in the cycle before the
/// first beat.
class BankedMemory final : public Dram {
 public:
  tlm_utils::multi_passthrough_target_socket<BankedMemory> socket{"socket"};

  /// Observers may be null.
  BankedMemory(const sc_core::sc_module_name& name, const Clock& clock,
               const DramBlockConfig& config, const dram::Config& memory, std::uint32_t masters,
               Measurements& measurements, dram::CommandObserver* commands = nullptr,
               RequestObserver* requests = nullptr);

  Socket& target() override { return socket; }
  void start_layer() override;
  void finish_layer() override;
  bool idle() const override { return timing_.idle(); }
  const BandwidthSeries& bandwidth() const override { return timing_.bandwidth(); }

 private:
  void tick() override;
  void answer(const dram::PortAnswer& answer);
  std::uint64_t slot_for(tlm::tlm_generic_payload& payload);

  tlm::tlm_sync_enum nb_transport_fw(int master, tlm::tlm_generic_payload& payload,
                                     tlm::tlm_phase& phase, sc_core::sc_time& delay);
  void b_transport(int master, tlm::tlm_generic_payload& payload, sc_core::sc_time& delay);
  unsigned transport_dbg(int master, tlm::tlm_generic_payload& payload);

  dram::BankedMemoryTiming timing_;
  const std::uint32_t cycles_per_beat_;
  std::vector<tlm::tlm_generic_payload*> payloads_;  // by slot; null: free
  std::vector<tlm::tlm_generic_payload*> held_;      // by master: BEGIN_REQ without END_REQ
  Measurements& measurements_;
};

}  // namespace systole
