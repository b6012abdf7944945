#include "tests/support/engine_equality.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "sim/energy/energy_table.hpp"
#include "sim/program/inspect.hpp"
#include "sim/report/json_report.hpp"
#include "sim/report/totals.hpp"
#include "sim/stats/events.hpp"
#include "sim/stats/ledger.hpp"

namespace systole::test {
namespace {

class Comparison {
 public:
  explicit Comparison(const std::string& layer) : layer_{layer} {}

  void expect(const std::string& what, std::uint64_t systemc, std::uint64_t fast) {
    if (systemc != fast) {
      text_ += fmt::format("{}: {} is {} by systemc, {} by fast\n", layer_, what, systemc, fast);
    }
  }

  const std::string& text() const { return text_; }

 private:
  std::string layer_;
  std::string text_;
};

std::string differences(const LayerResult& systemc, const LayerResult& fast) {
  Comparison compare{systemc.name};
  compare.expect("cycles", systemc.cycles, fast.cycles);
  compare.expect("compute_cycles", systemc.compute_cycles, fast.compute_cycles);
  compare.expect("peak_bytes_per_window", systemc.peak_bytes_per_window,
                 fast.peak_bytes_per_window);
  compare.expect("check", static_cast<std::uint64_t>(systemc.check),
                 static_cast<std::uint64_t>(fast.check));
  for (std::size_t i = 0; i < kEvents; ++i) {
    const auto event = static_cast<Event>(i);
    compare.expect(event_info(event).name, systemc.events[event], fast.events[event]);
  }
  for (std::size_t u = 0; u < kLedgerUnits; ++u) {
    const auto unit = static_cast<LedgerUnit>(u);
    for (std::size_t c = 0; c < kCauses; ++c) {
      const auto cause = static_cast<Cause>(c);
      compare.expect(fmt::format("{} {}", ledger_unit_name(unit), cause_name(cause)),
                     systemc.ledger.at(unit, cause), fast.ledger.at(unit, cause));
    }
  }
  for (std::size_t m = 0; m < kBankedLocals; ++m) {
    for (std::size_t w = 0; w < kBankUsers; ++w) {
      for (std::size_t h = 0; h < kBankUsers; ++h) {
        const auto memory = static_cast<BankedLocal>(m);
        const auto waited = static_cast<BankUser>(w);
        const auto had = static_cast<BankUser>(h);
        compare.expect(fmt::format("{} bank: {} waited for {}", banked_local_name(memory),
                                   bank_user_name(waited), bank_user_name(had)),
                       systemc.bank_conflicts.at(memory, waited, had),
                       fast.bank_conflicts.at(memory, waited, had));
      }
    }
  }
  return compare.text();
}

/// The report that a user gets, without what may differ.
nlohmann::ordered_json report(const RunResult& run) {
  const EnergyTable table = load_energy_table(run.config);
  nlohmann::ordered_json json = json_report(run, energy_per_layer(run, table), table);
  json.erase("engine");
  json.erase("wall_seconds");
  return json;
}

}  // namespace

std::string differences(const SimulationOutcome& systemc, const SimulationOutcome& fast) {
  std::string text;
  for (std::size_t i = 0; i < systemc.result.layers.size(); ++i) {
    text += differences(systemc.result.layers[i], fast.result.layers[i]);
  }
  const auto of_systemc = report(systemc.result);
  const auto of_fast = report(fast.result);
  if (of_systemc != of_fast) {
    text += fmt::format("changes from systemc's report to that of fast: {}\n",
                        nlohmann::ordered_json::diff(of_systemc, of_fast).dump().substr(0, 1000));
  }
  return text;
}

void ProgramLog::on_layer(const std::string& name) { lines_.push_back(name); }

void ProgramLog::on_command(const Command& command, const CommandTimes& times) {
  lines_.push_back(fmt::format("{}: {}, allocated {}, issued {}, completed {}, waited for {}",
                               describe(command), ledger_unit_name(times.unit), times.allocated,
                               times.issued, times.completed, cause_name(times.waited_for)));
}

std::string difference(const ProgramLog& systemc, const ProgramLog& fast) {
  const auto [left, right] = std::mismatch(systemc.lines().begin(), systemc.lines().end(),
                                           fast.lines().begin(), fast.lines().end());
  const auto line = [](const ProgramLog& log, auto at) {
    return at == log.lines().end() ? std::string{"nothing"} : *at;
  };
  return left == systemc.lines().end() && right == fast.lines().end()
             ? std::string{}
             : fmt::format("a command is\n  {} by systemc,\n  {} by fast\n", line(systemc, left),
                           line(fast, right));
}

}  // namespace systole::test
