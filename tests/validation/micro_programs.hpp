#pragma once

#include <string>

#include "sim/program/command.hpp"
#include "tests/validation/rtl_table.hpp"

namespace systole::test {

/// The commands of a case of group `micro`.
LayerProgram micro_program(const RtlCase& rtl);

/// Whether a case of that description runs in Gemmini's output-stationary mode.
bool is_output_stationary(const std::string& description);

}  // namespace systole::test
