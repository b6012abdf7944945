#pragma once

#include <string>
#include <vector>

#include "sim/report/table.hpp"
#include "sim/report/text_report.hpp"
#include "sim/report/totals.hpp"

namespace systole {

// Tables of the text reports about energy and area.

Table energy_component_table(const EnergyBreakdown& energy, const EnergyTable& source);
Table energy_operand_table(const EnergyBreakdown& energy, const EnergyTable& source);
/// A row for each layer, a column for each component that costs anything.
Table energy_layer_table(const RunResult& result, const std::vector<EnergyBreakdown>& per_layer,
                         const EnergyTable& source);
Table energy_totals_table(const Summary& totals, const AcceleratorConfig& config,
                          const EnergyTable& source);
/// "1.20 µJ to 1.50 µJ, 12.0 mW on average"; no power where there are no joules or no time.
std::string energy_note(const Summary& totals, double seconds, const EnergyTable& source);
/// Rows for tables of a name, a value and a note. The first is left out without MACs or energy.
void add_energy_per_mac(Table& table, const Summary& totals, const EnergyTable& source);
void add_requantization(Table& table, const AcceleratorConfig& config, const EnergyTable& source);
/// A note below the tables; where it needs more lines, these are indented more.
std::string note_line(const std::string& note, std::size_t width);
/// What the table says beside its figures, as lines; nothing if it says nothing.
std::string energy_notes(const EnergyTable& table, const ReportStyle& style);

/// What `systole energy` prints.
std::string energy_text_report(const RunResult& result,
                               const std::vector<EnergyBreakdown>& per_layer,
                               const EnergyTable& table, const ReportStyle& style);

}  // namespace systole
