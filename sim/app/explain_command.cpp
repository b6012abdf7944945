#include <fmt/format.h>

#include <memory>
#include <optional>
#include <ostream>

#include "sim/app/application.hpp"
#include "sim/app/commands.hpp"
#include "sim/app/inputs.hpp"
#include "sim/app/layer_choice.hpp"
#include "sim/app/mistakes.hpp"
#include "sim/app/output_files.hpp"
#include "sim/app/progress.hpp"
#include "sim/app/terminal.hpp"
#include "sim/explain/explain.hpp"
#include "sim/files/atomic_file.hpp"
#include "sim/workload/workload.hpp"

namespace systole::app {
namespace {

std::optional<std::size_t> chosen_layer(const ExplainOptions& options, const Network& network) {
  if (!options.layer) {
    return std::nullopt;
  }
  return require_layer(network, *options.layer, "systole explain: --layer");
}

}  // namespace

int explain_command(const ExplainOptions& options, std::ostream& out, std::ostream& err) {
  const auto machine = [&](const std::vector<std::string>& more) {
    std::vector<std::string> overrides = options.overrides;
    overrides.insert(overrides.end(), more.begin(), more.end());
    return load_machine(options.accelerator, overrides).config;
  };
  const auto files =
      both_of([&] { return machine({}); },
              [&] {
                return load_workload(options.workload, {/*shapes_only=*/true, options.topology});
              });
  const AcceleratorConfig& config = files.first;
  const Network& network = files.second;
  const std::optional<std::size_t> layer = chosen_layer(options, network);
  require_writable("systole explain", {{"--json", options.json}}, [&] {
    return joined({with_named_files("--accelerator", options.accelerator),
                   with_named_files("--workload", options.workload), files_of_machine(config)});
  });
  std::unique_ptr<Progress> progress = progress_on_terminal(err);
  const Explanation explanation =
      explain(machine, network, layer, [&](std::size_t run, std::size_t runs) {
        if (progress) {
          progress->show(fmt::format("run {} of {}", run + 1, runs));
        }
      });
  progress.reset();
  if (options.json) {
    write_file_atomically(*options.json, explain_json(explanation).dump(2) + '\n');
  }
  const std::size_t columns = output_terminal_columns();
  for (Table table : explain_tables(explanation)) {
    if (columns != 0) {
      table.fit(columns);
    }
    out << table.render(table.width(), /*color=*/false);
  }
  return ExitCode::AllRight;
}

}  // namespace systole::app
