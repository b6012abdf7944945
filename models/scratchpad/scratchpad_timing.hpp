#pragma once

#include <cstdint>

#include "models/scratchpad/bank_map.hpp"
#include "models/scratchpad/scratchpad_block_config.hpp"
#include "models/scratchpad/write_calendar.hpp"
#include "models/sequencer/sequencer_timing.hpp"
#include "sim/stats/bank_conflicts.hpp"
#include "sim/timing/timed_queue.hpp"

namespace systole {

/// A write of the vector or the store unit, or of the load unit to the accumulators or the table.
struct TimedWrite {
  std::uint32_t row = 0;
  bool last = false;
  std::uint32_t entry = 0;

  void archive(StateArchive& archive, LocalMemory memory) {
    archive.rows(memory, row, 1);
    archive.value(last);
    archive.entry(entry);
  }
};

/// A row read for the vector or the store unit.
struct TimedRead {
  std::uint32_t row = 0;
  bool last = false;
  std::uint32_t entry = 0;

  void archive(StateArchive& archive) {
    archive.rows(LocalMemory::Scratchpad, row, 1);
    archive.value(last);
    archive.entry(entry);
  }
};

/// Who reads operands for the array: asked which banks it reads.
class OperandReader {
 public:
  /// A part of a pair is read from `bank` in `cycle`; every write up to it must be known. Cycles
  /// must not go back.
  virtual bool reads_bank(Cycle cycle, std::uint32_t bank) = 0;

 protected:
  ~OperandReader() = default;
};

/// When Scratchpad (scratchpad.hpp states the rules) serves the vector and the store unit. The load
/// unit is always served; operand reads are ExecuteTiming's, which looks the writes up here.
class ScratchpadTiming {
 public:
  /// Alarms of the units that wait for what they asked.
  struct Units {
    Alarm& vector;
    Alarm& store;
  };

  ScratchpadTiming(const ScratchpadBlockConfig& config, Units units, SequencerTiming& sequencer,
                   BankConflictCounts& conflicts);
  void bind(OperandReader& operands) { operands_ = &operands; }

  Alarm alarm;
  TimedQueue<TimedWrite> vector_write;
  TimedQueue<TimedWrite> store_write;
  TimedQueue<TimedRead> vector_read;
  TimedQueue<TimedRead> store_read;

  /// The load unit's row is written to `bank` in cycle `served`.
  void load_write(Cycle served, std::uint32_t bank) { writes_.add(served, bank, BankUser::Load); }

  void look(Cycle now);
  void archive(StateArchive& archive);

  /// Rows that were read arrive in order; first cycle in which the reader can take the next one.
  Cycle next_vector_row() const { return vector_rows_.next(); }
  Cycle next_store_row() const { return store_rows_.next(); }
  void take_vector_row() { vector_rows_.pop(); }
  void take_store_row() { store_rows_.pop(); }

  const BankMap& banks() const { return banks_; }
  WriteCalendar& writes() { return writes_; }
  bool dual_ported() const { return dual_ported_; }

 private:
  bool write(Cycle now, TimedQueue<TimedWrite>& queue, BankUser user);
  bool read(Cycle now, TimedQueue<TimedRead>& queue, BankUser user, std::uint32_t& bank);

  const BankMap banks_;
  const bool dual_ported_;
  const std::uint32_t read_latency_;
  WriteCalendar writes_;
  CompletionQueue vector_rows_;
  CompletionQueue store_rows_;
  Units units_;
  SequencerTiming& sequencer_;
  OperandReader* operands_ = nullptr;
  BankConflictCounts& conflicts_;
};

}  // namespace systole
