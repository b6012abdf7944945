#pragma once

#include <nlohmann/json.hpp>
#include <set>
#include <string>
#include <vector>

#include "sim/energy/energy_model.hpp"
#include "sim/report/report_reader.hpp"
#include "sim/report/run_result.hpp"

namespace systole {

/// The report for scripts, as sim/report/report.schema.json describes it. Keys keep their
/// order; two runs of the same input differ in `wall_seconds` alone. Totals are
/// sums over the layers of one inference. DRAM bytes are those fetched and written;
/// what was fetched and not used is in `events`.
nlohmann::ordered_json json_report(const RunResult& result,
                                   const std::vector<EnergyBreakdown>& per_layer,
                                   const EnergyTable& energy);

/// The counts of an "events" object of a report, for another energy table. Events that are missing,
/// unknown or no count are mistakes of the report; the first two, which layers of one version have
/// in common, are told unless they are in `told`, and are put there.
EventCounts events_from_json(const ReportObject& events, std::set<std::string>& told);

}  // namespace systole
