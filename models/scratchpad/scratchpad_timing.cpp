#include "models/scratchpad/scratchpad_timing.hpp"

#include <algorithm>

#include "models/sequencer/queue_depths.hpp"

namespace systole {
namespace {

constexpr std::uint32_t kNoBank = ~std::uint32_t{0};

}  // namespace

ScratchpadTiming::ScratchpadTiming(const ScratchpadBlockConfig& config, Units units,
                                   SequencerTiming& sequencer, BankConflictCounts& conflicts)
    : store_write{kPipelined, units.store, alarm},
      store_read{kPipelined, units.store, alarm},
      banks_{config.banks},
      dual_ported_{config.ports == BankPorts::Dual},
      read_latency_{config.read_latency},
      units_{units},
      sequencer_{sequencer},
      conflicts_{conflicts} {}

void ScratchpadTiming::look(Cycle now) {
  alarm.serve(now);
  if (dual_ported_) {
    writes_.forget_before(now);  // no read asks about them
  }
  if (vector_write_.from <= now && write(now, vector_write_.row.row, BankUser::Vector)) {
    if (vector_write_.row.last) {
      sequencer_.complete(SequencerTiming::kVector, now + 1, vector_write_.row.entry);
    }
    vector_->row_written(now);
  }
  if (store_write.can_pop(now) && write(now, store_write.front().row, BankUser::Store)) {
    store_write.pop(now);
  }
  std::uint32_t taken = kNoBank;
  if (vector_read_.from <= now && read(now, vector_read_.row, BankUser::Vector, taken)) {
    vector_->row_read(now);
  }
  if (store_read.can_pop(now) && read(now, store_read.front().row, BankUser::Store, taken)) {
    const TimedRead served = store_read.pop(now);
    store_rows_.push(now + read_latency_, 0);
    units_.store.ring_at(now + read_latency_);
    if (served.last) {
      sequencer_.complete(SequencerTiming::kScratchpadStore, now + 1, served.entry);
    }
  }
  alarm.ring_at(std::max(std::min(vector_write_.from, vector_read_.from), now + 1));
  if (!store_write.empty() || !store_read.empty()) {
    alarm.ring_at(now + 1);
  }
}

/// Writes the row if no unit that goes before writes to its bank.
bool ScratchpadTiming::write(Cycle now, std::uint32_t row, BankUser user) {
  const std::uint32_t bank = banks_.bank_of({LocalMemory::Scratchpad, row});
  if (const WriteCalendar::Run* other = writes_.find_next(now, bank)) {
    conflicts_.add(banks_.memory_of(bank), user, other->by);
    return false;
  }
  writes_.add(now, bank, user);
  return true;
}

/// Reads the row if its bank is free; `taken` is the one that the vector unit, which goes first,
/// took, and then the one taken now.
bool ScratchpadTiming::read(Cycle now, std::uint32_t row, BankUser user, std::uint32_t& taken) {
  const std::uint32_t wanted = banks_.bank_of({LocalMemory::Scratchpad, row});
  const WriteCalendar::Run* write = dual_ported_ ? nullptr : writes_.find_next(now, wanted);
  const bool for_array = operands_->reads_bank(now, wanted);
  if (wanted == taken || for_array || write != nullptr) {
    conflicts_.add(banks_.memory_of(wanted), user,
                   write != nullptr ? write->by : (for_array ? BankUser::Array : BankUser::Vector));
    return false;
  }
  taken = wanted;
  return true;
}

void ScratchpadTiming::archive(StateArchive& archive) {
  alarm.archive(archive);
  store_write.archive(archive,
                      [&](TimedWrite& write) { write.archive(archive, LocalMemory::Scratchpad); });
  store_read.archive(archive, [&](TimedRead& read) { read.archive(archive); });
  writes_.archive(archive);
  store_rows_.archive(archive, [](std::uint32_t&) {});  // whose they are is known
}

}  // namespace systole
