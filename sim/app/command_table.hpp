#pragma once

#include <vector>

#include "sim/app/help.hpp"

namespace systole::app {

/// The commands in the order in which `--help` lists them: each option is described once, here,
/// for the parser and for the help alike.
std::vector<CommandHelp> command_table();

}  // namespace systole::app
