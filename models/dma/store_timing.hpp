#pragma once

#include <cstdint>
#include <deque>
#include <optional>
#include <vector>

#include "models/accumulators/accumulators_timing.hpp"
#include "models/dma/burst.hpp"
#include "models/dma/burst_slots.hpp"
#include "models/dma/store_walk.hpp"
#include "models/dram/dram_timing.hpp"
#include "models/requant/requant_timing.hpp"
#include "models/scratchpad/scratchpad_timing.hpp"
#include "models/sequencer/sequencer_timing.hpp"
#include "sim/config/accelerator_config.hpp"
#include "sim/timing/ledger_line.hpp"

namespace systole {

/// When StoreUnit (store_unit.hpp states the rules) asks for blocks, forms beats and sends bursts.
class StoreTiming final : public MemoryMaster {
 public:
  struct Peers {
    SequencerTiming* sequencer = nullptr;
    DramTiming* dram = nullptr;
    ScratchpadTiming* scratchpad = nullptr;
    AccumulatorsTiming* accumulators = nullptr;
    RequantTiming* requant = nullptr;
  };

  StoreTiming(const AcceleratorConfig& config, Ledger& ledger);
  void bind(const Peers& peers) { to_ = peers; }

  Alarm alarm;

  /// Bits of an element of the layer's ofmap in the DRAM.
  void begin_layer(std::uint32_t element_bits) { element_bits_ = element_bits; }

  void look(Cycle now);
  void archive(StateArchive& archive);
  Cycle take_response(const MemoryResponse& response) override;
  bool takes_ahead() const override { return true; }
  void close(Cycle end) { ledger_.fill(end + 1, ledger_.held()); }

  /// First cycle from which on everything is acknowledged; kNever while work is left.
  Cycle done_from() const;

 private:
  struct Reading {
    IssuedCommand issued;
    StoreWalk walk;
  };
  struct Expected {
    bool from_accumulators = false;
    bool last_of_row = false;
    std::uint32_t elements = 0;
    std::uint64_t row_address = 0;
    std::uint32_t bits = 8;  // of an element in the DRAM
    bool keep = false;
    std::uint32_t kept_row = 0;
    bool to_dram = true;
  };
  struct Outgoing {
    Burst burst;
    Cycle first_due = 0;
    Cycle last_due = 0;
    std::uint32_t beats_left = 0;
    bool begun = false;
  };

  void take_command(Cycle now);
  bool ask(Cycle now);
  bool gather(Cycle now);
  bool form_beat(Cycle now);
  bool send(Cycle now);
  Cycle next_send() const;
  bool busy(Cycle now) const;
  Cause waiting(Cycle now) const;
  void ring_next(Cycle now);

  const AcceleratorConfig& config_;
  std::uint32_t element_bits_ = 8;
  Peers to_;
  std::optional<Reading> reading_;
  Cycle next_command_ = 0;
  std::deque<Expected> expected_;
  std::uint32_t row_elements_ = 0;  // gathered of the row
  std::uint64_t row_bytes_ = 0;     // of the complete row whose beats are being formed; else 0
  std::uint64_t row_address_ = 0;
  std::uint64_t row_formed_ = 0;
  Cycle row_ready_ = 0;
  BurstSlots slots_;
  std::deque<Outgoing> outgoing_;
  std::uint64_t asked_ = 0;
  std::uint64_t gathered_ = 0;
  LedgerLine ledger_;
};

}  // namespace systole
