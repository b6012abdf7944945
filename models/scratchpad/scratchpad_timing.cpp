#include "models/scratchpad/scratchpad_timing.hpp"

#include <algorithm>

#include "models/sequencer/queue_depths.hpp"

namespace systole {
namespace {

constexpr std::uint32_t kNoBank = ~std::uint32_t{0};

}  // namespace

ScratchpadTiming::ScratchpadTiming(const ScratchpadBlockConfig& config, Units units,
                                   SequencerTiming& sequencer, BankConflictCounts& conflicts)
    : vector_write{kPipelined, units.vector, alarm},
      store_write{kPipelined, units.store, alarm},
      vector_read{kPipelined, units.vector, alarm},
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
  if (vector_write.can_pop(now)) {
    const TimedWrite head = vector_write.front();
    if (write(now, vector_write, BankUser::Vector) && head.last) {
      sequencer_.complete(SequencerTiming::kVector, now + 1, head.entry);
    }
  }
  if (store_write.can_pop(now)) {
    write(now, store_write, BankUser::Store);
  }
  std::uint32_t vector_bank = kNoBank;
  if (vector_read.can_pop(now) || store_read.can_pop(now)) {
    if (read(now, vector_read, BankUser::Vector, vector_bank)) {
      const Cycle arrives = now + read_latency_;
      vector_rows_.push(arrives, 0);
      units_.vector.ring_at(arrives);
    }
    std::uint32_t store_bank = vector_bank;
    const TimedRead head = store_read.can_pop(now) ? store_read.front() : TimedRead{};
    if (read(now, store_read, BankUser::Store, store_bank)) {
      const Cycle arrives = now + read_latency_;
      store_rows_.push(arrives, 0);
      units_.store.ring_at(arrives);
      if (head.last) {
        sequencer_.complete(SequencerTiming::kScratchpadStore, now + 1, head.entry);
      }
    }
  }
  if (!vector_write.empty() || !store_write.empty() || !vector_read.empty() ||
      !store_read.empty()) {
    alarm.ring_at(now + 1);
  }
}

/// Writes the queue's first row if no unit that goes before writes to its bank.
bool ScratchpadTiming::write(Cycle now, TimedQueue<TimedWrite>& queue, BankUser user) {
  const std::uint32_t bank = banks_.bank_of({LocalMemory::Scratchpad, queue.front().row});
  if (const WriteCalendar::Run* other = writes_.find_next(now, bank)) {
    conflicts_.add(banks_.memory_of(bank), user, other->by);
    return false;
  }
  writes_.add(now, bank, user);
  queue.pop(now);
  return true;
}

/// Reads the queue's first row if its bank is free; `bank` is the one that the vector unit, which
/// goes first, took, and then the one taken now.
bool ScratchpadTiming::read(Cycle now, TimedQueue<TimedRead>& queue, BankUser user,
                            std::uint32_t& bank) {
  if (!queue.can_pop(now)) {
    return false;
  }
  const std::uint32_t wanted = banks_.bank_of({LocalMemory::Scratchpad, queue.front().row});
  const WriteCalendar::Run* write = dual_ported_ ? nullptr : writes_.find_next(now, wanted);
  const bool for_array = operands_->reads_bank(now, wanted);
  if (wanted == bank || for_array || write != nullptr) {
    conflicts_.add(banks_.memory_of(wanted), user,
                   write != nullptr ? write->by : (for_array ? BankUser::Array : BankUser::Vector));
    return false;
  }
  bank = wanted;
  queue.pop(now);
  return true;
}

void ScratchpadTiming::archive(StateArchive& archive) {
  alarm.archive(archive);
  for (TimedQueue<TimedWrite>* queue : {&vector_write, &store_write}) {
    queue->archive(archive,
                   [&](TimedWrite& write) { write.archive(archive, LocalMemory::Scratchpad); });
  }
  vector_read.archive(archive, [&](TimedRead& read) { read.archive(archive); });
  store_read.archive(archive, [&](TimedRead& read) { read.archive(archive); });
  writes_.archive(archive);
  for (CompletionQueue* rows : {&vector_rows_, &store_rows_}) {
    rows->archive(archive, [](std::uint32_t&) {});  // whose they are is known
  }
}

}  // namespace systole
