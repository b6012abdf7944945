#include <fmt/format.h>

#include <algorithm>
#include <memory>
#include <optional>
#include <ostream>
#include <thread>

#include "sim/app/application.hpp"
#include "sim/app/commands.hpp"
#include "sim/app/output_files.hpp"
#include "sim/app/progress.hpp"
#include "sim/app/terminal.hpp"
#include "sim/config/accelerator_file.hpp"
#include "sim/report/utf8.hpp"
#include "sim/sweep/sweep.hpp"
#include "sim/sweep/sweep_tables.hpp"

namespace systole::app {
namespace {

unsigned workers_of(const SweepCommand& command) {
  return command.jobs != 0 ? static_cast<unsigned>(command.jobs)
                           : std::max(1U, std::thread::hardware_concurrency());
}

std::string summary(const SweepCommand& command, const SweepOutcome& outcome) {
  const SweepProgress& progress = outcome.progress;
  std::string text = fmt::format("{} points, {} of them run now, {} failed\n", progress.points,
                                 progress.ran, progress.failed);
  if (!outcome.first_error.empty()) {
    text += fmt::format("first failure: {}\n", printable(outcome.first_error));
  }
  if (!command.range) {
    text += fmt::format("{} on the Pareto front; tables: {}/points.csv, {}/pareto.csv\n",
                        outcome.front, *command.folder, *command.folder);
    for (const Metric metric : outcome.missing) {
      const MetricInfo& info = info_of(metric);
      text +=
          fmt::format("points without {} ({}) are not on the front\n", info.name, info.description);
    }
  }
  return text;
}

/// Empty when there are as many points as asked for.
std::string shortage_line(const SweepSpec& spec, const std::vector<Point>& points) {
  const std::string why = shortage(spec, points.size());
  return why.empty() ? "" : why + '\n';
}

/// The files that the points read: memories that ship with Systole too.
std::vector<NamedFile> files_of(const SweepSpec& spec) {
  std::vector<std::vector<NamedFile>> all;
  all.push_back(files_of_machine(parse_accelerator(spec.accelerator_text, spec.accelerator)));
  all.push_back(with_named_files("workload", spec.workload));
  const auto add = [&](const Step& step) {
    for (const Assignment& assignment : step) {
      if (!assignment.file.empty()) {
        all.push_back(with_named_files(assignment.key, assignment.file));
      } else if (assignment.key == "dram.preset") {
        DramConfig memory;
        memory.preset = assignment.text;
        all.push_back({{assignment.key, dram_preset_file(memory)}});
      }
    }
  };
  add(spec.settings);
  for (const Axis& axis : spec.axes) {
    std::for_each(axis.steps.begin(), axis.steps.end(), add);
  }
  return joined(all);
}

OutputFolders prepare_outputs(const SweepCommand& command, const SweepSpec& spec) {
  const auto inputs = [&] {
    return joined({with_named_files("SPEC", command.spec), files_of(spec)});
  };
  return {"systole sweep",
          {{"--html", command.html}},
          {{"--output", command.folder, sweep_files()}},
          inputs};
}

SweepOutcome run_points(const SweepSpec& spec, const std::vector<Point>& points,
                        SweepOptions options, std::ostream& err) {
  const std::unique_ptr<Progress> progress = progress_on_terminal(err);
  if (progress) {
    options.on_progress = [&](const SweepProgress& state) { progress->update(state); };
  }
  return run_sweep(spec, points, options);
}

}  // namespace

int sweep_command(const SweepCommand& command, std::ostream& out, std::ostream& err) {
  const SweepSpec spec = load_sweep(command.spec);
  if (command.list) {
    const std::vector<Point> points = select_points(spec);
    out << points_table(spec, points);
    err << shortage_line(spec, points);  // beside the table
    return ExitCode::AllRight;
  }
  OutputFolders folders = prepare_outputs(command, spec);
  const std::vector<Point> points = select_points(spec);
  SweepOptions sweep;
  sweep.folder = command.folder.value_or("");
  sweep.html = command.html.value_or("");
  sweep.resume = command.resume;
  sweep.workers = workers_of(command);
  if (command.range) {
    sweep.begin = command.range->first;
    sweep.end = command.range->second;
    if (sweep.end > points.size()) {
      throw UsageError{fmt::format("systole sweep: --points {}:{}: there are {} points",
                                   sweep.begin, sweep.end, points.size())};
    }
  }
  const SweepOutcome outcome = run_points(spec, points, sweep, err);
  folders.keep();
  out << shortage_line(spec, points) << summary(command, outcome);
  const bool none_ran = !command.range && outcome.progress.failed == outcome.progress.points;
  return outcome.mismatches == 0 && !none_ran ? ExitCode::AllRight : ExitCode::CheckFailed;
}

}  // namespace systole::app
