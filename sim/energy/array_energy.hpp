#pragma once

#include "sim/config/accelerator_config.hpp"
#include "sim/energy/energy_model.hpp"
#include "sim/energy/energy_table.hpp"
#include "sim/energy/operand_widths.hpp"
#include "sim/stats/events.hpp"

namespace systole {

/// Adds what the PEs take, with their registers: by their operations, or with
/// energy.switching_activity by the bits that toggled.
void add_array_energy(const EventCounts& events, const AcceleratorConfig& config,
                      const EnergyTable& table, const OperandWidths& widths,
                      EnergyBreakdown& energy);

}  // namespace systole
