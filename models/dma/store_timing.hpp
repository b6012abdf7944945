#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <optional>

#include "models/accumulators/accumulators_timing.hpp"
#include "models/dma/burst_slots.hpp"
#include "models/dma/latest_cycles.hpp"
#include "models/dma/store_unit_config.hpp"
#include "models/dma/store_walk.hpp"
#include "models/dram/dram_timing.hpp"
#include "models/requant/requant_timing.hpp"
#include "models/scratchpad/scratchpad_timing.hpp"
#include "models/sequencer/queue_depths.hpp"
#include "models/sequencer/sequencer_timing.hpp"
#include "sim/program/burst.hpp"
#include "sim/storage/ring.hpp"
#include "sim/timing/cycle_marks.hpp"
#include "sim/timing/ledger_line.hpp"

namespace systole {

/// When StoreUnit (store_unit.hpp states the rules) asks for blocks, forms beats and sends bursts.
///
/// Blocks of the accumulators are followed to the beats of their bursts ahead of their cycles, as
/// far as results and free slots are known. Looked at are the cycles in which a command comes, a
/// burst is sent, or a row of the scratchpad is asked for, comes or stays.
class StoreTiming final : public MemoryMaster {
 public:
  struct Peers {
    SequencerTiming* sequencer = nullptr;
    DramTiming* dram = nullptr;
    ScratchpadTiming* scratchpad = nullptr;
    AccumulatorsTiming* accumulators = nullptr;
    RequantTiming* requant = nullptr;
  };

  StoreTiming(const StoreTimingConfig& config, Ledger& ledger);
  void bind(const Peers& peers) { to_ = peers; }

  Alarm alarm;

  /// Bits of an element of the layer's ofmap in the DRAM.
  void begin_layer(std::uint32_t element_bits) { element_bits_ = element_bits; }

  void look(Cycle now);
  void archive(StateArchive& archive);
  Cycle take_response(const MemoryResponse& response) override;
  bool takes_ahead() const override { return true; }
  void close(Cycle end) { book(end + 1); }

  /// First cycle from which on everything is acknowledged; kNever while work is left.
  Cycle done_from() const;

 private:
  enum Mark : std::size_t { kBusy, kWaitOutstanding, kWaitRequant, kWaitBank, kMarks };
  /// The store whose blocks are being asked for.
  struct Reading {
    IssuedCommand issued;
    StoreWalk walk;
  };
  /// A block that is asked for and not gathered. Those that the accumulators have read, and those
  /// that the requantization unit has taken, come first.
  struct Expected {
    Cycle asked = 0;
    Cycle ready = kNever;   // of the accumulators: once they have read it, when it arrives at the
                            // requantization unit; once that has taken it, when it can be gathered
    std::uint32_t row = 0;  // in the accumulators
    std::uint32_t entry = 0;
    std::uint32_t elements = 0;
    std::uint32_t bits = 8;  // of an element in the DRAM
    std::uint64_t row_address = 0;
    std::uint32_t kept_row = 0;
    bool from_accumulators = false;
    bool keep = false;
    bool to_dram = true;
    bool last_of_row = false;
    bool last = false;
  };
  struct Outgoing {
    Burst burst;
    Cycle first_due = 0;
    Cycle last_due = kNever;  // kNever: its last beat is not formed
    std::uint32_t beats_left = 0;
    bool begun = false;
  };

  bool take_command(Cycle now);
  void advance(Cycle now);
  bool ask(Cycle now);
  bool read(Cycle now);
  bool requantize(Cycle now);
  bool gather(Cycle now);
  bool form();
  void send(Cycle now);
  Cycle next_send() const;
  bool asks_scratchpad() const;
  bool meets_scratchpad() const;
  bool idle() const { return !reading_ && expected_.empty() && row_bytes_ == 0; }
  void mark_waits(Cycle until);
  void book(Cycle until);
  void archive_blocks(StateArchive& archive);
  void ring_next(Cycle now);
  void ring_for_scratchpad(Cycle now);
  Cycle next_ask() const {
    return std::max(next_ask_, gathered_.latest(kBlocksInFlight - expected_.size()));
  }

  static constexpr Cycle kUnbooked = 256;  // cycles, at most

  const DmaConfig dma_;
  const RowElements rows_;
  const std::uint32_t accumulator_read_latency_;
  const std::uint32_t pipeline_entries_;
  const std::size_t stages_;  // rows between the accumulators and here at most
  std::uint32_t element_bits_ = 8;
  Peers to_;
  std::optional<Reading> reading_;
  Cycle next_command_ = 0;
  Cycle next_ask_ = 0;
  Ring<Expected> expected_;
  static_assert(kBlocksInFlight <= LatestCycles::kKept);
  std::size_t read_ = 0;         // of expected_; scratchpad rows go along
  std::size_t requantized_ = 0;  // of these
  // Those of the accumulators:
  std::size_t psums_to_read_ = 0;
  std::size_t psums_read_ = 0;         // and not gathered
  std::size_t psums_requantized_ = 0;  // and not gathered
  bool awaits_results_ = false;        // the next is read when more is known of results
  LatestCycles reads_, gathered_psums_;
  LatestCycles gathered_;  // of either memory
  Cycle next_gather_ = 0;
  std::uint32_t row_elements_ = 0;  // gathered of the row
  std::uint64_t row_bytes_ = 0;     // of the complete row whose beats are being formed; else 0
  std::uint64_t row_address_ = 0;
  std::uint64_t row_formed_ = 0;
  Cycle next_form_ = 0;
  BurstSlots slots_;
  Ring<Outgoing> outgoing_;

  CycleMarks<kMarks> marks_;     // of the cycles that are not booked yet
  Cycle marked_until_ = 0;       // what is waited for, as far as it is known
  Cause waiting_ = Cause::Idle;  // when nothing is marked
  LedgerLine ledger_;
};

}  // namespace systole
