#include <optional>
#include <ostream>

#include "sim/app/application.hpp"
#include "sim/app/commands.hpp"
#include "sim/app/inputs.hpp"
#include "sim/app/mistakes.hpp"
#include "sim/app/output_files.hpp"
#include "sim/dram_trace/command_file.hpp"
#include "sim/dram_trace/dram_report.hpp"
#include "sim/dram_trace/trace_reader.hpp"
#include "sim/files/atomic_file.hpp"

namespace systole::app {

int dram_command(const DramOptions& options, std::ostream& out) {
  Mistakes mistakes;
  const auto loaded =
      mistakes.in([&] { return dram::load_config(options.dram, options.overrides); });
  mistakes.attempt([&] { require_readable(options.trace); });
  mistakes.check();
  const dram::Config& memory = *loaded;
  TraceReader trace{options.trace, memory};
  require_writable(
      "systole dram", {{"--json", options.json}, {"--dram-commands", options.commands}}, [&] {
        return joined({{{"TRACE", options.trace}}, with_named_files("--dram", options.dram)});
      });
  std::optional<CommandFile> commands;
  if (options.commands) {
    commands.emplace(*options.commands);
  }
  const TraceRunResult result = run_dram_trace(
      memory, [&] { return trace.next(); }, {options.max_outstanding_reads},
      commands ? &*commands : nullptr);
  out << dram_text_report(memory, options.trace, result);
  if (commands) {
    commands->commit();
  }
  if (options.json) {
    write_file_atomically(*options.json,
                          dram_json_report(memory, options.trace, result).dump(2) + '\n');
  }
  return ExitCode::AllRight;
}

}  // namespace systole::app
