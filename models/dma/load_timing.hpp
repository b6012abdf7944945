#pragma once

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>

#include "models/accumulators/accumulators_timing.hpp"
#include "models/dma/burst_slots.hpp"
#include "models/dma/load_unit_config.hpp"
#include "models/dma/row_merger.hpp"
#include "models/dram/dram_timing.hpp"
#include "models/requant/requant_timing.hpp"
#include "models/scratchpad/scratchpad_timing.hpp"
#include "models/sequencer/queue_depths.hpp"
#include "models/sequencer/sequencer_timing.hpp"
#include "sim/program/burst.hpp"
#include "sim/storage/ring.hpp"
#include "sim/timing/cycle_marks.hpp"
#include "sim/timing/ledger_line.hpp"
#include "sim/timing/stretches.hpp"

namespace systole {

/// When LoadUnit (load_unit.hpp states the rules) forms and sends bursts and writes local rows.
///
/// The turns of rows and the bursts that are formed follow from what came before them, so they are
/// settled as far ahead as slots are known to be free; the DRAM takes it from there. Looked at are
/// only the cycles in which a command comes, or a row goes to a queue.
class LoadTiming final : public MemoryMaster {
 public:
  /// What it talks to; bound after all units exist.
  struct Peers {
    SequencerTiming* sequencer = nullptr;
    DramTiming* dram = nullptr;
    ScratchpadTiming* scratchpad = nullptr;
    AccumulatorsTiming* accumulators = nullptr;
    TimedQueue<TimedWrite>* table = nullptr;
  };

  LoadTiming(const LoadUnitConfig& config, Ledger& ledger);
  void bind(const Peers& peers) { to_ = peers; }

  Alarm alarm;

  void look(Cycle now);
  void archive(StateArchive& archive);
  Cycle take_response(const MemoryResponse& response) override;
  void take_reads(IdealDramTiming& dram, Cycle until) override;
  /// Rows for the scratchpad never wait. The register of the others may, and until when is not
  /// known ahead.
  bool takes_ahead() const override { return arriving_.front().scratchpad; }
  void close(Cycle end) { book(end + 1); }
  /// First cycle from which on all bursts have come; kNever while one is on its way.
  Cycle done_from() const {
    const Cycle last = slots_.all_free();
    return last == kNever ? kNever : last - std::min<Cycle>(last, 1);
  }

 private:
  enum Mark : std::size_t {
    kPush,     // a row goes to the scratchpad
    kPushEnd,  // and ends a burst
    kBusy,     // anything else is done
    kBlocked,  // a burst waits for a slot
    kMarks
  };
  static constexpr std::size_t kPartsAlike = 8;  // of a burst, at most
  static constexpr Cycle kUnbooked = 1024;       // cycles, when nobody looks
  struct Current {
    IssuedCommand issued;
    std::uint32_t row = 0;
    bool all_turned = true;
  };
  /// A load of which not all bursts have come.
  struct Arriving {
    IssuedCommand issued;
    const LoadCommand* load = nullptr;
    bool scratchpad = false;
    bool sign_extends = false;
    std::uint32_t rows = 0;       // that are read
    std::uint32_t row_bytes = 0;  // that fill a local row
    std::uint32_t copies = 1;     // of each row
    std::uint32_t latency = 0;    // from the merger to the local memory
    // If each row is one burst of the same size, of which the same bytes go to as many local rows:
    std::uint32_t burst_bytes = 0;  // else 0
    std::uint32_t burst_beats = 0;
    std::uint32_t parts = 0;
    std::array<std::uint32_t, kPartsAlike> part_beats{};  // with which they are there
    // Their answers, from the first beat on; known with the first one:
    std::array<Cycle, kPartsAlike> sent{};  // by part, from the merger
    Cycle leave = 0;                        // the merger
    Cycle free_slot = 0;
    Cycle apart = 0;  // the next one's first beat, at least
  };
  /// Where the next burst of a load begins.
  struct Place {
    std::uint32_t row = 0;
    std::uint64_t offset = 0;
  };
  struct Scheduled {
    TimedWrite write;
    LocalMemory memory = LocalMemory::Accumulators;
    Cycle due = 0;
    std::uint32_t copies = 1;  // still to write
  };
  /// The part sent last to a register.
  struct Sent {
    Cycle first_write = 0;
    std::uint32_t copies = 0;
  };
  /// The last rows of bursts go to the scratchpad.
  struct BurstEnds {
    CycleRun known;    // in LoadUnit: in the cycle before the first beat
    Cycle pushed = 0;  // so many cycles later
  };
  /// Rows between their turn and their last burst, in places that they take in turn.
  struct RowRequests {
    std::array<Cycle, kRowRequests> ready{};      // cycle of the row's first burst at the earliest
    std::array<Cycle, kRowRequests> free_from{};  // cycle in which a row can come to the place
    std::size_t first = 0, count = 0;

    std::size_t place(std::size_t i) const {
      return first + i < kRowRequests ? first + i : first + i - kRowRequests;
    }
    /// The last burst of the oldest row is formed.
    void leave(Cycle formed) {
      free_from[first] = formed;
      first = place(1);
      --count;
    }
  };

  void take_command(Cycle now);
  void begin_load();
  // With the DRAM that they talk to: what an ideal one does is done in place.
  template <typename Dram>
  Cycle take(const MemoryResponse& response, Dram& dram);
  bool take_alike(IdealDramTiming& dram, Cycle until);
  void time_alike(Arriving& of, std::uint32_t cycles_per_beat) const;
  void write_rows(const Arriving& from, const CycleRun& first_beats);
  void end_load();
  template <typename Dram>
  void go_on(Dram& dram);
  template <typename Dram>
  void advance(Dram& dram);
  template <typename Dram>
  void form_burst(Dram& dram, const Arriving& of);
  template <typename Dram>
  void form_alike(Dram& dram, const Arriving& of);
  template <typename Dram>
  void send_alike(Dram& dram, const Arriving& of, const CycleRun& formed);
  void end_rows(const Arriving& of, std::uint32_t rows);
  bool turning() const { return !current_.all_turned && current_.issued.is<LoadCommand>(); }
  void turn_rows();
  Cycle turn_row(std::uint32_t rows);
  Cycle take_slot();
  bool can_form() const { return row_requests_.count > 0 && slots_.next_free() != kNever; }
  /// From when on the next burst waits for a slot; there is one.
  Cycle to_form_from() const {
    return std::max(next_form_, row_requests_.ready[row_requests_.first]);
  }
  void write_local(Cycle now);
  bool other_is_due(Cycle now) const {
    return !to_others_.empty() && std::max(to_others_.front().due, others_free_) <= now;
  }
  bool write_other(Cycle now);
  Cycle pushes_known(Cycle now) const;
  bool write_others(Cycle now);
  void write_fill(Cycle now);
  Arriving arriving(const IssuedCommand& issued) const;
  void find_alike(Arriving& of) const;
  Burst burst_at(const LoadCommand& load, const Place& place) const;
  Cycle register_free(const Arriving& from) const;
  void take_for_scratchpad(const Arriving& from, const Burst& burst, const BeatTimes& beats);
  void take_for_others(const Arriving& from, const Burst& burst, const BeatTimes& beats);
  void note_burst_ends(Cycle before);
  bool ends_load(const Arriving& from, const Burst& burst) const;
  // The scratchpad serves the load unit before all others: in the cycle after the push.
  void write_scratchpad(Cycle pushed, LocalAddress to) {
    to_.scratchpad->load_write(pushed + 1, to_.scratchpad->banks().bank_of(to));
  }
  void complete(Cycle pushed, std::uint32_t entry) {
    to_.sequencer->complete(SequencerTiming::kScratchpadLoad, pushed + 2, entry);
  }
  bool fills() const { return !current_.all_turned && current_.issued.is<FillCommand>(); }
  bool may_start(Cycle now) const;
  void wait(Cycle now);
  void listen(Cycle now, bool idle);
  void book(Cycle until);
  void mark_blocked(Cycle from, Cycle formed);
  void mark_last_blocked();
  void ring_next(Cycle now);
  void forget_past(Cycle now);
  void archive_loads(StateArchive& archive);
  void archive_burst_ends(StateArchive& archive);
  void archive_rows(StateArchive& archive);
  TimedQueue<TimedWrite>& queue_of(LocalMemory memory) {
    return memory == LocalMemory::Accumulators ? to_.accumulators->load_write : *to_.table;
  }

  const DmaConfig dma_;
  const LocalShape local_;
  Peers to_;
  Current current_;
  Cycle next_command_ = 0;  // in which one can be taken, when all rows of the one before have turns
  Cycle next_turn_ = 0;
  Cycle next_form_ = 0;
  std::uint64_t started_ = 0;
  Ring<Arriving> arriving_;
  RowRequests row_requests_;
  std::size_t forming_ = 0;  // of arriving_, the load whose bursts are formed
  Place formed_;             // of it
  Place arrived_;            // of the oldest
  BurstSlots slots_;
  RowMerger merger_;
  Ring<Scheduled> to_others_;
  Cycle others_free_ = 0;  // the rows before have gone; the last of them the cycle before
  Sent scratchpad_sent_, others_sent_;
  Ring<BurstEnds> burst_ends_to_know_;
  Ring<Cycle> burst_ends_;  // cycles from others_sent_ on that end a burst

  CycleMarks<kMarks> marks_;     // of the cycles that are not booked yet
  Stretches::Stretch blocked_;   // the last one, up to a burst that is formed; not marked yet
  Cause waiting_ = Cause::Idle;  // when nothing is done
  LedgerLine ledger_;
};

}  // namespace systole
