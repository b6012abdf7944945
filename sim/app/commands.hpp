#pragma once

#include <iosfwd>

#include "sim/app/options.hpp"

namespace systole::app {

// One function per command: the report goes to `out`, progress and mismatches to `err`; the exit
// code is the result. What the user got wrong is thrown.
int run_command(const RunOptions& options, std::ostream& out, std::ostream& err);
int golden_command(const GoldenOptions& options, std::ostream& out);
int show_command(const ShowOptions& options, std::ostream& out);
void show_array(const ShowOptions& options, std::ostream& out);
int energy_command(const EnergyOptions& options, std::ostream& out, std::ostream& err);
int quantize_command(const QuantizeOptions& options, std::ostream& out, std::ostream& err);
int convert_command(const ConvertOptions& options, std::ostream& out);
int sweep_command(const SweepCommand& command, std::ostream& out, std::ostream& err);
int explain_command(const ExplainOptions& options, std::ostream& out, std::ostream& err);
int compare_command(const CompareOptions& options, std::ostream& out);
int dram_command(const DramOptions& options, std::ostream& out);

}  // namespace systole::app
