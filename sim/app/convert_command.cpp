#include <fmt/format.h>

#include <ostream>

#include "sim/app/application.hpp"
#include "sim/app/commands.hpp"
#include "sim/app/output_files.hpp"
#include "sim/convert/trace_writer.hpp"
#include "sim/workload/random_data.hpp"

namespace systole::app {

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
  make_folder(options.folder);
  out << fmt::format("{}\n", write_trace(network, inputs, options.folder));
  return ExitCode::AllRight;
}

}  // namespace systole::app
