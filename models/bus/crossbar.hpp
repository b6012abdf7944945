#pragma once

#include <cstdint>
#include <optional>

#include "models/bus/bus_config.hpp"
#include "models/bus/bus_messages.hpp"
#include "models/dram/dram_port.hpp"
#include "sim/kernel/clocked_module.hpp"
#include "sim/kernel/fifo.hpp"
#include "sim/kernel/signal_list.hpp"
#include "sim/storage/ring.hpp"

namespace systole {

/// Joins the load and the store unit to one port of the memory, with a queue before and behind it
/// each way (Gemmini's Scratchpad: a TLXbar between TLBuffers).
///
/// Requests: the units take turns, a beat a cycle; a write burst is not interrupted, also while its
/// next beat is not here. Answers: the memory's beats, of which it holds what the queue cannot
/// take, go to their unit in order: one that cannot go keeps those behind it, of either unit.
///
/// Timing: a beat pushed in cycle t leaves in t + 1 at the earliest and is at the memory in t + 2.
/// A beat at the memory's port in t is in the queue behind it, and with its unit in t + 2 at the
/// earliest.
class Crossbar final : public ClockedModule {
 public:
  FifoIn<BusBeat> reads{"reads"};
  FifoIn<BusBeat> writes{"writes"};
  FifoOut<BusAnswer> data{"data"};                          ///< to the load unit
  FifoOut<BusAnswer> acknowledgements{"acknowledgements"};  ///< to the store unit
  DramPort memory;

  Crossbar(const sc_core::sc_module_name& name, const Clock& clock, const BusConfig& config);

  /// Called when nothing is on its way.
  void start_layer();
  bool idle() const;

  void list_signals(SignalList& list) const;

 private:
  enum Unit : std::uint8_t { kLoad, kStore };
  /// An answer of the memory, of which not all beats have been taken.
  struct Arriving {
    BusAnswer answer;
    std::uint64_t from = 0;  // cycle of its first beat at the earliest
    std::uint64_t beats = 1;
    std::uint64_t taken = 0;
  };

  void tick() override;
  void pass_on();
  void take_beat();
  void arbitrate();
  bool take_from(Unit unit);
  std::uint64_t take_response(const DramResponse& response);

  const std::uint32_t beat_bytes_;
  std::optional<Unit> bursting_;  // whose write has begun and not ended
  Unit first_ = kStore;           // if both want the bus
  Ring<Arriving> arriving_;
  std::uint64_t port_free_ = 0;  // first cycle in which the port takes another beat
  Fifo<BusAnswer> answers_;
};

}  // namespace systole
