#pragma once

#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "sim/report/run_result.hpp"
#include "sim/report/totals.hpp"

namespace systole {

/// Parses a report; throws ConfigError "FILE: what" unless it is one of `systole run`.
nlohmann::ordered_json parse_report(const std::string& text, const std::string& file);

/// What a report says of its run, as far as energy asks: machine, layers, counters, cycles; no
/// ledgers, no accuracy. `overrides` change `energy.*` of the machine, as --set does. Throws
/// ConfigError with all that is wrong: "FILE: key: what" for what a report cannot hold.
RunResult run_of_report(const nlohmann::ordered_json& report, const std::string& file,
                        const std::vector<std::string>& overrides);

/// Puts the energies of `result` into the report that it came from; everything else stays.
void put_energies(nlohmann::ordered_json& report, const RunResult& result,
                  const std::vector<EnergyBreakdown>& per_layer, const EnergyTable& table);

}  // namespace systole
