#include "models/accumulators/accumulators_timing.hpp"

#include <algorithm>

#include "models/sequencer/queue_depths.hpp"

namespace systole {

AccumulatorsTiming::AccumulatorsTiming(const AcceleratorConfig& config, Units units,
                                       SequencerTiming& sequencer, BankConflictCounts& conflicts)
    : load_write{kPipelined, units.load, alarm},
      store_read{kPipelined, units.store, alarm},
      rows_per_bank_{accumulator_rows(config) / config.accumulators.banks},
      read_latency_{config.accumulators.read_latency},
      units_{units},
      sequencer_{sequencer},
      stages_{std::uint64_t{read_latency_} + config.requant.pipeline_entries},
      conflicts_{conflicts} {}

void AccumulatorsTiming::look(Cycle now) {
  alarm.serve(now);
  if (now >= write_waits_ && load_write.can_pop(now)) {
    write(now);
  }
  if (now >= read_waits_ && store_read.can_pop(now) && stored_ - gathered_->read(now) < stages_) {
    read(now);
  }
  if (!load_write.empty()) {
    alarm.ring_at(std::max({write_waits_, load_write.ready(), now + 1}));
  }
  // Without room behind it the store unit rings, when it has gathered a block.
  if (!store_read.empty() && stored_ - gathered_->latest() < stages_) {
    alarm.ring_at(std::max({read_waits_, store_read.ready(), now + 1}));
  }
}

void AccumulatorsTiming::write(Cycle now) {
  const TimedWrite& head = load_write.front();
  const ResultWriter::Taken taken = results_->result_port(now, head.row / rows_per_bank_);
  if (taken.port != ResultWriter::Port::None) {
    wait(BankUser::Load, now, taken.until, write_waits_);
    return;
  }
  if (head.last) {
    sequencer_.complete(SequencerTiming::kAccumulatorLoad, now + 1, head.entry);
  }
  load_write.pop(now);
}

std::uint32_t AccumulatorsTiming::write_rows(Cycle now, const TimedWrite& first,
                                             std::uint32_t count) {
  if (!load_write.empty()) {
    return 0;
  }
  const std::uint32_t bank = first.row / rows_per_bank_;
  const std::uint32_t most = std::min(count, (bank + 1) * rows_per_bank_ - first.row);
  const Cycle end = results_->next_result(now + 1, now + 1 + most, bank);
  const auto written = static_cast<std::uint32_t>(end - (now + 1));
  if (first.last && written == count) {
    sequencer_.complete(SequencerTiming::kAccumulatorLoad, end, first.entry);
  }
  return written;
}

void AccumulatorsTiming::read(Cycle now) {
  const TimedAccumulatorRead& head = store_read.front();
  const ResultWriter::Taken taken = results_->result_port(now, head.row / rows_per_bank_);
  if (taken.port == ResultWriter::Port::ReadAndWrite) {
    wait(BankUser::Store, now, taken.until, read_waits_);
    return;
  }
  ++stored_;
  const Cycle arrives = now + read_latency_;
  blocks_.push(arrives, head.lanes);
  units_.requant.ring_at(arrives);
  if (head.last) {
    sequencer_.complete(SequencerTiming::kAccumulatorStore, now + 1, head.entry);
  }
  store_read.pop(now);
}

/// Results are not held up: what is known of them comes.
void AccumulatorsTiming::wait(BankUser user, Cycle now, Cycle until, Cycle& waits) {
  conflicts_.add(BankedLocal::Accumulators, user, BankUser::Array, until - now);
  waits = until;
}

void AccumulatorsTiming::archive(StateArchive& archive) {
  alarm.archive(archive);
  load_write.archive(archive,
                     [&](TimedWrite& write) { write.archive(archive, LocalMemory::Accumulators); });
  store_read.archive(archive, [&](TimedAccumulatorRead& read) { read.archive(archive); });
  blocks_.archive(archive, [&](std::uint32_t& lanes) { archive.value(lanes); });
  archive.count(stored_, gathered_->latest());
  archive.due(write_waits_);
  archive.due(read_waits_);
}

}  // namespace systole
