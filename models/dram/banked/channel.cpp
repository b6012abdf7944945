#include "models/dram/banked/channel.hpp"

#include <algorithm>
#include <iterator>
#include <utility>

namespace systole::dram {
namespace {

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
                   config.timing.refi == 0 ? kNever : Cycle{config.timing.refi}),
      streaks_(config.organization.units()) {
  first_refresh_ = refresh_due_.front();
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

// What every burst passes, first: to be inlined below.

void Channel::choose_candidate(bool write, std::uint32_t bank) {
  const RequestQueue& waiting = queue(write);
  const Slot hit =
      timing_.is_open(bank) ? waiting.oldest_of_row(bank, timing_.open_row(bank)) : kNoSlot;
  std::uint64_t& hits = hits_[write ? 1 : 0];
  hits = hit != kNoSlot ? hits | bit(bank) : hits & ~bit(bank);
  const Slot slot = hit != kNoSlot ? hit : waiting.oldest_of_bank(bank);
  Candidate& served = candidate(write, bank);
  served.slot = slot;
  served.sequence = slot != kNoSlot ? waiting.at(slot).sequence : 0;
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

void Channel::release(std::uint32_t bank) {
  committed_[0] &= ~bit(bank);
  committed_[1] &= ~bit(bank);
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
  const Cycle finish = std::max(open.finish, end);
  if (--open.bursts_left != 0) {
    open.finish = finish;
    return;
  }
  free_requests_.push_back(request);
  const bool write = open.write;
  const Cycle arrival = open.arrival;
  Completion& last = completions_.emplace_back();  // field by field, as above
  last.id = open.id;
  last.write = write;
  last.arrival = arrival;
  last.finish = finish;
  for (auto at = std::prev(completions_.end());  // pseudo channels finish in any order
       at != completions_.begin() && std::prev(at)->finish > at->finish; --at) {
    std::iter_swap(std::prev(at), at);
  }
  first_finish_ = completions_.front().finish;
  ++(write ? stats_.write_requests : stats_.read_requests);
  (write ? stats_.write_latency_sum : stats_.read_latency_sum) += finish - arrival;
  stats_.last_data = std::max(stats_.last_data, finish);
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

void Channel::add_burst(const Location& place, std::uint32_t request, bool write) {
  const Slot slot = queue(write).push(place.bank);
  Burst& burst = queue(write).at(slot);
  burst.row = place.row;
  burst.column = static_cast<std::uint16_t>(place.column);
  burst.request = static_cast<std::uint16_t>(request);
  burst.sequence = next_sequence_++;
  burst.activated = false;
  burst.precharged = false;
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
  served.slot = slot;
  served.sequence = burst.sequence;
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
  OpenRequest& open = requests_[index];  // field by field: a copy would wait for them
  open.id = request.id;
  open.write = request.write;
  open.arrival = cycle;
  open.finish = 0;
  open.bursts_left = static_cast<std::uint32_t>(bursts.size());
  for (const auto& place : bursts) {
    add_burst(place, index, request.write);
  }
  turn();
  if (next_is_known_ && is_urgent(next_.start)) {
    next_is_known_ = false;
  }
  return true;
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
      row = observer_ != nullptr ? timing_.open_row(choice.bank) : 0;  // nobody else asks
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
      first_refresh_ = *std::min_element(refresh_due_.begin(), refresh_due_.end());
      ++stats_.refreshes;
      break;
  }
  if (observer_ != nullptr) {
    tell(choice, row);
  }
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

void Channel::choose_candidates(std::uint32_t bank) {
  choose_candidate(false, bank);
  choose_candidate(true, bank);
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
