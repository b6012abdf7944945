#include "models/dram/banked/channel.hpp"

#include <stdexcept>

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
                   config.timing.refi == 0 ? kNever : Cycle{config.timing.refi}) {
  for (auto& candidates : candidates_) {
    candidates.assign(config.organization.banks(), kNoSlot);
  }
  const std::uint32_t entries = config.controller.read_entries + config.controller.write_entries;
  open_.resize(entries);
  for (std::uint32_t i = entries; i-- > 0;) {
    free_open_.push_back(i);
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
  const std::uint32_t index = free_open_.back();
  free_open_.pop_back();
  open_[index] = {{request.id, request.write, cycle, 0}, static_cast<std::uint32_t>(bursts.size())};
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
  Slot& served = candidate(write, place.bank);
  if (served == kNoSlot) {
    served = slot;
    if (next_is_known_ && write == writing_) {
      floor_ = now_;
      const Choice choice = choice_for(slot, write);
      if (!due(choice)) {
        consider(choice);
      }
    }
  } else if (hit && queue(write).at(served).row != place.row) {
    served = slot;  // the bank was to be closed
    next_is_known_ = false;
  }
}

/// One pass over what could go next, on the state as it is.
void Channel::choose() {
  next_ = {};
  floor_ = now_;
  const Cycle urgent = urgent_from();
  if (now_ < urgent) {
    consider_direction();
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

void Channel::consider_direction() {
  for_each_bit(queue(writing_).banks(), [this](std::uint32_t bank) {
    const Choice choice = choice_for(candidate(writing_, bank), writing_);
    if (!due(choice)) {
      consider(choice);
    }
  });
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
  Choice choice;
  if (!timing_.is_open(burst.bank)) {
    choice =
        timed(Command::Activate, Rank::Row, burst.bank, timing_.earliest_activate(burst.bank));
  } else if (timing_.open_row(burst.bank) != burst.row) {
    choice =
        timed(Command::Precharge, Rank::Row, burst.bank, timing_.earliest_precharge(burst.bank));
  } else {
    choice = timed(write ? Command::Write : Command::Read, Rank::Column, burst.bank,
                   timing_.earliest_column(burst.bank, write));
  }
  choice.write = write;
  choice.slot = slot;
  choice.sequence = burst.sequence;
  return choice;
}

/// A command that the rules allow from `effect` on, when the command bus is free for it.
Channel::Choice Channel::timed(Command command, Rank rank, std::uint32_t bank,
                               Cycle effect) const {
  const bool own_bus = config_.command_bus.separate_column_bus && is_column(command);
  const Cycle travel = cycles_of(command) - 1;
  Choice choice;
  choice.effect = std::max(effect, std::max(floor_, command_bus_free_[own_bus ? 1 : 0]) + travel);
  choice.start = choice.effect - travel;
  choice.rank = rank;
  choice.command = command;
  choice.bank = bank;
  return choice;
}

void Channel::issue() {
  const Choice choice = next_;
  next_is_known_ = false;
  now_ = choice.start;
  const bool own_bus = config_.command_bus.separate_column_bus && is_column(choice.command);
  command_bus_free_[own_bus ? 1 : 0] = choice.effect + 1;
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
      choose_candidates(choice.bank);
      ++stats_.activates;
      break;
    }
    case Command::Precharge:
      if (choice.slot != kNoSlot) {
        queue(choice.write).at(choice.slot).precharged = true;
      }
      timing_.precharge(choice.bank, choice.effect);
      closable_ &= ~bit(choice.bank);
      choose_candidates(choice.bank);
      ++stats_.precharges;
      break;
    case Command::PrechargeAll: {
      timing_.precharge_all(choice.bank, choice.effect);
      const std::uint32_t banks = config_.organization.banks_per_unit();
      for (std::uint32_t bank = choice.bank * banks; bank < (choice.bank + 1) * banks; ++bank) {
        closable_ &= ~bit(bank);
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
  const Burst burst = queue(choice.write).at(choice.slot);
  const Cycle end = timing_.column(choice.bank, choice.write, choice.effect);
  queue(choice.write).remove(choice.slot);
  choose_candidate(choice.write, choice.bank);
  if (config_.controller.page_policy == PagePolicy::Closed && !wanted(choice.bank)) {
    closable_ |= bit(choice.bank);
  }
  ++(choice.write ? stats_.writes : stats_.reads);
  ++(burst.precharged  ? stats_.row_conflicts
     : burst.activated ? stats_.row_misses
                       : stats_.row_hits);
  finish_burst(burst.request, end);
  turn();
}

void Channel::finish_burst(std::uint32_t request, Cycle end) {
  OpenRequest& open = open_[request];
  open.completion.finish = std::max(open.completion.finish, end);
  if (--open.bursts_left != 0) {
    return;
  }
  const Completion done = open.completion;
  free_open_.push_back(request);
  auto place = completions_.end();  // pseudo channels finish in any order
  while (place != completions_.begin() && (place - 1)->finish > done.finish) {
    --place;
  }
  completions_.insert(place, done);
  ++(done.write ? stats_.write_requests : stats_.read_requests);
  (done.write ? stats_.write_latency_sum : stats_.read_latency_sum) += done.finish - done.arrival;
  stats_.last_data = std::max(stats_.last_data, done.finish);
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

void Channel::choose_candidate(bool write, std::uint32_t bank) {
  const RequestQueue& waiting = queue(write);
  const Slot hit = timing_.is_open(bank)
                       ? waiting.oldest_of_row(bank, timing_.open_row(bank))
                       : kNoSlot;
  candidate(write, bank) = hit != kNoSlot ? hit : waiting.oldest_of_bank(bank);
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

std::uint32_t Channel::cycles_of(Command command) const {
  switch (command) {
    case Command::Read:
    case Command::Write:
      return config_.command_bus.column_cycles;
    case Command::Activate:
      return config_.command_bus.activate_cycles;
    case Command::Precharge:
    case Command::PrechargeAll:
      return config_.command_bus.precharge_cycles;
    case Command::Refresh:
      return config_.command_bus.refresh_cycles;
  }
  throw std::logic_error{"no such command"};
}

Stats Channel::stats(Cycle now) const {
  Stats stats = stats_;
  stats.active_cycles = timing_.active_cycles(now);
  stats.precharged_cycles = now * config_.organization.units() - stats.active_cycles;
  return stats;
}

}  // namespace systole::dram
