#pragma once

#include <algorithm>
#include <array>
#include <cstdint>
#include <vector>

#include "models/dram/banked/config.hpp"

namespace systole::dram {

/// JEDEC's rules of one channel: when each command may take effect, given those before it.
///
/// Each rule is kept as the earliest cycle of the command that it holds back, in the place where it
/// holds: bank, bank group, unit or data bus. Cycles are those of effects.
class ChannelTiming {
 public:
  explicit ChannelTiming(const Config& config);

  std::uint32_t unit_of(std::uint32_t bank) const { return bank >> bank_bits_; }
  bool is_open(std::uint32_t bank) const { return banks_[bank].open; }
  std::uint32_t open_row(std::uint32_t bank) const { return banks_[bank].row; }
  bool has_open_bank(std::uint32_t unit) const { return units_[unit].open_banks != 0; }

  // Each bound has two parts: of the unit, and of the bank.
  Cycle earliest_column_of_unit(std::uint32_t unit, bool write) const {
    return std::max(units_[unit].column[write ? 1 : 0], earliest_on_data_bus(unit, write));
  }
  Cycle earliest_column_of_bank(std::uint32_t bank, bool write) const {
    const std::size_t same = write ? 1 : 0;
    return std::max(columns_[same][bank], group_columns_[same][bank >> group_bits_]);
  }
  Cycle earliest_activate_of_unit(std::uint32_t unit) const {
    return std::max(units_[unit].activate,
                    units_[unit].last_activates[units_[unit].oldest_activate]);
  }
  Cycle earliest_activate_of_bank(std::uint32_t bank) const { return banks_[bank].activate; }
  Cycle earliest_precharge(std::uint32_t bank) const { return banks_[bank].precharge; }
  Cycle earliest_precharge_all(std::uint32_t unit) const;  ///< with an open bank
  Cycle earliest_refresh(std::uint32_t unit) const;        ///< with all banks closed

  /// Each takes effect in `cycle`; `column` gives back the first cycle after its data.
  Cycle column(std::uint32_t bank, bool write, Cycle cycle);
  void activate(std::uint32_t bank, std::uint32_t row, Cycle cycle);
  void precharge(std::uint32_t bank, Cycle cycle);
  void precharge_all(std::uint32_t unit, Cycle cycle);
  void refresh(std::uint32_t unit, Cycle cycle);

  /// Cycles before `now` with an open bank, summed over the units.
  Cycle active_cycles(Cycle now) const;

 private:
  using ByDirection = std::array<Cycle, 2>;  // read, write
  struct Bank {
    Cycle activate = 0;
    Cycle precharge = 0;
    std::uint32_t row = 0;
    bool open = false;
  };
  struct Unit {
    ByDirection column{};
    Cycle activate = 0;
    std::array<Cycle, 4> last_activates{};  // each plus tFAW
    std::uint32_t oldest_activate = 0;
    std::uint32_t open_banks = 0;
    Cycle active_since = 0;
    Cycle active_cycles = 0;
  };
  struct DataBus {
    Cycle end = 0;  // of the last data
    std::uint32_t unit = 0;
  };

  Cycle earliest_on_data_bus(std::uint32_t unit, bool write) const {
    if (!ranks_share_bus_) {
      return 0;  // tCCD and the turn of the bus keep data of one unit apart
    }
    const Cycle gap = bus_.unit == unit ? 0 : timing_.rtrs;
    const Cycle latency = write ? timing_.cwl : timing_.cl;
    return bus_.end + gap > latency ? bus_.end + gap - latency : 0;
  }
  std::uint32_t group_start(std::uint32_t bank) const { return bank & ~(banks_per_group_ - 1); }
  static void close(Unit& unit, Cycle cycle);

  const Timing timing_;
  const std::uint32_t burst_cycles_;
  const bool ranks_share_bus_;
  const std::uint32_t banks_per_group_;
  const std::uint32_t bank_bits_;   // of a bank's number, below its unit's
  const std::uint32_t group_bits_;  // likewise, below its bank group's
  std::vector<Bank> banks_;
  // Apart for speed:
  std::array<std::vector<Cycle>, 2> columns_;        // of each bank, after its activate
  std::array<std::vector<Cycle>, 2> group_columns_;  // of each bank group
  std::vector<Unit> units_;
  DataBus bus_;
};

// Every burst passes here.

inline Cycle ChannelTiming::column(std::uint32_t bank, bool write, Cycle cycle) {
  const std::size_t same = write ? 1 : 0;
  const std::size_t other = 1 - same;
  Unit& unit = units_[unit_of(bank)];
  const Cycle end = cycle + (write ? timing_.cwl : timing_.cl) + burst_cycles_;
  const Cycle turn_s = write ? end + timing_.wtr_s : cycle + timing_.rtw;
  const Cycle turn_l = write ? end + timing_.wtr_l : cycle + timing_.rtw;
  unit.column[same] = cycle + timing_.ccd_s;
  unit.column[other] = std::max<Cycle>(unit.column[other], turn_s);
  const std::uint32_t group = bank >> group_bits_;
  group_columns_[same][group] = cycle + timing_.ccd_l;
  group_columns_[other][group] = std::max<Cycle>(group_columns_[other][group], turn_l);
  banks_[bank].precharge =
      std::max<Cycle>(banks_[bank].precharge, write ? end + timing_.wr : cycle + timing_.rtp);
  bus_ = {end, unit_of(bank)};
  return end;
}

}  // namespace systole::dram
