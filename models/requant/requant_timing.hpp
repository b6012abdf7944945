#pragma once

#include <cstdint>

#include "models/scratchpad/scratchpad_timing.hpp"
#include "models/sequencer/sequencer_timing.hpp"
#include "sim/config/accelerator_config.hpp"
#include "sim/storage/ring.hpp"
#include "sim/timing/ledger_line.hpp"
#include "sim/timing/timed_queue.hpp"

namespace systole {

/// When RequantUnit (requant_unit.hpp states the rules) takes and gives blocks: follows from when
/// they come, and is told ahead.
class RequantTiming {
 public:
  RequantTiming(const RequantConfig& config, Alarm& load, SequencerTiming& sequencer,
                Ledger& ledger);

  Alarm alarm;
  TimedQueue<TimedWrite> table_write;

  void look(Cycle now);
  void archive(StateArchive& archive);
  void close(Cycle end) { book(end + 1); }

  /// The next block, for which the store unit asks in cycle `asked`, can be taken from cycle
  /// `earliest` on, which is behind `now`. Returns the first cycle in which it can be taken from
  /// here.
  Cycle take(Cycle asked, Cycle earliest, std::uint32_t lanes, Cycle now);
  /// The store unit asks in cycle `asked` for the first block that is not taken yet; kNever: none.
  void await(Cycle asked) { awaited_ = asked; }

 private:
  /// Cycles behind the first one and before the last one find blocks that are asked for and not
  /// done by the lanes.
  struct Pending {
    Cycle asked = 0;
    Cycle done = 0;
  };

  void forget_done(Cycle now) {
    while (!pending_.empty() && pending_.front().done <= now) {
      pending_.pop_front();
    }
  }
  void book(Cycle until);

  const std::uint32_t lanes_;
  const std::uint32_t latency_;
  Ring<Pending> pending_;
  Cycle awaited_ = kNever;
  Cycle free_at_ = 0;
  Cycle last_due_ = 0;  // of the blocks in the pipeline
  SequencerTiming& sequencer_;
  LedgerLine ledger_;
};

}  // namespace systole
