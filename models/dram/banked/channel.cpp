#include "models/dram/banked/channel.hpp"

#include <utility>

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

std::uint64_t bit(std::uint32_t bank) { return std::uint64_t{1} << bank; }

constexpr int kLooks = 4;  // of waiting bursts by age, before all banks are compared

}  // namespace

Channel::Channel(const Config& config, std::uint32_t index, CommandObserver* observer)
    : config_{config},
      index_{index},
      observer_{observer},
      high_writes_{config.controller.write_entries * config.controller.write_high_percent / 100},
      low_writes_{config.controller.write_entries * config.controller.write_low_percent / 100},
      timing_{config},
      queues_{RequestQueue{config.controller.read_entries, config.organization.banks()},
              RequestQueue{config.controller.write_entries, config.organization.banks()}},
      refresh_due_(config.organization.units(),
                   config.timing.refi == 0 ? kNever : Cycle{config.timing.refi}),
      streaks_(config.organization.units()) {
  const CommandBus& bus = config.command_bus;  // in the order of Command
  travel_ = {bus.column_cycles - 1U,    bus.column_cycles - 1U,    bus.activate_cycles - 1U,
             bus.precharge_cycles - 1U, bus.precharge_cycles - 1U, bus.refresh_cycles - 1U};
  for (auto& candidates : candidates_) {
    candidates.resize(config.organization.banks());
  }
  const std::uint32_t entries = config.controller.read_entries + config.controller.write_entries;
  requests_.resize(entries);
  for (std::uint32_t i = entries; i-- > 0;) {
    free_requests_.push_back(i);
  }
}

bool Channel::accept(const Request& request, const std::vector<Location>& bursts, Cycle cycle) {
  if (queue(request.write).room() < bursts.size()) {
    return false;
  }
  const RequestQueue& other = queue(!request.write);
  if (other.size() != 0) {
    for (const auto& place : bursts) {
      if (other.holds(place.bank, place.row, place.column)) {
        return false;
      }
    }
  }
  now_ = std::max(now_, cycle);
  const std::uint32_t index = free_requests_.back();
  free_requests_.pop_back();
  requests_[index] = {{request.id, request.write, cycle, 0},
                      static_cast<std::uint32_t>(bursts.size())};
  for (const auto& place : bursts) {
    add_burst(place, index, request.write, cycle);
  }
  turn();
  if (next_is_known_ && next_.start >= urgent_from()) {
    next_is_known_ = false;
  }
  return true;
}

void Channel::add_burst(const Location& place, std::uint32_t request, bool write, Cycle cycle) {
  const Slot slot = queue(write).push(
      {place.bank, place.row, place.column, request, next_sequence_++, cycle, false, false});
  const bool hit = timing_.is_open(place.bank) && timing_.open_row(place.bank) == place.row;
  if (hit && (closable_ & bit(place.bank)) != 0) {
    closable_ &= ~bit(place.bank);
    next_is_known_ = false;
  }
  Candidate& served = candidate(write, place.bank);
  if (served.slot != kNoSlot && (!hit || (hits_[write ? 1 : 0] & bit(place.bank)) != 0)) {
    return;  // an older burst goes first
  }
  const bool first = served.slot == kNoSlot;
  served = {slot, queue(write).at(slot).sequence};
  bool preferred = false;
  if (hit) {
    hits_[write ? 1 : 0] |= bit(place.bank);
    preferred = (goes_on(timing_.unit_of(place.bank), write) & bit(place.bank)) != 0;
  }
  if (!first || preferred || (committed_[write ? 0 : 1] & bit(place.bank)) != 0) {
    next_is_known_ = false;  // the bank was to do something else, or goes before others
  } else if (next_is_known_ && write == writing_) {
    floor_ = now_;
    const Choice choice = choice_for(slot, write);
    if (!due(choice)) {
      consider(choice);
    }
  }
}

/// One pass over what could go next, on the state as it is.
void Channel::choose() {
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
  next_is_known_ = true;
}

/// The cycle from which the oldest burst goes before all others.
Cycle Channel::urgent_from() const {
  Cycle oldest = kNever;
  for (const auto& waiting : queues_) {
    if (waiting.oldest() != kNoSlot) {
      oldest = std::min(oldest, waiting.at(waiting.oldest()).arrival);
    }
  }
  return oldest == kNever ? kNever : oldest + config_.controller.max_wait;
}

void Channel::consider_banks() {
  const std::size_t same = writing_ ? 1 : 0;
  const std::size_t other = 1 - same;
  const std::uint64_t kept = committed_[other] & queues_[other].banks() & ~hits_[same];
  const std::uint64_t free = queues_[same].banks() & ~kept;
  const std::uint32_t banks = config_.organization.banks_per_unit();
  const std::uint64_t all_of_unit = banks == 64 ? ~std::uint64_t{0} : bit(banks) - 1;
  for (std::uint32_t unit = 0; unit < refresh_due_.size(); ++unit) {
    const std::uint64_t of_unit = all_of_unit << (unit * banks);
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
      if ((set & bit(bank)) != 0 && candidate(write, bank).slot == slot && of_bank(bank) <= least) {
        first = bank;
        effect = least;
      }
      slot = queue(write).younger(slot);
    }
    if (effect != least) {
      for_each_bit(set & ~preferred, [&](std::uint32_t bank) {
        const Cycle its_effect = std::max(least, of_bank(bank));
        const std::uint64_t sequence = candidate(write, bank).sequence;
        if (its_effect < effect || (its_effect == effect && sequence < order)) {
          first = bank;
          effect = its_effect;
          order = sequence;
        }
      });
    }
    // Field by field: copies of a structure just written wait for the stores of its fields.
    const Cycle start = effect - travel(command);
    const Candidate& served = candidate(write, first);
    if (start < refresh_due_[unit] && next_.is_after(start, rank, served.sequence)) {
      next_.start = start;
      next_.effect = effect;
      next_.rank = rank;
      next_.command = command;
      next_.write = write;
      next_.slot = served.slot;
      next_.bank = first;
      next_.sequence = served.sequence;
    }
  };
  first_of(hits, goes_on(unit, write), write ? Command::Write : Command::Read, Rank::Column,
           timing_.earliest_column_of_unit(unit, write),
           [&](std::uint32_t bank) { return timing_.earliest_column_of_bank(bank, write); });
  if (next_.start == floor_ && next_.rank == Rank::Column) {
    return;  // nothing goes before
  }
  first_of(banks & ~open_banks_, 0, Command::Activate, Rank::Row,
           timing_.earliest_activate_of_unit(unit),
           [&](std::uint32_t bank) { return timing_.earliest_activate_of_bank(bank); });
  first_of(banks & open_banks_ & ~hits, 0, Command::Precharge, Rank::Row, 0,
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
  for (std::uint32_t unit = 0; unit < refresh_due_.size(); ++unit) {
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

/// As far as the command bus is concerned.
Cycle Channel::earliest_effect(Command command) const {
  return std::max(floor_, command_bus_free_[bus_of(command)]) + travel(command);
}

void Channel::issue() {
  const Choice& choice = next_;
  next_is_known_ = false;
  now_ = choice.start;
  command_bus_free_[bus_of(choice.command)] = choice.effect + 1;
  std::int64_t row = -1;
  switch (choice.command) {
    case Command::Read:
    case Command::Write:
      row = timing_.open_row(choice.bank);
      issue_column(choice);
      break;
    case Command::Activate: {
      Burst& burst = queue(choice.write).at(choice.slot);
      row = burst.row;
      burst.activated = true;
      timing_.activate(choice.bank, burst.row, choice.effect);
      open_banks_ |= bit(choice.bank);
      commit(choice.bank, choice.write);
      choose_candidates(choice.bank);
      ++stats_.activates;
      break;
    }
    case Command::Precharge:
      if (choice.slot != kNoSlot) {
        queue(choice.write).at(choice.slot).precharged = true;
      }
      timing_.precharge(choice.bank, choice.effect);
      open_banks_ &= ~bit(choice.bank);
      closable_ &= ~bit(choice.bank);
      choose_candidates(choice.bank);
      ++stats_.precharges;
      break;
    case Command::PrechargeAll: {
      timing_.precharge_all(choice.bank, choice.effect);
      const std::uint32_t banks = config_.organization.banks_per_unit();
      for (std::uint32_t bank = choice.bank * banks; bank < (choice.bank + 1) * banks; ++bank) {
        open_banks_ &= ~bit(bank);
        closable_ &= ~bit(bank);
        release(bank);
        choose_candidates(bank);
      }
      ++stats_.precharges_all;
      break;
    }
    case Command::Refresh:
      timing_.refresh(choice.bank, choice.effect);
      refresh_due_[choice.bank] += config_.timing.refi;
      ++stats_.refreshes;
      break;
  }
  if (observer_ != nullptr) {
    tell(choice, row);
  }
}

void Channel::issue_column(const Choice& choice) {
  const Burst& burst = queue(choice.write).at(choice.slot);
  const std::uint32_t request = burst.request;
  ++(burst.precharged  ? stats_.row_conflicts
     : burst.activated ? stats_.row_misses
                       : stats_.row_hits);
  const Cycle end = timing_.column(choice.bank, choice.write, choice.effect);
  queue(choice.write).remove(choice.slot);
  continue_streak(choice.bank, choice.write);
  release(choice.bank);
  choose_candidate(choice.write, choice.bank);
  if (config_.controller.page_policy == PagePolicy::Closed && !wanted(choice.bank)) {
    closable_ |= bit(choice.bank);
  }
  ++(choice.write ? stats_.writes : stats_.reads);
  finish_burst(request, end);
  turn();
}

void Channel::continue_streak(std::uint32_t bank, bool write) {
  Streak& streak = streaks_[timing_.unit_of(bank)];
  if (write) {
    streak = {};
  } else if (streak.bank == bit(bank)) {
    ++streak.reads;
  } else {
    streak = {bit(bank), 1};
  }
}

void Channel::finish_burst(std::uint32_t request, Cycle end) {
  OpenRequest& open = requests_[request];
  const Cycle finish = std::max(open.completion.finish, end);
  if (--open.bursts_left != 0) {
    open.completion.finish = finish;
    return;
  }
  free_requests_.push_back(request);
  const bool write = open.completion.write;
  const Cycle arrival = open.completion.arrival;
  completions_.push_back({open.completion.id, write, arrival, finish});
  for (std::size_t i = completions_.size() - 1;  // pseudo channels finish in any order
       i > 0 && completions_[i - 1].finish > completions_[i].finish; --i) {
    std::swap(completions_[i - 1], completions_[i]);
  }
  first_finish_ = completions_.front().finish;
  ++(write ? stats_.write_requests : stats_.read_requests);
  (write ? stats_.write_latency_sum : stats_.read_latency_sum) += finish - arrival;
  stats_.last_data = std::max(stats_.last_data, finish);
}

void Channel::tell(const Choice& choice, std::int64_t row) const {
  IssuedCommand command;
  command.cycle = choice.effect;
  command.command = choice.command;
  command.channel = index_;
  command.row = row;
  if (choice.command == Command::PrechargeAll || choice.command == Command::Refresh) {
    command.unit = choice.bank;
  } else {
    const std::uint32_t in_group = config_.organization.banks_per_group;
    command.unit = timing_.unit_of(choice.bank);
    command.bank_group = choice.bank / in_group % config_.organization.bank_groups;
    command.bank = choice.bank % in_group;
  }
  observer_->on_command(command);
}

/// The bank serves its candidate of this direction, whichever direction is served otherwise.
void Channel::commit(std::uint32_t bank, bool write) {
  release(bank);
  committed_[write ? 1 : 0] |= bit(bank);
}

void Channel::release(std::uint32_t bank) {
  committed_[0] &= ~bit(bank);
  committed_[1] &= ~bit(bank);
}

void Channel::choose_candidate(bool write, std::uint32_t bank) {
  const RequestQueue& waiting = queue(write);
  const Slot hit =
      timing_.is_open(bank) ? waiting.oldest_of_row(bank, timing_.open_row(bank)) : kNoSlot;
  std::uint64_t& hits = hits_[write ? 1 : 0];
  hits = hit != kNoSlot ? hits | bit(bank) : hits & ~bit(bank);
  const Slot slot = hit != kNoSlot ? hit : waiting.oldest_of_bank(bank);
  candidate(write, bank) = {slot, slot != kNoSlot ? waiting.at(slot).sequence : 0};
}

void Channel::choose_candidates(std::uint32_t bank) {
  choose_candidate(false, bank);
  choose_candidate(true, bank);
}

/// Chooses the direction; called whenever the number of waiting bursts has changed.
void Channel::turn() {
  const std::uint32_t writes = queue(true).size();
  const std::uint32_t reads = queue(false).size();
  const bool write = writing_ ? writes > low_writes_ || reads == 0
                              : writes > high_writes_ || (reads == 0 && writes != 0);
  if (write != writing_) {
    writing_ = write;
    next_is_known_ = false;
  }
}

bool Channel::wanted(std::uint32_t bank) const {
  const std::uint32_t row = timing_.open_row(bank);
  return queue(false).oldest_of_row(bank, row) != kNoSlot ||
         queue(true).oldest_of_row(bank, row) != kNoSlot;
}

Stats Channel::stats(Cycle now) const {
  Stats stats = stats_;
  stats.active_cycles = timing_.active_cycles(now);
  stats.precharged_cycles = now * config_.organization.units() - stats.active_cycles;
  return stats;
}

}  // namespace systole::dram
