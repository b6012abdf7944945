#include <fmt/format.h>

#include <algorithm>
#include <memory>
#include <optional>
#include <ostream>
#include <utility>

#include "models/dram/make_dram.hpp"
#include "sim/app/application.hpp"
#include "sim/app/commands.hpp"
#include "sim/app/inputs.hpp"
#include "sim/app/layer_choice.hpp"
#include "sim/app/mismatch.hpp"
#include "sim/app/mistakes.hpp"
#include "sim/app/output_files.hpp"
#include "sim/app/progress.hpp"
#include "sim/app/terminal.hpp"
#include "sim/dram_trace/command_file.hpp"
#include "sim/dram_trace/request_file.hpp"
#include "sim/energy/energy_model.hpp"
#include "sim/files/atomic_file.hpp"
#include "sim/report/bandwidth.hpp"
#include "sim/report/data_needs.hpp"
#include "sim/report/html/html_page.hpp"
#include "sim/report/json_report.hpp"
#include "sim/report/scalesim_report.hpp"
#include "sim/report/text_report.hpp"
#include "sim/report/utf8.hpp"
#include "sim/run/simulation.hpp"
#include "sim/timeline/timeline_file.hpp"
#include "sim/top/stuck_error.hpp"
#include "sim/waveform/waveform_file.hpp"
#include "sim/workload/file_names.hpp"
#include "sim/workload/workload.hpp"

namespace systole::app {
namespace {

Machine machine_of(const RunOptions& options) {
  Machine machine = load_machine(options.accelerator, options.overrides);
  check_data(machine.config, options.data);
  return machine;
}

/// Throws UsageError for a name that is no layer's, and where a layer would find on the chip what
/// only the layer before could have left there.
void check_layers(const std::vector<std::string>& chosen, const Network& network,
                  const AcceleratorConfig& config) {
  Mistakes mistakes;
  for (const std::string& name : chosen) {
    mistakes.attempt([&] { require_layer(network, name, "systole run: --layers"); });
  }
  mistakes.check();
  if (!chosen.empty() && config.compiler.fusion == Fusion::Keep) {
    throw UsageError{"systole run: --layers needs compiler.fusion none, found keep"};
  }
}

/// What would keep a run's files from being written, or one of them from being kept, is said
/// before the run, which may take hours.
OutputFolders prepare_outputs(const RunOptions& options, const AcceleratorConfig& config,
                              const Network& network) {
  const auto inputs = [&] {
    return joined({with_named_files("--accelerator", options.accelerator),
                   with_named_files("--workload", options.workload),
                   {{"--inputs", options.inputs}, {"--labels", options.labels}},
                   files_of_machine(config)});
  };
  return {"systole run",
          {{"--json", options.json},
           {"--html", options.html},
           {"--bandwidth-csv", options.bandwidth_csv},
           {"--dram-trace", options.dram_trace},
           {"--dram-commands", options.dram_commands},
           {"--timeline", options.timeline},
           {"--vcd", options.vcd}},
          {{"--csv", options.csv, csv_report_files()},
           {"--scalesim", options.scalesim, scalesim_report_files()},
           {"--dump", options.dump, layer_files(network)}},
          inputs};
}

/// A unit may wait for a few reads, and writes between them, without progress.
constexpr double kPatience = 10;

/// Of a bank with another row open, behind a refresh, in the machine's cycles; 0 of an ideal DRAM.
double cycles_of_a_read(const AcceleratorConfig& config) {
  const std::optional<dram::Config> memory = banked_dram_config(config.dram);
  if (!memory) {
    return 0;
  }
  const dram::Timing& t = memory->timing;
  const double memory_cycles = static_cast<double>(t.rfc) + t.rp + t.rcd + t.cl;
  constexpr double kMegahertzTimesNanoseconds = 1000;
  return memory_cycles * t.tck_ns * config.clock_mhz / kMegahertzTimesNanoseconds;
}

/// The files that a run writes while it goes on.
class RunFiles {
 public:
  RunFiles(const RunOptions& options, const AcceleratorConfig& config) {
    const std::optional<dram::Config> memory = banked_dram_config(config.dram);
    if (options.dram_commands && !memory) {
      throw UsageError{"systole run: --dram-commands needs dram.model banked, found ideal"};
    }
    if (options.timeline) {
      timeline_.emplace(*options.timeline,
                        CycleWindow{options.timeline_cycles.first, options.timeline_cycles.second});
    }
    if (options.vcd) {
      waveform_.emplace(*options.vcd, options.vcd_cycles, options.vcd_pes);
    }
    if (options.dram_trace) {
      requests_.emplace(*options.dram_trace);
    }
    if (options.dram_commands) {
      commands_.emplace(*options.dram_commands);
    }
  }
  CommandObserver* command_observer() { return timeline_ ? &*timeline_ : nullptr; }
  MachineProbe* probe() { return waveform_ ? &*waveform_ : nullptr; }
  DramObservers observers() {
    return {requests_ ? &*requests_ : nullptr, commands_ ? &*commands_ : nullptr};
  }
  /// One that cannot be, as its window was not reached, say, costs no other.
  void commit(const RunResult& result, Mistakes& mistakes) {
    if (timeline_) {
      mistakes.attempt([&] { timeline_->commit(result); });
    }
    if (waveform_) {
      mistakes.attempt([&] { waveform_->commit(); });
    }
    if (requests_) {
      mistakes.attempt([&] { requests_->commit(); });
    }
    if (commands_) {
      mistakes.attempt([&] { commands_->commit(); });
    }
  }

 private:
  std::optional<TimelineFile> timeline_;
  std::optional<WaveformFile> waveform_;
  std::optional<RequestFile> requests_;
  std::optional<CommandFile> commands_;
};

}  // namespace

int run_command(const RunOptions& options, std::ostream& out, std::ostream& err) {
  auto [machine, network] =
      both_of([&] { return machine_of(options); }, [&] { return load_network(options); });
  const AcceleratorConfig& config = machine.config;  // lambdas of C++17 take no names of parts
  const EnergyTable& energy_table = machine.energy_table;
  check_layers(options.layers, network, config);
  const LabelledInputs inputs = inputs_of(options, network);
  OutputFolders folders = prepare_outputs(options, config, network);

  RunFiles run_files{options, config};
  SimulationOptions simulation;
  simulation.dram_observers = run_files.observers();
  simulation.command_observer = run_files.command_observer();
  simulation.probe = run_files.probe();
  simulation.engine = options.engine;
  simulation.data = options.data;
  simulation.check = options.check;
  simulation.layers = options.layers;
  simulation.watchdog_cycles = options.watchdog_cycles;
  simulation.dump_dir = options.dump.value_or("");
  SimulationOutcome outcome;
  try {
    const std::unique_ptr<Progress> progress = options.quiet ? nullptr : progress_on_terminal(err);
    if (progress) {
      simulation.on_progress = [&](const ProgressState& state) { progress->update(state); };
    }
    outcome = simulate(config, std::move(network), inputs, simulation);
  } catch (const StuckError& error) {
    if (const double read = cycles_of_a_read(config);
        read * kPatience > static_cast<double>(options.watchdog_cycles)) {
      throw UsageError{fmt::format(
          "systole run: {}; a read of this DRAM takes {:.0f} cycles, expected --watchdog "
          "with more than {:.0f}",
          error.what(), read, read * kPatience)};
    }
    if (options.watchdog_cycles >= SimulationOptions{}.watchdog_cycles) {
      throw;
    }
    throw UsageError{
        fmt::format("systole run: --watchdog {}: {}; expected more cycles, the default is {}",
                    options.watchdog_cycles, error.what(), SimulationOptions{}.watchdog_cycles)};
  }

  const std::vector<EnergyBreakdown> energies = energy_per_layer(outcome.result, energy_table);
  Mistakes mistakes;  // after the run, which may have taken hours: what can be written is
  if (options.json || options.html) {
    const auto json = json_report(outcome.result, energies, energy_table);
    if (options.json) {
      mistakes.attempt([&] { write_file_atomically(*options.json, json.dump(2) + '\n'); });
    }
    if (options.html) {
      mistakes.attempt([&] { write_file_atomically(*options.html, html_page({{"", json}})); });
    }
  }
  if (options.csv) {
    mistakes.attempt(
        [&] { write_to_folder(*options.csv, csv_report(outcome.result, energies, energy_table)); });
  }
  if (options.scalesim) {
    mistakes.attempt([&] { write_to_folder(*options.scalesim, scalesim_report(outcome.result)); });
  }
  if (options.bandwidth_csv) {
    mistakes.attempt(
        [&] { write_file_atomically(*options.bandwidth_csv, bandwidth_csv(outcome.result)); });
  }
  run_files.commit(outcome.result, mistakes);
  if (!options.quiet) {
    ReportStyle style;
    style.bandwidth = options.bandwidth;
    style.color = use_color(options.color);
    if (const std::size_t columns = output_terminal_columns(); columns != 0) {
      style.width = columns;
    }
    out << text_report(outcome.result, energies, energy_table, style) << std::flush;
  }
  for (const auto& mismatch : outcome.mismatches) {
    err << mismatch_line(mismatch) << '\n';
  }
  mistakes.check();
  folders.keep();
  return outcome.mismatches.empty() ? ExitCode::AllRight : ExitCode::CheckFailed;
}

}  // namespace systole::app
