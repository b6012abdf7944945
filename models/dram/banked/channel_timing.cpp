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

ChannelTiming::FromColumn ChannelTiming::from_read(const Config& config) {
  const Timing& t = config.timing;
  return {t.ccd_s, t.ccd_l, t.rtw, t.rtw, t.rtp, Cycle{t.cl} + config.burst_cycles()};
}

ChannelTiming::FromColumn ChannelTiming::from_write(const Config& config) {
  const Timing& t = config.timing;
  const Cycle end = Cycle{t.cwl} + config.burst_cycles();
  return {t.ccd_s, t.ccd_l, end + t.wtr_s, end + t.wtr_l, end + t.wr, end};
}

ChannelTiming::ChannelTiming(const Config& config)
    : timing_{config.timing},
      from_column_{from_read(config), from_write(config)},
      ranks_share_bus_{config.organization.ranks > 1},
      banks_per_group_{config.organization.banks_per_group},
      bank_bits_{log2_of(config.organization.banks_per_unit())},
      group_bits_{log2_of(banks_per_group_)},
      banks_per_unit_{config.organization.banks_per_unit()},
      units_(config.organization.units()) {}

Cycle ChannelTiming::earliest_precharge_all(std::uint32_t unit) const {
  Cycle earliest = 0;
  for (std::uint32_t bank = unit << bank_bits_; bank < (unit + 1U) << bank_bits_; ++bank) {
    if (is_open(bank)) {
      at_least(earliest, banks_[bank].precharge);
    }
  }
  return earliest;
}

Cycle ChannelTiming::earliest_refresh(std::uint32_t unit) const {
  Cycle earliest = units_[unit].activate;  // tRFC
  for (std::uint32_t bank = unit << bank_bits_; bank < (unit + 1U) << bank_bits_; ++bank) {
    at_least(earliest, banks_[bank].activate);  // tRP, tRC
  }
  return earliest;
}

void ChannelTiming::activate(std::uint32_t bank, std::uint32_t row, Cycle cycle) {
  Unit& unit = units_[unit_of(bank)];
  Bank& state = banks_[bank];
  if (!has_open_bank(unit_of(bank))) {
    unit.active_since = cycle;
  }
  open_ |= std::uint64_t{1} << bank;
  state.row = row;
  at_least(columns_[bank][0], cycle + timing_.rcd);
  at_least(columns_[bank][1], cycle + timing_.rcd_wr);
  at_least(state.precharge, cycle + timing_.ras);
  at_least(state.activate, cycle + timing_.rc);
  const std::uint32_t first = group_start(bank);
  for (std::uint32_t near = first; near < first + banks_per_group_; ++near) {
    at_least(banks_[near].activate, cycle + timing_.rrd_l);
  }
  at_least(unit.activate, cycle + timing_.rrd_s);
  unit.last_activates[unit.oldest_activate] = cycle + timing_.faw;
  unit.oldest_activate = (unit.oldest_activate + 1) % 4;
}

void ChannelTiming::precharge(std::uint32_t bank, Cycle cycle) {
  open_ &= ~(std::uint64_t{1} << bank);
  at_least(banks_[bank].activate, cycle + timing_.rp);
  if (!has_open_bank(unit_of(bank))) {
    Unit& unit = units_[unit_of(bank)];
    unit.active_cycles += cycle - unit.active_since;
  }
}

void ChannelTiming::precharge_all(std::uint32_t unit, Cycle cycle) {
  for (std::uint32_t bank = unit << bank_bits_; bank < (unit + 1U) << bank_bits_; ++bank) {
    if (is_open(bank)) {
      at_least(banks_[bank].activate, cycle + timing_.rp_ab);
    }
  }
  open_ &= ~banks_of(unit);
  units_[unit].active_cycles += cycle - units_[unit].active_since;
}

void ChannelTiming::refresh(std::uint32_t unit, Cycle cycle) {
  at_least(units_[unit].activate, cycle + timing_.rfc);
}

Cycle ChannelTiming::active_cycles(Cycle now) const {
  Cycle sum = 0;
  for (std::uint32_t unit = 0; unit < units_.size(); ++unit) {
    sum += units_[unit].active_cycles;
    if (has_open_bank(unit) && now > units_[unit].active_since) {
      sum += now - units_[unit].active_since;
    }
  }
  return sum;
}

}  // namespace systole::dram
