#pragma once

#include <string>
#include <vector>

#include "sim/report/table.hpp"
#include "sim/report/text_report.hpp"
#include "sim/report/totals.hpp"

namespace systole {

// Tables of the text reports about energy and area.

Table energy_component_table(const EnergyBreakdown& energy, const EnergyTable& source);
Table energy_operand_table(const EnergyBreakdown& energy);
/// A row for each layer, a column for each component that costs anything.
Table energy_layer_table(const RunResult& result, const std::vector<EnergyBreakdown>& per_layer);
Table energy_totals_table(const Summary& totals, const AcceleratorConfig& config,
                          const EnergyTable& source);
/// "0.645 TOPS/W, ...", with what counts as an operation.
std::string tops_per_watt_note(const Summary& totals);
/// What the table says beside its figures, as lines; nothing if it says nothing.
std::string energy_notes(const EnergyTable& table, bool color);

/// What `systole energy` prints.
std::string energy_text_report(const RunResult& result,
                               const std::vector<EnergyBreakdown>& per_layer,
                               const EnergyTable& table, const ReportStyle& style);

}  // namespace systole
