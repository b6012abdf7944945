#pragma once

#include <cstdint>
#include <deque>

#include "models/accumulators/accumulators_timing.hpp"
#include "models/sequencer/sequencer_timing.hpp"
#include "sim/config/accelerator_config.hpp"
#include "sim/timing/ledger_line.hpp"
#include "sim/timing/timed_queue.hpp"

namespace systole {

/// When RequantUnit (requant_unit.hpp states the rules) takes and gives blocks.
class RequantTiming {
 public:
  struct Units {
    Alarm& load;
    Alarm& store;
  };

  RequantTiming(const AcceleratorConfig& config, Units units, SequencerTiming& sequencer,
                Ledger& ledger);
  void bind(AccumulatorsTiming& accumulators) { accumulators_ = &accumulators; }

  Alarm alarm;
  TimedQueue<TimedWrite> table_write;
  TimedWire<std::uint64_t> asked;     ///< blocks that the store unit has asked for
  TimedWire<std::uint64_t> gathered;  ///< blocks that it has taken

  void look(Cycle now);
  void archive(StateArchive& archive);
  std::uint64_t taken() const { return taken_; }  ///< blocks
  void close(Cycle end) { ledger_.fill(end + 1, ledger_.held()); }

  /// First cycle in which the store unit can take the next block.
  Cycle next_block() const { return ready_.next(); }
  void take_block() { ready_.pop(); }

 private:
  const std::uint32_t lanes_;
  const std::uint32_t latency_;
  const std::uint32_t pipeline_entries_;
  std::uint64_t taken_ = 0;
  Cycle free_at_ = 0;
  std::deque<Cycle> due_;  // of the blocks in the pipeline
  CompletionQueue ready_;
  Units units_;
  SequencerTiming& sequencer_;
  AccumulatorsTiming* accumulators_ = nullptr;
  LedgerLine ledger_;
};

}  // namespace systole
