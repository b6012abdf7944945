#pragma once

#include <cstdint>

#include "models/scratchpad/scratchpad_timing.hpp"
#include "models/sequencer/sequencer_timing.hpp"
#include "sim/config/accelerator_config.hpp"
#include "sim/stats/bank_conflicts.hpp"
#include "sim/timing/timed_queue.hpp"

namespace systole {

/// A row read on its way out.
struct TimedAccumulatorRead {
  std::uint32_t row = 0;
  std::uint32_t lanes = 0;
  bool last = false;
  std::uint32_t entry = 0;

  void archive(StateArchive& archive) {
    archive.rows(LocalMemory::Accumulators, row, 1);
    archive.values(lanes, last);
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

 protected:
  ~ResultWriter() = default;
};

/// When Accumulators (accumulators.hpp states the rules) serves the load and the store unit;
/// results never wait.
class AccumulatorsTiming {
 public:
  struct Units {
    Alarm& load;
    Alarm& store;
    Alarm& requant;
  };

  AccumulatorsTiming(const AcceleratorConfig& config, Units units, SequencerTiming& sequencer,
                     BankConflictCounts& conflicts);
  void bind(ResultWriter& results, TimedWire<std::uint64_t>& gathered) {
    results_ = &results;
    gathered_ = &gathered;
  }

  Alarm alarm;
  TimedQueue<TimedWrite> load_write;
  TimedQueue<TimedAccumulatorRead> store_read;

  void look(Cycle now);
  void archive(StateArchive& archive);

  /// Of `count` rows of a load that could be pushed one a cycle from cycle `now` on, how many can
  /// go through without meeting anyone: they are written, each in the cycle behind.
  std::uint32_t write_rows(Cycle now, const TimedWrite& first, std::uint32_t count);

  /// Blocks that were read arrive at the requantization unit in order: their lanes, and the first
  /// cycle in which it can take the next one.
  Cycle next_block() const { return blocks_.next(); }
  std::uint32_t take_block() { return blocks_.pop(); }

 private:
  void write(Cycle now);
  void read(Cycle now);
  void wait(BankUser user, Cycle now, Cycle until, Cycle& waits);

  const std::uint32_t rows_per_bank_;
  const std::uint32_t read_latency_;
  CompletionQueue blocks_;
  Units units_;
  SequencerTiming& sequencer_;
  ResultWriter* results_ = nullptr;
  const std::uint64_t stages_;  // rows between here and the store unit at most
  std::uint64_t stored_ = 0;    // rows read for stores
  TimedWire<std::uint64_t>* gathered_ = nullptr;
  // The first row of each queue waits for results until then: the conflicts are counted.
  Cycle write_waits_ = 0, read_waits_ = 0;
  BankConflictCounts& conflicts_;
};

}  // namespace systole
