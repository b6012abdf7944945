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
  /// The banks of a unit, as a set: a bit for each.
  std::uint64_t banks_of(std::uint32_t unit) const {
    return (~std::uint64_t{0} >> (kMostBanks - banks_per_unit_)) << (unit << bank_bits_);
  }
  std::uint64_t open_banks() const { return open_; }
  bool is_open(std::uint32_t bank) const { return (open_ >> bank & 1) != 0; }
  std::uint32_t open_row(std::uint32_t bank) const { return banks_[bank].row; }
  bool has_open_bank(std::uint32_t unit) const { return (open_ & banks_of(unit)) != 0; }

  // Each bound has two parts: of the unit, and of the bank.
  Cycle earliest_column_of_unit(std::uint32_t unit, bool write) const {
    return std::max(unit_columns_[unit][write ? 1 : 0], earliest_on_data_bus(unit, write));
  }
  Cycle earliest_column_of_bank(std::uint32_t bank, bool write) const {
    const std::size_t same = write ? 1 : 0;
    return std::max(columns_[bank][same], group_columns_[bank >> group_bits_][same]);
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
  };
  struct Unit {
    Cycle activate = 0;
    std::array<Cycle, 4> last_activates{};  // each plus tFAW
    std::uint32_t oldest_activate = 0;
    Cycle active_since = 0;
    Cycle active_cycles = 0;
  };
  struct DataBus {
    Cycle end = 0;  // of the last data
    std::uint32_t unit = 0;
  };
  /// From the column command of a direction to what it holds back.
  struct FromColumn {
    Cycle same_s = 0, same_l = 0;    // the next one of its direction
    Cycle other_s = 0, other_l = 0;  // and of the other
    Cycle precharge = 0;
    Cycle data_end = 0;
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
  static FromColumn from_read(const Config& config);
  static FromColumn from_write(const Config& config);

  const Timing timing_;
  const std::array<FromColumn, 2> from_column_;  // read, write
  const bool ranks_share_bus_;
  const std::uint32_t banks_per_group_;
  const std::uint32_t bank_bits_;   // of a bank's number, below its unit's
  const std::uint32_t group_bits_;  // likewise, below its bank group's
  const std::uint32_t banks_per_unit_;
  std::uint64_t open_ = 0;  // banks
  // Bounds of column commands, of places as many as there may be, to be found without a pointer:
  std::array<ByDirection, kMostBanks> columns_{};  // of each bank, after its activate
  std::array<ByDirection, kMostBanks> group_columns_{};
  std::array<ByDirection, kMostBanks> unit_columns_{};
  std::array<Bank, kMostBanks> banks_{};
  std::vector<Unit> units_;
  DataBus bus_;
};

// Every burst passes here.

inline Cycle ChannelTiming::column(std::uint32_t bank, bool write, Cycle cycle) {
  const std::size_t same = write ? 1 : 0;
  const std::size_t other = 1 - same;
  const FromColumn& from = from_column_[same];
  const std::uint32_t unit = unit_of(bank);
  ByDirection& of_unit = unit_columns_[unit];
  of_unit[same] = cycle + from.same_s;
  of_unit[other] = std::max(of_unit[other], cycle + from.other_s);
  ByDirection& of_group = group_columns_[bank >> group_bits_];
  of_group[same] = cycle + from.same_l;
  of_group[other] = std::max(of_group[other], cycle + from.other_l);
  banks_[bank].precharge = std::max(banks_[bank].precharge, cycle + from.precharge);
  bus_.end = cycle + from.data_end;
  bus_.unit = unit;
  return bus_.end;
}

}  // namespace systole::dram
