#include "models/accumulators/accumulators_timing.hpp"

#include <algorithm>

#include "models/sequencer/queue_depths.hpp"

namespace systole {

AccumulatorsTiming::AccumulatorsTiming(const AccumulatorsBlockConfig& config, Alarm& load,
                                       SequencerTiming& sequencer, BankConflictCounts& conflicts)
    : load_write{kPipelined, load, alarm},
      rows_per_bank_{config.rows_per_bank()},
      sequencer_{sequencer},
      conflicts_{conflicts} {}

void AccumulatorsTiming::look(Cycle now) {
  alarm.serve(now);
  if (now >= write_waits_ && load_write.can_pop(now)) {
    write(now);
  }
  if (!load_write.empty()) {
    alarm.ring_at(std::max({write_waits_, load_write.ready(), now + 1}));
  }
}

/// Results are not held up: what is known of them comes.
void AccumulatorsTiming::write(Cycle now) {
  const TimedWrite& head = load_write.front();
  const ResultWriter::Taken taken = results_->result_port(now, bank_of(head.row));
  if (taken.port != ResultWriter::Port::None) {
    conflicts_.add(BankedLocal::Accumulators, BankUser::Load, BankUser::Array, taken.until - now);
    write_waits_ = taken.until;
    return;
  }
  if (head.last) {
    sequencer_.complete(SequencerTiming::kAccumulatorLoad, now + 1, head.entry);
  }
  load_write.pop(now);
}

std::uint32_t AccumulatorsTiming::write_rows(Cycle now, const TimedWrite& first,
                                             std::uint32_t count) {
  const std::uint32_t bank = bank_of(first.row);
  Cycle from = now + 1;
  if (!load_write.empty()) {  // but for a row that is written in this cycle
    const TimedWrite& before = load_write.front();
    if (load_write.size() > 1 || !load_write.can_pop(now) || now < write_waits_ || before.last ||
        bank_of(before.row) != bank) {
      return 0;
    }
    from = now;
  }
  const std::uint32_t most = std::min(count, rows_on(first.row));
  const Cycle end = results_->next_result(from, now + 1 + most, bank);
  const auto written = static_cast<std::uint32_t>(end > now ? end - (now + 1) : 0);
  if (first.last && written == count) {
    sequencer_.complete(SequencerTiming::kAccumulatorLoad, end, first.entry);
  }
  return written;
}

Cycle AccumulatorsTiming::read_row(const TimedAccumulatorRead& read, Cycle earliest, Cycle now) {
  const std::uint32_t bank = bank_of(read.row);
  read_from_ = std::max(read_from_, earliest);
  if (bank != free_bank_ || read_from_ >= free_until_) {
    const Cycle known = results_->results_known(now);
    free_bank_ = bank;
    free_until_ = 0;
    while (read_from_ >= free_until_) {
      if (read_from_ >= known) {
        return kNever;
      }
      const ResultWriter::Accumulating results = results_->accumulating(read_from_, bank);
      if (results.here) {
        conflicts_.add(BankedLocal::Accumulators, BankUser::Store, BankUser::Array,
                       results.until - read_from_);
        read_from_ = results.until;
      } else {
        free_until_ = std::min(results.until, known);
      }
    }
  }
  const Cycle at = read_from_++;
  if (read.last) {
    sequencer_.complete(SequencerTiming::kAccumulatorStore, at + 1, read.entry);
  }
  return at;
}

void AccumulatorsTiming::archive(StateArchive& archive) {
  alarm.archive(archive);
  load_write.archive(archive,
                     [&](TimedWrite& write) { write.archive(archive, LocalMemory::Accumulators); });
  archive.due(write_waits_);
  archive.due(read_from_);
  if (archive.reading()) {
    free_until_ = 0;
  }
}

}  // namespace systole
