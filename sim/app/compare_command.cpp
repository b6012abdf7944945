#include <ostream>

#include "sim/app/application.hpp"
#include "sim/app/commands.hpp"
#include "sim/app/mistakes.hpp"
#include "sim/app/output_files.hpp"
#include "sim/app/terminal.hpp"
#include "sim/config/checked_yaml.hpp"
#include "sim/files/atomic_file.hpp"
#include "sim/report/compare_remarks.hpp"
#include "sim/report/compare_text.hpp"
#include "sim/report/energy_recompute.hpp"
#include "sim/report/html/html_page.hpp"
#include "sim/report/html/page_needs.hpp"

namespace systole::app {

int compare_command(const CompareOptions& options, std::ostream& out) {
  std::vector<NamedReport> reports;
  std::vector<NamedFile> inputs;
  Mistakes mistakes;
  for (const std::string& file : options.reports) {
    inputs.push_back({"REPORT", file});
    mistakes.attempt([&] { reports.push_back({file, parse_report(read_text_file(file), file)}); });
  }
  mistakes.check();
  require_writable("systole compare", {{"--html", options.html}}, [&] { return inputs; });
  ReportStyle style;
  style.color = use_color(ColorMode::Auto);
  if (const std::size_t columns = output_terminal_columns(); columns != 0) {
    style.width = columns;
  }
  if (options.html) {
    check_drawable(reports);  // which is more than the text needs
  }
  const std::vector<ComparedFigures> figures = compared_figures(reports);
  const std::string text = compare_text(reports, figures, style);
  if (options.html) {
    write_file_atomically(*options.html, html_page(reports, compare_remarks(figures)));
  }
  out << text;
  return ExitCode::AllRight;
}

}  // namespace systole::app
