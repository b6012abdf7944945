#include "tests/support/dram_checker.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <deque>
#include <optional>

namespace systole::test {
namespace {

using dram::Command;
using dram::IssuedCommand;

/// How near two banks have to be for a rule to hold between their commands.
enum class Scope { Bank, Group, Unit };

/// `second` comes no sooner than `distance` cycles after the last `first` in the scope.
struct Rule {
  const char* name;
  Command first;
  Command second;
  Scope scope;
  std::uint32_t distance;
};

std::vector<Rule> rules_of(const dram::Config& config) {
  const dram::Timing& t = config.timing;
  const std::uint32_t written = t.cwl + config.organization.burst_length / 2;
  constexpr auto kActivate = Command::Activate;
  constexpr auto kPrecharge = Command::Precharge;
  constexpr auto kAll = Command::PrechargeAll;
  constexpr auto kRead = Command::Read;
  constexpr auto kWrite = Command::Write;
  constexpr auto kRefresh = Command::Refresh;
  return {
      {"tRC", kActivate, kActivate, Scope::Bank, t.rc},
      {"tRCD", kActivate, kRead, Scope::Bank, t.rcd},
      {"tRCDWR", kActivate, kWrite, Scope::Bank, t.rcd_wr},
      {"tRAS", kActivate, kPrecharge, Scope::Bank, t.ras},
      {"tRAS", kActivate, kAll, Scope::Unit, t.ras},
      {"tRP", kPrecharge, kActivate, Scope::Bank, t.rp},
      {"tRP", kPrecharge, kRefresh, Scope::Unit, t.rp},
      {"tRPab", kAll, kActivate, Scope::Unit, t.rp_ab},
      {"tRPab", kAll, kRefresh, Scope::Unit, t.rp_ab},
      {"tRC", kActivate, kRefresh, Scope::Unit, t.rc},
      {"tRTP", kRead, kPrecharge, Scope::Bank, t.rtp},
      {"tRTP", kRead, kAll, Scope::Unit, t.rtp},
      {"tWR", kWrite, kPrecharge, Scope::Bank, written + t.wr},
      {"tWR", kWrite, kAll, Scope::Unit, written + t.wr},
      {"tRRD_L", kActivate, kActivate, Scope::Group, t.rrd_l},
      {"tRRD_S", kActivate, kActivate, Scope::Unit, t.rrd_s},
      {"tCCD_L", kRead, kRead, Scope::Group, t.ccd_l},
      {"tCCD_S", kRead, kRead, Scope::Unit, t.ccd_s},
      {"tCCD_L", kWrite, kWrite, Scope::Group, t.ccd_l},
      {"tCCD_S", kWrite, kWrite, Scope::Unit, t.ccd_s},
      {"tWTR_L", kWrite, kRead, Scope::Group, written + t.wtr_l},
      {"tWTR_S", kWrite, kRead, Scope::Unit, written + t.wtr_s},
      {"read to write", kRead, kWrite, Scope::Unit, t.rtw},
      {"tRFC", kRefresh, kActivate, Scope::Unit, t.rfc},
      {"tRFC", kRefresh, kRefresh, Scope::Unit, t.rfc},
  };
}

/// One channel's commands, one after the other.
class Checker {
 public:
  explicit Checker(const dram::Config& config) : config_{config}, rules_{rules_of(config)} {}

  void check(const IssuedCommand& c) {
    check_distances(c);
    check_rows(c);
    check_four_activates(c);
    check_buses(c);
    check_refresh(c);
    history_.push_back(c);
    while (c.cycle > history_.front().cycle + kHorizon) {
      history_.pop_front();
    }
  }

  std::vector<std::string> found;

 private:
  using BankKey = std::tuple<std::int64_t, std::int64_t, std::int64_t>;  // unit, group, bank
  // Longer than any distance: what lies further back cannot break a rule.
  static constexpr dram::Cycle kHorizon = 1000;

  void fail(const IssuedCommand& c, const std::string& what) {
    found.push_back(fmt::format("cycle {}, command {}, unit {}, bank {}.{}: {}", c.cycle,
                                static_cast<int>(c.command), c.unit, c.bank_group, c.bank, what));
  }

  static bool near(const IssuedCommand& a, const IssuedCommand& b, Scope scope) {
    return a.unit == b.unit && (scope == Scope::Unit || a.bank_group == b.bank_group) &&
           (scope != Scope::Bank || a.bank == b.bank);
  }

  void check_distances(const IssuedCommand& c) {
    for (const auto& rule : rules_) {
      if (rule.second != c.command) {
        continue;
      }
      for (const auto& earlier : history_) {
        if (earlier.command == rule.first && near(earlier, c, rule.scope) &&
            c.cycle < earlier.cycle + rule.distance) {
          fail(c, fmt::format("{}: {} cycles after cycle {}, expected {}", rule.name,
                              c.cycle - earlier.cycle, earlier.cycle, rule.distance));
        }
      }
    }
  }

  void check_rows(const IssuedCommand& c) {
    const BankKey key{c.unit, c.bank_group, c.bank};
    const auto open = open_rows_.find(key);
    const bool is_open = open != open_rows_.end();
    const bool unit_is_open =
        std::any_of(open_rows_.begin(), open_rows_.end(),
                    [&](const auto& row) { return std::get<0>(row.first) == c.unit; });
    switch (c.command) {
      case Command::Activate:
        if (is_open) {
          fail(c, "activate of an open bank");
        }
        open_rows_[key] = c.row;
        break;
      case Command::Read:
      case Command::Write:
        if (!is_open || open->second != c.row) {
          fail(c, "access to a row that is not open");
        }
        break;
      case Command::Precharge:
        if (!is_open) {
          fail(c, "precharge of a closed bank");
        }
        open_rows_.erase(key);
        break;
      case Command::PrechargeAll:
        for (auto row = open_rows_.begin(); row != open_rows_.end();) {
          row = std::get<0>(row->first) == c.unit ? open_rows_.erase(row) : std::next(row);
        }
        break;
      case Command::Refresh:
        if (unit_is_open) {
          fail(c, "refresh with an open bank");
        }
        break;
    }
  }

  void check_four_activates(const IssuedCommand& c) {
    if (c.command != Command::Activate) {
      return;
    }
    auto& last = activates_[c.unit];
    if (last.size() == 4) {
      if (c.cycle < last.front() + config_.timing.faw) {
        fail(c, "tFAW");
      }
      last.pop_front();
    }
    last.push_back(c.cycle);
  }

  void check_buses(const IssuedCommand& c) {
    const bool column = c.command == Command::Read || c.command == Command::Write;
    const dram::CommandBus& bus = config_.command_bus;
    std::uint32_t length = bus.column_cycles;
    if (c.command == Command::Activate) {
      length = bus.activate_cycles;
    } else if (c.command == Command::Refresh) {
      length = bus.refresh_cycles;
    } else if (!column) {
      length = bus.precharge_cycles;
    }
    auto& last = bus.separate_column_bus && column ? last_on_column_bus_ : last_on_row_bus_;
    if (last && c.cycle < *last + length) {
      fail(c, "two commands at once");
    }
    last = c.cycle;
    if (!column) {
      return;
    }
    // Pseudo channels have data buses of their own, ranks share one.
    const dram::Cycle start =
        c.cycle + (c.command == Command::Read ? config_.timing.cl : config_.timing.cwl);
    auto& data = data_[config_.organization.pseudo_channels > 1 ? c.unit : 0];
    const dram::Cycle gap = data.unit == c.unit ? 0 : config_.timing.rtrs;
    if (data.end != 0 && start < data.end + gap) {
      fail(c, fmt::format("data at {}, and those before end at {}", start, data.end));
    }
    data = {start + config_.organization.burst_length / 2, c.unit};
  }

  void check_refresh(const IssuedCommand& c) {
    if (c.command != Command::Refresh) {
      return;
    }
    const dram::Cycle due = ++refreshes_[c.unit] * config_.timing.refi;
    if (c.cycle < due || c.cycle > due + config_.timing.refi) {
      fail(c, fmt::format("refresh that was due in cycle {}", due));
    }
  }

  struct DataBus {
    dram::Cycle end = 0;
    std::int64_t unit = 0;
  };

  const dram::Config& config_;
  const std::vector<Rule> rules_;
  std::deque<IssuedCommand> history_;
  std::map<BankKey, std::int64_t> open_rows_;
  std::map<std::int64_t, std::deque<dram::Cycle>> activates_;
  std::map<std::int64_t, DataBus> data_;
  std::map<std::int64_t, dram::Cycle> refreshes_;
  std::optional<dram::Cycle> last_on_row_bus_;
  std::optional<dram::Cycle> last_on_column_bus_;
};

}  // namespace

std::vector<std::string> timing_violations(const dram::Config& config,
                                           std::vector<IssuedCommand> commands) {
  std::stable_sort(commands.begin(), commands.end(),
                   [](const auto& a, const auto& b) { return a.cycle < b.cycle; });
  std::map<std::int64_t, Checker> channels;
  std::vector<std::string> found;
  for (const auto& command : commands) {
    Checker& checker = channels.try_emplace(command.channel, config).first->second;
    checker.check(command);
    found.insert(found.end(), checker.found.begin(), checker.found.end());
    checker.found.clear();
    if (found.size() >= 10) {
      break;
    }
  }
  return found;
}

}  // namespace systole::test
