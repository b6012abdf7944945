#pragma once

#include "sim/energy/area_model.hpp"
#include "sim/report/totals.hpp"
#include "sim/report/units.hpp"

namespace systole {

// Figures that follow from energy, time and area. A MAC is two operations; those of the host, which
// have neither, do not count. Watts, TOPS/W and J s are there where the table is in joules.

EnergyUnit energy_unit(const EnergyTable& table);
/// "pJ" or "MAC": what one of a report's picojoules is.
const char* energy_unit_name(EnergyUnit unit);

/// 0 without MACs.
double pj_per_mac(const Summary& summary);
/// 10^12 operations a second for a watt; 0 without energy.
double tops_per_watt(const Summary& summary);
/// Energy times time, J s.
double energy_delay_js(const Summary& summary, std::uint32_t clock_mhz);
/// All PEs busy in every cycle, each with as many products as it forms in a layer's mode.
double peak_tops(const Summary& summary, const AcceleratorConfig& config);
/// Of the layer or network.
double achieved_tops(const Summary& summary, std::uint32_t clock_mhz);
/// 0 without an area.
double tops_per_mm2(double tops, const Bounded& um2);

}  // namespace systole
