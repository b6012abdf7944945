#include <nlohmann/json.hpp>
#include <ostream>
#include <string>

#include "sim/app/application.hpp"
#include "sim/app/commands.hpp"
#include "sim/app/inputs.hpp"
#include "sim/app/mistakes.hpp"
#include "sim/app/output_files.hpp"
#include "sim/app/terminal.hpp"
#include "sim/config/checked_yaml.hpp"
#include "sim/config/escaped.hpp"
#include "sim/files/atomic_file.hpp"
#include "sim/report/energy_recompute.hpp"
#include "sim/report/energy_text.hpp"
#include "sim/report/version.hpp"

namespace systole::app {
namespace {

/// What another version counted may be another thing than what this one prices.
void tell_other_version(const nlohmann::ordered_json& report, const std::string& file,
                        std::ostream& err) {
  const std::string other = report.at("systole").get<std::string>();  // parse_report saw to it
  if (other != version()) {
    err << escaped(file) << ": systole: the report is of version " << escaped(other) << ", this is "
        << version() << ": what differs may be the version's doing\n";
  }
}

}  // namespace

int energy_command(const EnergyOptions& options, std::ostream& out, std::ostream& err) {
  Mistakes mistakes;
  auto read_report =
      mistakes.in([&] { return parse_report(read_text_file(options.report), options.report); });
  mistakes.attempt([&] { require_readable(options.table); });
  mistakes.check();
  nlohmann::ordered_json report = *std::move(read_report);
  const RunResult result = run_of_report(report, options.report, options.overrides);
  tell_other_version(report, options.report, err);
  OutputFolders folders{
      "systole energy",
      {{"--json", options.json}},
      {{"--csv", options.csv, csv_report_files()}},
      [&] {
        return joined({{{"REPORT", options.report}}, files_of_machine(result.config)});
      }};
  const EnergyTable table = load_energy_table(result.config);
  const std::vector<EnergyBreakdown> energies = energy_per_layer(result, table);
  if (options.csv) {
    write_to_folder(*options.csv, csv_report(result, energies, table));
  }
  if (options.json) {
    put_energies(report, result, energies, table);
    write_file_atomically(*options.json, report.dump(2) + '\n');
  }
  folders.keep();
  ReportStyle style;
  style.color = use_color(ColorMode::Auto);
  if (const std::size_t columns = output_terminal_columns(); columns != 0) {
    style.width = columns;
  }
  out << energy_text_report(result, energies, table, style);
  return ExitCode::AllRight;
}

}  // namespace systole::app
