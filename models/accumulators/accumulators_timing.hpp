#pragma once

#include <cstdint>

#include "models/accumulators/accumulators_block_config.hpp"
#include "models/scratchpad/scratchpad_timing.hpp"
#include "models/sequencer/sequencer_timing.hpp"
#include "sim/network/divisor.hpp"
#include "sim/stats/bank_conflicts.hpp"
#include "sim/timing/timed_queue.hpp"

namespace systole {

/// A row that a store reads.
struct TimedAccumulatorRead {
  std::uint32_t row = 0;
  bool last = false;
  std::uint32_t entry = 0;

  void archive(StateArchive& archive) {
    archive.rows(LocalMemory::Accumulators, row, 1);
    archive.value(last);
    archive.entry(entry);
  }
};

/// Whose results go to the accumulators: asked which ports they take.
class ResultWriter {
 public:
  enum class Port { None, Write, ReadAndWrite };
  /// What a result row takes of a bank, and the first cycle in which that may be over.
  struct Taken {
    Port port = Port::None;
    Cycle until = 0;
  };
  /// Ports of `bank` that a result row takes in `cycle`. Cycles must not go back.
  virtual Taken result_port(Cycle cycle, std::uint32_t bank) = 0;
  /// The first cycle of [from, until), `from` being the next one, in which a result row takes a
  /// port of `bank`, or from which on that is not known; else `until`.
  virtual Cycle next_result(Cycle from, Cycle until, std::uint32_t bank) = 0;
  /// First cycle of which, in cycle `now`, it is not known whether a result row comes.
  virtual Cycle results_known(Cycle now) = 0;
  /// Of such a cycle that is not over: whether an accumulating result row takes the ports of
  /// `bank`, and for how long that, or the contrary, is certain.
  struct Accumulating {
    bool here = false;
    Cycle until = kNever;
  };
  virtual Accumulating accumulating(Cycle cycle, std::uint32_t bank) = 0;

 protected:
  ~ResultWriter() = default;
};

/// When Accumulators (accumulators.hpp states the rules) serves the load and the store unit;
/// results never wait. Rows are read for stores ahead, as far as results are known.
class AccumulatorsTiming {
 public:
  AccumulatorsTiming(const AccumulatorsBlockConfig& config, Alarm& load, SequencerTiming& sequencer,
                     BankConflictCounts& conflicts);
  void bind(ResultWriter& results) { results_ = &results; }

  Alarm alarm;
  TimedQueue<TimedWrite> load_write;

  void look(Cycle now);
  void archive(StateArchive& archive);

  /// Of `count` rows of a load that could be pushed one a cycle from cycle `now` on, how many can
  /// go through without meeting anyone: they are written, each in the cycle behind.
  std::uint32_t write_rows(Cycle now, const TimedWrite& first, std::uint32_t count);

  /// Reads the next row for a store in the first cycle from `earliest` on in which its bank has
  /// the port free, which is returned. kNever: in cycle `now` that is not known, and to be asked
  /// again in cycle read_waits().
  Cycle read_row(const TimedAccumulatorRead& read, Cycle earliest, Cycle now);
  Cycle read_waits() const { return read_from_; }

 private:
  void write(Cycle now);
  std::uint32_t bank_of(std::uint32_t row) const {
    return static_cast<std::uint32_t>(rows_per_bank_.quotient(row));
  }
  /// From this one on in its bank.
  std::uint32_t rows_on(std::uint32_t row) const {
    return static_cast<std::uint32_t>(rows_per_bank_.value() - rows_per_bank_.remainder(row));
  }

  const Divisor rows_per_bank_;
  SequencerTiming& sequencer_;
  ResultWriter* results_ = nullptr;
  Cycle write_waits_ = 0;  // the first row to write waits for results until then
  Cycle read_from_ = 0;    // the next row is read from then on; conflicts before are counted
  // What is known of results: none accumulates in the bank before free_until_.
  std::uint32_t free_bank_ = 0;
  Cycle free_until_ = 0;
  BankConflictCounts& conflicts_;
};

}  // namespace systole
