#pragma once

#include "sim/app/help.hpp"

namespace systole::app {

// The commands of command_table() that are subjects of `systole show`.

CommandHelp show_config_help();
CommandHelp show_workload_help();
CommandHelp show_mapping_help();
CommandHelp show_program_help();
CommandHelp show_array_help();

}  // namespace systole::app
