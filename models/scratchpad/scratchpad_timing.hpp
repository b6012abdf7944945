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

/// A unit that says ahead from when on its next row is to be read and its next one written. Told
/// when that has happened, it says so of the rows behind.
class RowUser {
 public:
  virtual void row_read(Cycle now) = 0;
  virtual void row_written(Cycle now) = 0;

 protected:
  ~RowUser() = default;
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
  void bind_vector(RowUser& vector) { vector_ = &vector; }

  Alarm alarm;
  TimedQueue<TimedWrite> store_write;
  TimedQueue<TimedRead> store_read;

  /// The load unit's row is written to `bank` in cycle `served`.
  void load_write(Cycle served, std::uint32_t bank) { writes_.add(served, bank, BankUser::Load); }

  /// The vector unit's next row to read, and to write, is served from cycle `from` on, which lies
  /// ahead; kNever: there is none.
  void read_for_vector(Cycle from, std::uint32_t row) {
    vector_read_ = {from, row};
    alarm.ring_at(from);
  }
  void write_for_vector(Cycle from, const TimedWrite& write) {
    vector_write_ = {from, write};
    alarm.ring_at(from);
  }

  void look(Cycle now);
  void archive(StateArchive& archive);

  /// From the read of a row to the cycle in which the reader can take it.
  std::uint32_t read_latency() const { return read_latency_; }
  /// Rows that were read for stores arrive in order; first cycle in which the next one can be
  /// taken.
  Cycle next_store_row() const { return store_rows_.next(); }
  void take_store_row() { store_rows_.pop(); }

  const BankMap& banks() const { return banks_; }
  WriteCalendar& writes() { return writes_; }
  bool dual_ported() const { return dual_ported_; }

 private:
  template <typename Row>
  struct Wanted {
    Cycle from = kNever;
    Row row{};
  };

  bool write(Cycle now, std::uint32_t row, BankUser user);
  bool read(Cycle now, std::uint32_t row, BankUser user, std::uint32_t& taken);

  const BankMap banks_;
  const bool dual_ported_;
  const std::uint32_t read_latency_;
  WriteCalendar writes_;
  Wanted<std::uint32_t> vector_read_;  // the vector unit archives both
  Wanted<TimedWrite> vector_write_;
  CompletionQueue store_rows_;
  Units units_;
  SequencerTiming& sequencer_;
  OperandReader* operands_ = nullptr;
  RowUser* vector_ = nullptr;
  BankConflictCounts& conflicts_;
};

}  // namespace systole
