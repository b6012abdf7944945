#pragma once

#include <string>

#include "sim/app/arguments.hpp"
#include "sim/app/options.hpp"

namespace systole::app {

/// What was given to a command of command_table(), as its options. Throws UsageError.
CommandLine read_options(const std::string& command, const Arguments& arguments);

}  // namespace systole::app
