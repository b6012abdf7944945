#pragma once

#include <cstdint>
#include <deque>
#include <vector>

#include "models/accumulators/accumulators_timing.hpp"
#include "models/dma/burst.hpp"
#include "models/dma/burst_slots.hpp"
#include "models/dma/row_merger.hpp"
#include "models/dram/dram_timing.hpp"
#include "models/requant/requant_timing.hpp"
#include "models/scratchpad/scratchpad_timing.hpp"
#include "models/sequencer/sequencer_timing.hpp"
#include "sim/config/accelerator_config.hpp"
#include "sim/timing/ledger_line.hpp"

namespace systole {

/// When LoadUnit (load_unit.hpp states the rules) forms and sends bursts and writes local rows.
class LoadTiming final : public MemoryMaster {
 public:
  /// What it talks to; bound after all units exist.
  struct Peers {
    SequencerTiming* sequencer = nullptr;
    DramTiming* dram = nullptr;
    ScratchpadTiming* scratchpad = nullptr;
    TimedQueue<TimedWrite>* accumulators = nullptr;
    TimedQueue<TimedWrite>* table = nullptr;
  };

  LoadTiming(const AcceleratorConfig& config, Ledger& ledger);
  void bind(const Peers& peers) { to_ = peers; }

  Alarm alarm;

  void look(Cycle now);
  void archive(StateArchive& archive);
  Cycle take_response(const MemoryResponse& response) override;
  void close(Cycle end) { book_gap(end + 1); }

 private:
  struct Current {
    IssuedCommand issued;
    std::uint32_t row = 0;
    bool all_turned = true;
  };
  struct RowRequest {
    const LoadCommand* load = nullptr;
    std::uint32_t entry = 0;
    std::uint32_t row = 0;
    std::uint64_t offset = 0;
    Cycle ready = 0;
    bool last = false;
  };
  struct InFlight {
    const LoadCommand* load = nullptr;
    Burst burst;
    std::uint32_t entry = 0;
    std::uint32_t row = 0;
    std::uint64_t offset = 0;
    bool last = false;
  };
  struct Outgoing {
    std::uint32_t slot = 0;
    Cycle due = 0;
  };
  struct Scheduled {
    TimedWrite write;
    LocalMemory memory = LocalMemory::Accumulators;
    Cycle due = 0;
    std::uint32_t copies = 1;  // still to write
  };
  /// A row that goes to the scratchpad in a cycle known ahead.
  struct Push {
    Cycle cycle = 0;
    bool ends_burst = false;
  };
  /// The part sent last to a register.
  struct Sent {
    Cycle first_write = 0;
    std::uint32_t copies = 0;
  };

  bool may_start(std::uint64_t completed) const {
    return started_ - completed < config_.dma.commands_in_flight;
  }
  bool turn_row(Cycle now);
  bool form_burst(Cycle now);
  bool send_burst(Cycle now);
  bool write_local(Cycle now);
  bool write_other(Cycle now);
  bool write_fill(Cycle now);
  Cycle register_free(bool scratchpad) const;
  void schedule(const InFlight& flight, const MergedPart& part);
  void note_burst_end(Cycle cycle);
  void write_scratchpad(Cycle pushed, LocalAddress to, std::uint32_t entry, bool last);
  Cause waiting(Cycle now) const;
  void book_gap(Cycle until);
  void ring_next(Cycle now);
  void forget_past(Cycle now);
  TimedQueue<TimedWrite>& queue_of(LocalMemory memory) {
    return memory == LocalMemory::Accumulators ? *to_.accumulators : *to_.table;
  }

  const AcceleratorConfig& config_;
  Peers to_;
  Current current_;
  Cycle next_command_ = 0;
  std::uint64_t started_ = 0;
  std::deque<RowRequest> row_requests_;
  std::vector<InFlight> in_flight_;  // by slot
  BurstSlots slots_;
  std::deque<Outgoing> outgoing_;
  RowMerger merger_;
  std::deque<Push> scratchpad_pushes_;
  std::deque<Scheduled> to_others_;
  Sent scratchpad_sent_, others_sent_;
  std::deque<Cycle> burst_ends_;  // cycles from others_sent_ on that end a burst
  LedgerLine ledger_;
};

}  // namespace systole
