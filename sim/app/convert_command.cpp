#include <fmt/format.h>

#include <filesystem>
#include <ostream>

#include "sim/app/application.hpp"
#include "sim/app/commands.hpp"
#include "sim/convert/trace_writer.hpp"
#include "sim/files/atomic_folder.hpp"
#include "sim/workload/random_data.hpp"

namespace systole::app {

namespace fs = std::filesystem;

int convert_command(const ConvertOptions& options, std::ostream& out) {
  const bool shapes_only = options.data != DataSource::Workload ||
                           workload_format(options.workload) == WorkloadFormat::Topology;
  Network network = load_workload(options.workload, {shapes_only, options.topology});
  if (options.data == DataSource::Random) {
    fill_with_random_data(network, options.seed);
  }
  LabelledInputs inputs;
  if (!shapes_only) {
    inputs = load_inputs(options.workload, network);
  }
  AtomicFolder folder{options.folder};
  const fs::path file = folder.filled_by([&](const std::string& path) {
    try {
      return write_trace(network, inputs, path);
    } catch (const ConvertError& error) {
      throw ConvertError{options.workload + ": " + error.what()};
    }
  });
  folder.keep();
  out << fmt::format("{}\n", (fs::path{options.folder} / file.filename()).string());
  return ExitCode::AllRight;
}

}  // namespace systole::app
