#pragma once

#include "sim/config/accelerator_config.hpp"
#include "sim/program/packed_commands.hpp"
#include "sim/stats/events.hpp"

namespace systole {

/// What the program makes the machine count whatever its timing and its data: all events but
/// BankConflicts and those of the data (depends_on_values).
EventCounts program_events(const LayerProgram& program, const AcceleratorConfig& config);
EventCounts program_events(const PackedProgram& program, const AcceleratorConfig& config);

}  // namespace systole
