// What every burst passes: mostly the next command is a read or write of one of the oldest bursts.

#include <algorithm>

#include "models/dram/banked/channel.hpp"

namespace systole::dram {

inline void Channel::continue_streak(std::uint32_t bank, bool write) {
  const std::uint32_t unit = timing_.unit_of(bank);
  Streak& streak = streaks_[unit];
  const std::uint64_t reading = write ? 0 : bit(bank);
  streak.reads = streak.bank == reading ? streak.reads + 1 : 1;
  streak.bank = reading;
  goes_on_ &= ~timing_.banks_of(unit);
  goes_on_ |= streak.reads < config_.controller.reads_in_a_row ? reading : 0;
}

template <bool kWrite>
inline void Channel::finish_burst(std::uint32_t request, Cycle end) {
  OpenRequest& open = requests_[request];
  const Cycle finish = std::max(open.finish, end);
  if (--open.bursts_left != 0) {
    open.finish = finish;
    return;
  }
  free_requests_.push_back(request);
  completions_.add(open.id, kWrite, open.arrival, finish);
  ++(kWrite ? stats_.write_requests : stats_.read_requests);
  (kWrite ? stats_.write_latency_sum : stats_.read_latency_sum) += finish - open.arrival;
  stats_.last_data = std::max(stats_.last_data, finish);
}

template <bool kWrite>
inline void Channel::issue_column() {
  const std::uint32_t bank = next_.bank;
  const Slot slot = next_.slot;
  RequestQueue& waiting = queue(kWrite);
  const Burst& burst = waiting.at(slot);
  const std::uint32_t request = burst.request;
  ++(burst.precharged  ? stats_.row_conflicts
     : burst.activated ? stats_.row_misses
                       : stats_.row_hits);
  ++(kWrite ? stats_.writes : stats_.reads);
  const Cycle end = timing_.column(bank, kWrite, next_.effect);
  const Slot next_hit = waiting.younger_of_row(slot);  // it was the oldest of its row
  waiting.remove(slot);
  if (next_hit != kNoSlot) {
    candidate(kWrite, bank) = next_hit;
  } else {
    hits_[kWrite ? 1 : 0] &= ~bit(bank);
    candidate(kWrite, bank) = waiting.oldest_of_bank(bank);
  }
  release(bank);
  if (config_.controller.reads_in_a_row > 1) {
    continue_streak(bank, kWrite);
  }
  if (closes_pages_ && !wanted(bank)) {
    closable_ |= bit(bank);
  }
  finish_burst<kWrite>(request, end);
  if (kWrite || waiting.size() == 0) {  // one read less of many turns nothing
    turn();
  }
}

/// What choose_of_all() would, in the states that streams are in nearly always: one of the oldest
/// bursts, or the bank that goes on, can have the first column command that any could, or else one
/// of the open rows has the first. Where more has to be compared, that is done.
template <bool kWrite>
void Channel::choose_of_stream() {
  constexpr std::size_t same = kWrite ? 1 : 0;
  constexpr Command command = kWrite ? Command::Write : Command::Read;
  const RequestQueue& waiting = queues_[same];
  const std::uint64_t hits = hits_[same];
  if (hits == 0 || committed_[1 - same] != 0 || closable_ != 0) {
    return choose_of_all();
  }
  floor_ = now_;
  const Cycle of_bus = earliest_effect(command);
  const auto first_of_unit = [&](std::uint32_t unit) {
    return std::max(of_bus, timing_.earliest_column_of_unit(unit, kWrite));
  };
  Cycle effect = kNever;
  std::uint32_t bank = 0;
  Slot slot = waiting.oldest();
  for (int looks = 0; looks < kLooks && slot != kNoSlot; ++looks, slot = waiting.younger(slot)) {
    bank = waiting.at(slot).bank;
    if ((hits & bit(bank)) != 0 && candidates_[same][bank] == slot) {
      const Cycle first = first_of_unit(timing_.unit_of(bank));
      if (timing_.earliest_column_of_bank(bank, kWrite) <= first) {
        effect = first;
        break;
      }
    }
  }
  if (effect == kNever) {  // each of these few banks has to be compared
    if ((goes_on(kWrite) & hits) != 0) {
      return choose_of_all();
    }
    std::uint64_t order = 0;
    for (std::uint64_t left = hits; left != 0; left &= left - 1) {
      const auto other = static_cast<std::uint32_t>(__builtin_ctzll(left));
      const Cycle its_effect = std::max(first_of_unit(timing_.unit_of(other)),
                                        timing_.earliest_column_of_bank(other, kWrite));
      const std::uint64_t sequence = waiting.at(candidates_[same][other]).sequence;
      if (its_effect < effect || (its_effect == effect && sequence < order)) {
        bank = other;
        effect = its_effect;
        order = sequence;
      }
    }
    slot = candidates_[same][bank];
  } else {
    const std::uint32_t unit = timing_.unit_of(bank);
    bool is_oldest = true;  // of those that can start as soon
    const std::uint64_t preferred = goes_on(kWrite) & hits & timing_.banks_of(unit);
    if (preferred != 0) {
      const auto its_bank = static_cast<std::uint32_t>(__builtin_ctzll(preferred));
      if (its_bank != bank && timing_.earliest_column_of_bank(its_bank, kWrite) <= effect) {
        bank = its_bank;
        slot = candidates_[same][bank];
        is_oldest = false;
      }
    }
    if (effect != of_bus || !is_oldest) {  // else nothing of another unit goes before
      for (std::uint32_t other = 0; other < units_; ++other) {
        const Cycle its_effect = other == unit ? kNever : first_of_unit(other);
        if (its_effect < effect || (its_effect == effect && !is_oldest)) {
          return choose_of_all();
        }
      }
    }
  }
  const Cycle start = effect - travel(command);
  if (start >= first_refresh_ || is_urgent(start)) {
    return choose_of_all();
  }
  next_.set(start, effect, Rank::Column, command, kWrite, slot, bank, waiting.at(slot).sequence);
  if (const std::uint64_t banks = waiting.banks() & ~hits; start != floor_ && banks != 0) {
    consider_rows(banks);
  }
}

void Channel::choose() {
  next_is_known_ = true;
  return writing_ ? choose_of_stream<true>() : choose_of_stream<false>();
}

void Channel::issue() {
  next_is_known_ = false;
  now_ = next_.start;
  command_bus_free_[bus_of(next_.command)] = next_.effect + 1;
  if (next_.rank != Rank::Column) {
    issue_for_row(next_);
  } else if (next_.write) {
    issue_column<true>();
  } else {
    issue_column<false>();
  }
  if (observer_ != nullptr) {
    tell(next_);
  }
}

}  // namespace systole::dram
