#include "models/dram/banked/channel.hpp"

#include <algorithm>
#include <utility>

namespace systole::dram {

Channel::Channel(const Config& config, std::uint32_t index, CommandObserver* observer)
    : config_{config},
      index_{index},
      observer_{observer},
      high_writes_{config.controller.write_entries * config.controller.write_high_percent / 100},
      low_writes_{config.controller.write_entries * config.controller.write_low_percent / 100},
      units_{config.organization.units()},
      closes_pages_{config.controller.page_policy == PagePolicy::Closed},
      column_bus_{config.command_bus.separate_column_bus ? 1U : 0U},
      timing_{config},
      queues_{RequestQueue{config.controller.read_entries},
              RequestQueue{config.controller.write_entries}},
      refresh_due_(units_, config.timing.refi == 0 ? kNever : Cycle{config.timing.refi}),
      streaks_(units_) {
  first_refresh_ = refresh_due_.front();
  const CommandBus& bus = config.command_bus;  // in the order of Command
  travel_ = {bus.column_cycles - 1U,    bus.column_cycles - 1U,    bus.activate_cycles - 1U,
             bus.precharge_cycles - 1U, bus.precharge_cycles - 1U, bus.refresh_cycles - 1U};
  row_to_column_ = bus.activate_cycles + std::min(config.timing.rcd, config.timing.rcd_wr);
  row_to_column_ -= std::min<Cycle>(row_to_column_, bus.column_cycles);
  for (auto& candidates : candidates_) {
    candidates.fill(kNoSlot);
  }
  const std::uint32_t entries = config.controller.read_entries + config.controller.write_entries;
  requests_.resize(entries);
  for (std::uint32_t i = entries; i-- > 0;) {
    free_requests_.push_back(i);
  }
}

void Channel::choose_candidate(bool write, std::uint32_t bank) {
  const RequestQueue& waiting = queue(write);
  const Slot hit =
      timing_.is_open(bank) ? waiting.oldest_of_row(bank, timing_.open_row(bank)) : kNoSlot;
  std::uint64_t& hits = hits_[write ? 1 : 0];
  hits = hit != kNoSlot ? hits | bit(bank) : hits & ~bit(bank);
  candidate(write, bank) = hit != kNoSlot ? hit : waiting.oldest_of_bank(bank);
}

template <bool kWrite>
inline void Channel::add_burst(const Location& place, std::uint32_t request) {
  const Slot slot = queue(kWrite).push(place.bank);
  Burst& burst = queue(kWrite).at(slot);
  burst.row = place.row;
  burst.column = static_cast<std::uint16_t>(place.column);
  burst.request = static_cast<std::uint16_t>(request);
  burst.sequence = next_sequence_++;
  burst.activated = false;
  burst.precharged = false;
  if ((hits_[kWrite ? 1 : 0] & bit(place.bank)) != 0) {
    return;  // an older burst goes first, and keeps the row open
  }
  const bool hit = timing_.is_open(place.bank) && timing_.open_row(place.bank) == place.row;
  if (hit && (closable_ & bit(place.bank)) != 0) {
    closable_ &= ~bit(place.bank);
    next_is_known_ = false;
  }
  Slot& served = candidate(kWrite, place.bank);
  const bool first = served == kNoSlot;
  if (!first && !hit) {
    return;  // an older burst goes first
  }
  served = slot;
  bool preferred = false;
  if (hit) {
    hits_[kWrite ? 1 : 0] |= bit(place.bank);
    preferred = (goes_on(kWrite) & bit(place.bank)) != 0;
  }
  if (!first || preferred || (committed_[kWrite ? 0 : 1] & bit(place.bank)) != 0) {
    next_is_known_ = false;  // the bank was to do something else, or goes before others
  } else if (next_is_known_ && kWrite == writing_) {
    floor_ = now_;
    const Choice choice = choice_for(slot, kWrite);
    if (!due(choice)) {
      consider(choice);
    }
  }
}

template <bool kWrite>
inline bool Channel::take(const Request& request, const std::vector<Location>& bursts,
                          Cycle cycle) {
  if (queue(kWrite).room() < bursts.size()) {
    return false;
  }
  const RequestQueue& other = queue(!kWrite);
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
  open.arrival = cycle;
  open.finish = 0;
  open.bursts_left = static_cast<std::uint32_t>(bursts.size());
  for (const auto& place : bursts) {
    add_burst<kWrite>(place, index);
  }
  if (kWrite != writing_) {  // one more of those that are served turns nothing
    turn();
  }
  if (next_is_known_ && is_urgent(next_.start)) {
    next_is_known_ = false;
  }
  return true;
}

bool Channel::accept(const Request& request, const std::vector<Location>& bursts, Cycle cycle) {
  return request.write ? take<true>(request, bursts, cycle) : take<false>(request, bursts, cycle);
}

void Channel::issue_for_row(const Choice& choice) {
  switch (choice.command) {
    case Command::Read:
    case Command::Write:
      break;  // not here
    case Command::Activate: {
      Burst& burst = queue(choice.write).at(choice.slot);
      burst.activated = true;
      timing_.activate(choice.bank, burst.row, choice.effect);
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
      closable_ &= ~bit(choice.bank);
      choose_candidates(choice.bank);
      ++stats_.precharges;
      break;
    case Command::PrechargeAll: {
      timing_.precharge_all(choice.bank, choice.effect);
      const std::uint32_t banks = config_.organization.banks_per_unit();
      for (std::uint32_t bank = choice.bank * banks; bank < (choice.bank + 1) * banks; ++bank) {
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
}

void Channel::tell(const Choice& choice) const {
  IssuedCommand command;
  command.cycle = choice.effect;
  command.command = choice.command;
  command.channel = index_;
  if (choice.command == Command::PrechargeAll || choice.command == Command::Refresh) {
    command.unit = choice.bank;
  } else {
    const std::uint32_t in_group = config_.organization.banks_per_group;
    command.unit = timing_.unit_of(choice.bank);
    command.bank_group = choice.bank / in_group % config_.organization.bank_groups;
    command.bank = choice.bank % in_group;
    command.row =
        choice.command == Command::Precharge ? -1 : std::int64_t{timing_.open_row(choice.bank)};
  }
  observer_->on_command(command);
}

void Channel::close_rows(Cycle cycle) {
  now_ = std::max(now_, cycle);
  closable_ = timing_.open_banks();
  next_is_known_ = false;
}

void Channel::rest_until(Cycle cycle) {
  while (next_command() < cycle) {
    issue();
    skip_refreshes_before(cycle);
  }
}

/// With no burst, no open row and all that holds a refresh back over before the next is due, each
/// of the following goes as the one before: units behind one another on the bus, and tRFC is over
/// before the next. Of those only the count is left. The last one before `cycle`, which holds back
/// what comes then, is still to be issued.
void Channel::skip_refreshes_before(Cycle cycle) {
  const Cycle refi = config_.timing.refi;
  const Cycle due = first_refresh_;
  const Cycle on_bus = Cycle{units_} * config_.command_bus.refresh_cycles;
  if (due == kNever || cycle < due + 2 * refi || queue(false).size() + queue(true).size() != 0 ||
      timing_.open_banks() != 0 || on_bus + config_.timing.rfc > refi ||
      std::max(now_, command_bus_free_[0]) > due) {
    return;
  }
  for (std::uint32_t unit = 0; unit < units_; ++unit) {
    if (refresh_due_[unit] != due || timing_.earliest_refresh(unit) > due) {
      return;
    }
  }
  const Cycle periods = (cycle - due) / refi - 1;
  for (Cycle& of_unit : refresh_due_) {
    of_unit += periods * refi;
  }
  first_refresh_ += periods * refi;
  stats_.refreshes += periods * units_;
  next_is_known_ = false;
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
