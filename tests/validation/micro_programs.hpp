#pragma once

#include <string>
#include <variant>

#include "sim/program/command.hpp"
#include "tests/validation/rtl_table.hpp"

namespace systole::test {

/// The program that a micro case of the table describes, or why the machine has no such command.
using MicroProgram = std::variant<LayerProgram, std::string>;

MicroProgram micro_program(const RtlCase& rtl);

}  // namespace systole::test
