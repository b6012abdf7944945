#pragma once

#include <nlohmann/json.hpp>

#include "sim/report/totals.hpp"
#include "sim/report/units.hpp"

namespace systole {

// The energy keys of the JSON report. Keys that are there already are replaced where they stand, so
// that a report can be recomputed in place.

void put_layer_energy(nlohmann::ordered_json& layer, const Summary& summary,
                      std::uint32_t clock_mhz, EnergyUnit unit);
void put_total_energy(nlohmann::ordered_json& totals, const Summary& summary,
                      std::uint32_t clock_mhz, EnergyUnit unit);
/// `energy_table`, `energy_notes`, `requantization` and `area`.
void put_table(nlohmann::ordered_json& report, const Summary& totals,
               const AcceleratorConfig& config, const EnergyTable& table);

}  // namespace systole
