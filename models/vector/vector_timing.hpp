#pragma once

#include <algorithm>
#include <array>
#include <cstdint>
#include <optional>
#include <vector>

#include "models/scratchpad/scratchpad_timing.hpp"
#include "models/sequencer/queue_depths.hpp"
#include "models/sequencer/sequencer_timing.hpp"
#include "models/vector/operand_plan.hpp"
#include "models/vector/vector_unit_config.hpp"
#include "sim/storage/ring.hpp"
#include "sim/timing/cycle_marks.hpp"
#include "sim/timing/ledger_line.hpp"

namespace systole {

/// When VectorUnit (vector_unit.hpp states the rules) asks for rows and writes results.
///
/// That follows from when the rows before were read and written, so it is settled then, ahead of
/// its cycle. Looked at are only the cycles in which a command comes or is done.
class VectorTiming final : public RowUser {
 public:
  VectorTiming(const VectorUnitConfig& config, Ledger& ledger);
  void bind(SequencerTiming& sequencer, ScratchpadTiming& scratchpad) {
    sequencer_ = &sequencer;
    scratchpad_ = &scratchpad;
    scratchpad.bind_vector(*this);
  }

  Alarm alarm;

  void look(Cycle now);
  void row_read(Cycle now) override;
  void row_written(Cycle now) override;
  void archive(StateArchive& archive);
  void close(Cycle end) { book(end + 1); }

 private:
  enum Mark : std::size_t { kBusy, kWaitBank, kMarks };
  struct Result {
    TimedWrite write;
    Cycle due = 0;
  };

  /// Cycles that mostly go on where those before ended, and are marked when they do not.
  struct Open {
    Mark kind;
    Cycle first = 0;
    Cycle end = 0;
  };

  void start(Cycle now);
  void plan();
  Cycle ask(Cycle room);
  void want_read(Cycle now);
  void want_write(Cycle now);
  void extend(Open& open, Cycle from, Cycle until) {
    if (from > open.end) {
      begin(open, from);
    }
    open.end = std::max(open.end, until);
  }
  void begin(Open& open, Cycle first);
  void mark(Open& open);
  void book(Cycle until);

  static constexpr Cycle kUnbooked = 256;  // cycles, at most

  const VectorConfig vector_;
  const std::uint32_t array_rows_;
  SequencerTiming* sequencer_ = nullptr;
  ScratchpadTiming* scratchpad_ = nullptr;
  std::optional<IssuedCommand> current_;
  std::uint32_t cycles_per_row_ = 1;
  std::vector<VectorOperand> operands_;
  std::size_t read_ = 0;
  // Cycles in which the first two rows that are not read are asked for; kNever: there is none.
  std::array<Cycle, kPipelined> asked_{kNever, kNever};
  Cycle next_ask_ = 0;
  Ring<Result> results_;  // that are not written; the first kPipelined are given to the scratchpad
  std::uint64_t started_ = 0;

  CycleMarks<kMarks> marks_;                               // of the cycles that are not booked yet
  Open asks_{kBusy}, arrivals_{kBusy}, waits_{kWaitBank};  // and of these, too
  Cause waiting_ = Cause::Idle;                            // when nothing is marked
  LedgerLine ledger_;
};

}  // namespace systole
