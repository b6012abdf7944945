#include "models/requant/requant_timing.hpp"

#include <algorithm>

#include "models/sequencer/queue_depths.hpp"
#include "sim/network/ceil_div.hpp"

namespace systole {

RequantTiming::RequantTiming(const RequantConfig& config, Alarm& load, SequencerTiming& sequencer,
                             Ledger& ledger)
    : table_write{kPipelined, load, alarm},
      lanes_{config.lanes},
      latency_{config.latency},
      sequencer_{sequencer},
      ledger_{ledger, LedgerUnit::Requant} {}

void RequantTiming::look(Cycle now) {
  alarm.serve(now);
  forget_done(now);
  // What is asked for in this cycle or ahead of it comes behind the write.
  const bool on_lanes = !pending_.empty() && pending_.front().asked < now;
  const bool free = !on_lanes && awaited_ >= now;
  if (free && table_write.can_pop(now)) {
    const TimedWrite write = table_write.pop(now);
    if (write.last) {
      sequencer_.complete(SequencerTiming::kTableLoad, now + 1, write.entry);
    }
  }
  if (!table_write.empty() && (free || on_lanes)) {
    alarm.ring_at(std::max(free ? table_write.ready() : pending_.front().done, now + 1));
  }
}

Cycle RequantTiming::take(Cycle asked, Cycle earliest, std::uint32_t lanes, Cycle now) {
  const Cycle at = std::max(earliest, free_at_);
  book(at);
  free_at_ = at + ceil_div(lanes, lanes_);
  ledger_.fill(free_at_, Cause::Busy);
  last_due_ = free_at_ - 1 + latency_;
  if (!pending_.empty() && asked < pending_.back().done) {
    pending_.back().done = free_at_;
  } else {
    forget_done(now);
    pending_.push_back({asked, free_at_});
  }
  if (!table_write.empty()) {
    alarm.ring_at(free_at_);
  }
  return last_due_ + 1;
}

/// Cycles in which no block is on the lanes.
void RequantTiming::book(Cycle until) {
  ledger_.fill(std::min(until, last_due_ + 1), Cause::Drain);
  ledger_.fill(until, Cause::Idle);
}

void RequantTiming::archive(StateArchive& archive) {
  alarm.archive(archive);
  table_write.archive(
      archive, [&](TimedWrite& write) { write.archive(archive, LocalMemory::RequantTable); });
  if (!archive.reading()) {
    book(archive.now() + 1);
    forget_done(archive.now());
  }
  archive.list(pending_, [&](Pending& pending) {
    archive.due(pending.asked);
    archive.cycle(pending.done);
  });
  archive.due(awaited_);
  archive.due(free_at_);
  archive.due(last_due_);
  ledger_.archive_ahead(archive);
}

}  // namespace systole
