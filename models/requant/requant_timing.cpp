#include "models/requant/requant_timing.hpp"

#include <algorithm>

#include "models/sequencer/queue_depths.hpp"

namespace systole {

RequantTiming::RequantTiming(const AcceleratorConfig& config, Units units,
                             SequencerTiming& sequencer, Ledger& ledger)
    : table_write{kPipelined, units.load, alarm},
      asked{0, alarm},
      gathered{0, alarm},
      lanes_{config.requant.lanes},
      latency_{config.requant.latency},
      pipeline_entries_{config.requant.pipeline_entries},
      units_{units},
      sequencer_{sequencer},
      ledger_{ledger, LedgerUnit::Requant} {}

void RequantTiming::look(Cycle now) {
  alarm.serve(now);
  if (table_write.can_pop(now) && taken_ == asked.read(now) && now >= free_at_) {
    const TimedWrite write = table_write.pop(now);
    if (write.last) {
      sequencer_.complete(SequencerTiming::kTableLoad, now + 1, write.entry);
    }
  }
  if (now >= free_at_ && accumulators_->next_block() <= now &&
      taken_ - gathered.read(now) < pipeline_entries_) {
    ++taken_;
    const std::uint32_t cycles = (accumulators_->take_block() + lanes_ - 1) / lanes_;
    free_at_ = now + cycles;
    const Cycle due = now + cycles - 1 + latency_;
    due_.push_back(due);
    ready_.push(due + 1, 0);
    units_.store.ring_at(due + 1);
  }
  const auto cause = [&](Cycle at) {
    return at < free_at_ ? Cause::Busy : due_.empty() ? Cause::Idle : Cause::Drain;
  };
  const Cause here = cause(now);
  if (!due_.empty() && due_.front() <= now) {
    due_.pop_front();
  }
  ledger_.look(now, here, cause(now + 1));
  if (free_at_ > now) {
    alarm.ring_at(free_at_);
  }
  if (!due_.empty()) {
    alarm.ring_at(std::max(due_.front(), now + 1));
  }
  if (!table_write.empty() && taken_ == asked.read(now + 1)) {
    alarm.ring_at(std::max(free_at_, now + 1));
  }
  if (accumulators_->next_block() != kNever &&
      taken_ - gathered.read(now + 1) < pipeline_entries_) {
    alarm.ring_at(std::max({accumulators_->next_block(), free_at_, now + 1}));
  }
}

void RequantTiming::archive(StateArchive& archive) {
  alarm.archive(archive);
  table_write.archive(
      archive, [&](TimedWrite& write) { write.archive(archive, LocalMemory::RequantTable); });
  asked.archive(archive, taken_);
  gathered.archive(archive, taken_);
  archive.due(free_at_);
  archive.list(due_, [&](Cycle& due) { archive.cycle(due); });
  ready_.archive(archive, [](std::uint32_t&) {});
  ledger_.archive(archive);
}

}  // namespace systole
