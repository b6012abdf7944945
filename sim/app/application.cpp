#include "sim/app/application.hpp"

#include <exception>
#include <new>
#include <ostream>
#include <sstream>
#include <stdexcept>

#include "sim/app/commands.hpp"
#include "sim/app/mistakes.hpp"
#include "sim/app/options.hpp"
#include "sim/config/escaped.hpp"
#include "sim/engine/systemc_engine.hpp"
#include "sim/top/stuck_error.hpp"

namespace systole::app {
namespace {

template <typename... Functions>
struct Overloaded : Functions... {
  using Functions::operator()...;
};
template <typename... Functions>
Overloaded(Functions...) -> Overloaded<Functions...>;

int dispatch(const CommandLine& command_line, std::ostream& out, std::ostream& err) {
  return std::visit(
      Overloaded{
          [&](const TextRequest& request) {
            out << request.text;
            return static_cast<int>(ExitCode::AllRight);
          },
          [&](const RunOptions& options) { return run_command(options, out, err); },
          [&](const GoldenOptions& options) { return golden_command(options, out); },
          [&](const ShowOptions& options) { return show_command(options, out); },
          [&](const QuantizeOptions& options) { return quantize_command(options, out, err); },
          [&](const ConvertOptions& options) { return convert_command(options, out); },
          [&](const SweepCommand& command) { return sweep_command(command, out, err); },
          [&](const DramOptions& options) { return dram_command(options, out); },
          [&](const CompareOptions& options) { return compare_command(options, out); },
          [&](const ExplainOptions& options) { return explain_command(options, out, err); },
          [&](const EnergyOptions& options) { return energy_command(options, out, err); },
      },
      command_line);
}

/// One line, though SystemC's reports have several.
int internal_error(const std::exception& error, std::ostream& err) {
  err << "systole: internal error, a mistake of Systole (please report it with the command line): ";
  std::istringstream lines{error.what()};
  const char* separator = "";
  for (std::string line; std::getline(lines >> std::ws, line); separator = "; ") {
    err << separator << line;
  }
  err << '\n';
  return ExitCode::InternalError;
}

}  // namespace

int run_application(const std::vector<std::string>& arguments, std::ostream& out,
                    std::ostream& err) {
  try {
    const int code = dispatch(parse_command_line(arguments), out, err);
    if (!out.flush()) {
      err << "systole: cannot write to standard output\n";
      return ExitCode::UserError;
    }
    return code;
  } catch (const std::bad_alloc&) {
    err << "systole: not enough memory for this accelerator and workload\n";
  } catch (const StuckError& error) {
    return internal_error(error, err);
  } catch (const std::runtime_error&) {
    for (const std::string& line : lines_of_mistake()) {
      err << escaped(line) << '\n';
    }
  } catch (const std::exception& error) {
    return internal_error(error, err);  // a logic_error, or SystemC's report of a broken invariant
  }
  return ExitCode::UserError;
}

}  // namespace systole::app
