#include "models/dram/banked/channel_timing.hpp"

namespace systole::dram {
namespace {

void at_least(Cycle& earliest, Cycle cycle) { earliest = std::max(earliest, cycle); }

std::uint32_t log2_of(std::uint32_t power_of_two) {
  std::uint32_t bits = 0;
  while ((1U << bits) < power_of_two) {
    ++bits;
  }
  return bits;
}

}  // namespace

ChannelTiming::ChannelTiming(const Config& config)
    : timing_{config.timing},
      burst_cycles_{config.burst_cycles()},
      ranks_share_bus_{config.organization.ranks > 1},
      banks_per_group_{config.organization.banks_per_group},
      bank_bits_{log2_of(config.organization.banks_per_unit())},
      group_bits_{log2_of(banks_per_group_)},
      banks_(config.organization.banks()),
      columns_{std::vector<Cycle>(banks_.size()), std::vector<Cycle>(banks_.size())},
      group_columns_{std::vector<Cycle>(banks_.size() >> group_bits_),
                     std::vector<Cycle>(banks_.size() >> group_bits_)},
      units_(config.organization.units()) {}

Cycle ChannelTiming::earliest_precharge_all(std::uint32_t unit) const {
  Cycle earliest = 0;
  for (std::size_t bank = unit << bank_bits_; bank < (unit + 1U) << bank_bits_; ++bank) {
    if (banks_[bank].open) {
      at_least(earliest, banks_[bank].precharge);
    }
  }
  return earliest;
}

Cycle ChannelTiming::earliest_refresh(std::uint32_t unit) const {
  Cycle earliest = units_[unit].activate;  // tRFC
  for (std::size_t bank = unit << bank_bits_; bank < (unit + 1U) << bank_bits_; ++bank) {
    at_least(earliest, banks_[bank].activate);  // tRP, tRC
  }
  return earliest;
}

void ChannelTiming::activate(std::uint32_t bank, std::uint32_t row, Cycle cycle) {
  Unit& unit = units_[unit_of(bank)];
  Bank& state = banks_[bank];
  state.open = true;
  state.row = row;
  at_least(columns_[0][bank], cycle + timing_.rcd);
  at_least(columns_[1][bank], cycle + timing_.rcd_wr);
  at_least(state.precharge, cycle + timing_.ras);
  at_least(state.activate, cycle + timing_.rc);
  const std::uint32_t first = group_start(bank);
  for (std::uint32_t near = first; near < first + banks_per_group_; ++near) {
    at_least(banks_[near].activate, cycle + timing_.rrd_l);
  }
  at_least(unit.activate, cycle + timing_.rrd_s);
  unit.last_activates[unit.oldest_activate] = cycle + timing_.faw;
  unit.oldest_activate = (unit.oldest_activate + 1) % 4;
  if (unit.open_banks++ == 0) {
    unit.active_since = cycle;
  }
}

void ChannelTiming::precharge(std::uint32_t bank, Cycle cycle) {
  Unit& unit = units_[unit_of(bank)];
  banks_[bank].open = false;
  at_least(banks_[bank].activate, cycle + timing_.rp);
  if (--unit.open_banks == 0) {
    close(unit, cycle);
  }
}

void ChannelTiming::precharge_all(std::uint32_t unit, Cycle cycle) {
  for (std::size_t bank = unit << bank_bits_; bank < (unit + 1U) << bank_bits_; ++bank) {
    if (banks_[bank].open) {
      banks_[bank].open = false;
      at_least(banks_[bank].activate, cycle + timing_.rp_ab);
    }
  }
  units_[unit].open_banks = 0;
  close(units_[unit], cycle);
}

void ChannelTiming::refresh(std::uint32_t unit, Cycle cycle) {
  at_least(units_[unit].activate, cycle + timing_.rfc);
}

void ChannelTiming::close(Unit& unit, Cycle cycle) {
  unit.active_cycles += cycle - unit.active_since;
}

Cycle ChannelTiming::active_cycles(Cycle now) const {
  Cycle sum = 0;
  for (const auto& unit : units_) {
    sum += unit.active_cycles;
    if (unit.open_banks != 0 && now > unit.active_since) {
      sum += now - unit.active_since;
    }
  }
  return sum;
}

}  // namespace systole::dram
