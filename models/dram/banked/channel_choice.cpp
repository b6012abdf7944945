// Which command goes next: the policy of channel.hpp, for any state.

#include <algorithm>

#include "models/dram/banked/channel.hpp"

namespace systole::dram {
namespace {

/// Calls `use` with the number of each bit that is set.
template <typename Use>
void for_each_bit(std::uint64_t bits, const Use& use) {
  while (bits != 0) {
    use(static_cast<std::uint32_t>(__builtin_ctzll(bits)));
    bits &= bits - 1;
  }
}

}  // namespace

/// Row commands for these banks, for which bursts wait that are no hits.
void Channel::consider_rows(std::uint64_t banks) {
  const Cycle of_bus = earliest_effect(Command::Activate);
  for (std::uint32_t unit = 0; unit < units_; ++unit) {
    const Cycle soonest = std::max(of_bus, timing_.earliest_activate_of_unit(unit));
    if (soonest - travel(Command::Activate) >= next_.start) {
      banks &=
          ~(timing_.banks_of(unit) & ~timing_.open_banks());  // an activate of any would be later
    }
  }
  for_each_bit(banks, [this](std::uint32_t bank) {
    const bool open = timing_.is_open(bank);
    const Command command = open ? Command::Precharge : Command::Activate;
    const Cycle allowed = open ? timing_.earliest_precharge(bank)
                               : std::max(timing_.earliest_activate_of_unit(timing_.unit_of(bank)),
                                          timing_.earliest_activate_of_bank(bank));
    const Cycle effect = std::max(earliest_effect(command), allowed);
    const Slot slot = candidate(writing_, bank);
    const std::uint64_t sequence = queue(writing_).at(slot).sequence;
    if (next_.is_after(effect - travel(command), Rank::Row, sequence)) {
      next_.set(effect - travel(command), effect, Rank::Row, command, writing_, slot, bank,
                sequence);
    }
  });
}

/// One pass over what could go next, on the state as it is.
void Channel::choose_of_all() {
  next_ = {};
  floor_ = now_;
  const Cycle urgent = urgent_from();
  if (now_ < urgent) {
    consider_banks();
    consider_closing();
  }
  if (urgent != kNever && next_.start >= urgent) {
    next_ = {};
    consider_urgent(urgent);
  }
  consider_refreshes();
}

/// The cycle from which the oldest burst goes before all others.
Cycle Channel::urgent_from() const {
  Cycle oldest = kNever;
  for (const auto& waiting : queues_) {
    if (waiting.oldest() != kNoSlot) {
      oldest = std::min(oldest, arrival_of(waiting.at(waiting.oldest())));
    }
  }
  return oldest == kNever ? kNever : oldest + config_.controller.max_wait;
}

void Channel::consider_banks() {
  const std::size_t same = writing_ ? 1 : 0;
  const std::size_t other = 1 - same;
  const std::uint64_t kept = committed_[other] & queues_[other].banks() & ~hits_[same];
  const std::uint64_t free = queues_[same].banks() & ~kept;
  for (std::uint32_t unit = 0; unit < units_; ++unit) {
    const std::uint64_t of_unit = timing_.banks_of(unit);
    consider_banks_of(unit, writing_, free & of_unit);
    if ((kept & of_unit) != 0) {
      consider_banks_of(unit, !writing_, kept & of_unit);
    }
  }
}

/// The candidates of one direction in some banks of a unit. Of each kind of command only the
/// first has to be compared with those of other kinds: the inner loops are the model's hot path.
void Channel::consider_banks_of(std::uint32_t unit, bool write, std::uint64_t banks) {
  const std::uint64_t hits = hits_[write ? 1 : 0] & banks;
  const Slot oldest = queue(write).oldest();
  if (oldest == kNoSlot) {
    return;
  }
  const auto first_of = [&](std::uint64_t set, std::uint64_t preferred, Command command, Rank rank,
                            Cycle of_unit, const auto& of_bank) {
    if (set == 0) {
      return;
    }
    const Cycle least = std::max(earliest_effect(command), of_unit);
    if (!next_.is_after(least - travel(command), rank, 0)) {
      return;  // what is chosen goes before any of these
    }
    Cycle effect = kNever;
    std::uint32_t first = 0;  // its bank
    std::uint64_t order = 0;  // of those that can start together; 0 goes before all
    for_each_bit(set & preferred, [&](std::uint32_t bank) {
      first = bank;
      effect = std::max(least, of_bank(bank));
    });
    // Mostly one of the oldest can go at once: no other can be sooner, and the younger need no
    // look.
    Slot slot = oldest;
    for (int looks = 0; effect != least && looks < kLooks && slot != kNoSlot; ++looks) {
      const std::uint32_t bank = queue(write).at(slot).bank;
      if ((set & bit(bank)) != 0 && candidate(write, bank) == slot && of_bank(bank) <= least) {
        first = bank;
        effect = least;
      }
      slot = queue(write).younger(slot);
    }
    if (effect != least) {
      for_each_bit(set & ~preferred, [&](std::uint32_t bank) {
        const Cycle its_effect = std::max(least, of_bank(bank));
        const std::uint64_t sequence = queue(write).at(candidate(write, bank)).sequence;
        if (its_effect < effect || (its_effect == effect && sequence < order)) {
          first = bank;
          effect = its_effect;
          order = sequence;
        }
      });
    }
    const Cycle start = effect - travel(command);
    slot = candidate(write, first);
    const std::uint64_t sequence = queue(write).at(slot).sequence;
    if (start < refresh_due_[unit] && next_.is_after(start, rank, sequence)) {
      next_.set(start, effect, rank, command, write, slot, first, sequence);
    }
  };
  first_of(hits, goes_on(write), write ? Command::Write : Command::Read, Rank::Column,
           timing_.earliest_column_of_unit(unit, write),
           [&](std::uint32_t bank) { return timing_.earliest_column_of_bank(bank, write); });
  if (next_.start == floor_ && next_.rank == Rank::Column) {
    return;  // nothing goes before
  }
  first_of(banks & ~timing_.open_banks(), 0, Command::Activate, Rank::Row,
           timing_.earliest_activate_of_unit(unit),
           [&](std::uint32_t bank) { return timing_.earliest_activate_of_bank(bank); });
  first_of(banks & timing_.open_banks() & ~hits, 0, Command::Precharge, Rank::Row, 0,
           [&](std::uint32_t bank) { return timing_.earliest_precharge(bank); });
}

void Channel::consider_closing() {
  for_each_bit(closable_, [this](std::uint32_t bank) {
    const Choice choice =
        timed(Command::Precharge, Rank::Close, bank, timing_.earliest_precharge(bank));
    if (!due(choice)) {
      consider(choice);
    }
  });
}

void Channel::consider_urgent(Cycle from) {
  floor_ = std::max(now_, from);
  const Slot read = queue(false).oldest();
  const Slot write = queue(true).oldest();
  const bool writes_first =
      read == kNoSlot ||
      (write != kNoSlot && queue(true).at(write).sequence < queue(false).at(read).sequence);
  const Choice choice = choice_for(writes_first ? write : read, writes_first);
  if (!due(choice)) {
    consider(choice);
  }
}

void Channel::consider_refreshes() {
  for (std::uint32_t unit = 0; unit < units_; ++unit) {
    if (refresh_due_[unit] > next_.start || refresh_due_[unit] == kNever) {
      continue;
    }
    floor_ = std::max(now_, refresh_due_[unit]);
    consider(timing_.has_open_bank(unit)
                 ? timed(Command::PrechargeAll, Rank::Refresh, unit,
                         timing_.earliest_precharge_all(unit))
                 : timed(Command::Refresh, Rank::Refresh, unit, timing_.earliest_refresh(unit)));
  }
}

/// Whether the unit of a bank's command has to refresh before it could start.
bool Channel::due(const Choice& choice) const {
  return choice.start >= refresh_due_[timing_.unit_of(choice.bank)];
}

Channel::Choice Channel::choice_for(Slot slot, bool write) const {
  const Burst& burst = queue(write).at(slot);
  const std::uint32_t bank = burst.bank;
  const std::uint32_t unit = timing_.unit_of(bank);
  Choice choice;
  if (!timing_.is_open(bank)) {
    choice = timed(
        Command::Activate, Rank::Row, bank,
        std::max(timing_.earliest_activate_of_unit(unit), timing_.earliest_activate_of_bank(bank)));
  } else if (timing_.open_row(bank) != burst.row) {
    choice = timed(Command::Precharge, Rank::Row, bank, timing_.earliest_precharge(bank));
  } else {
    choice = timed(write ? Command::Write : Command::Read, Rank::Column, bank,
                   std::max(timing_.earliest_column_of_unit(unit, write),
                            timing_.earliest_column_of_bank(bank, write)));
  }
  choice.write = write;
  choice.slot = slot;
  choice.sequence = burst.sequence;
  return choice;
}

/// A command that the rules allow from `effect` on, when the command bus is free for it.
Channel::Choice Channel::timed(Command command, Rank rank, std::uint32_t bank, Cycle effect) const {
  Choice choice;
  choice.effect = std::max(effect, earliest_effect(command));
  choice.start = choice.effect - travel(command);
  choice.rank = rank;
  choice.command = command;
  choice.bank = bank;
  return choice;
}

}  // namespace systole::dram
