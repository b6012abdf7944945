#include "sim/sweep/point_run.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <exception>
#include <filesystem>
#include <new>
#include <stdexcept>

#include "sim/config/accelerator_file.hpp"
#include "sim/config/digest.hpp"
#include "sim/report/version.hpp"
#include "sim/run/simulation.hpp"
#include "sim/workload/random_data.hpp"

namespace systole {
namespace {

/// One line, and without the folder of the accelerator: the same wherever the sweep runs.
std::string one_line(std::string text, const std::string& accelerator) {
  const std::string name = std::filesystem::path{accelerator}.filename().string();
  for (std::size_t at = text.find(accelerator); at != std::string::npos;
       at = text.find(accelerator, at + name.size())) {
    text.replace(at, accelerator.size(), name);
  }
  std::string line;
  for (const char c : text) {
    line += c == '\n' ? std::string{"; "} : std::string{c};
  }
  return line;
}

void keep_first(LabelledInputs& inputs, std::uint64_t images) {
  const auto count = static_cast<std::uint64_t>(inputs.count());
  if (images == 0 || !inputs.images || count <= images) {
    return;
  }
  inputs.images->resize(inputs.images->size() / count * images);
  inputs.labels.resize(std::min<std::size_t>(inputs.labels.size(), images));
}

}  // namespace

PointRunner::PointRunner(const SweepSpec& spec, const std::vector<Point>& points) : spec_{spec} {
  for (const Point& point : points) {
    const std::string& file = workload_of(spec, point);
    if (workloads_.count(file) == 0) {
      workloads_.emplace(file, load(file));
    }
  }
}

PointRunner::Workload PointRunner::load(const std::string& file) const {
  const bool given = spec_.data == DataSource::Workload;
  Workload workload;
  workload.network = load_workload(file, {!given, {}});
  if (spec_.data == DataSource::Random) {
    fill_with_random_data(workload.network, spec_.data_seed);
  }
  if (given) {
    workload.inputs = load_inputs(file, workload.network);
    keep_first(workload.inputs, spec_.images);
  }
  workload.inputs.seed = spec_.data_seed;
  workload.digest = digest_of_file(file);
  return workload;
}

AcceleratorConfig PointRunner::config_of(const Point& point, std::string& table) const {
  std::vector<std::string> overrides;
  for (const Assignment& setting : spec_.settings) {
    overrides.push_back(setting.key + "=" + setting.value);
  }
  for (const Assignment& assignment : point) {
    if (assignment.key != kWorkloadKey) {
      overrides.push_back(assignment.key + "=" + assignment.value);
    }
  }
  return parse_accelerator(spec_.accelerator_text, spec_.accelerator, overrides,
                           [&](const AcceleratorConfig& machine) {
                             table = files_.digest_of(machine.energy.table);
                             return broken_by(files_.energy_table(machine.energy.table), machine);
                           });
}

PointRunner::Machine PointRunner::machine_of(const Point& point) const {
  const std::string run =
      fmt::format("systole {}\nworkload {}\ndata {} seed {} images {} check {}\n", version(),
                  workloads_.at(workload_of(spec_, point)).digest, static_cast<int>(spec_.data),
                  spec_.data_seed, spec_.images, spec_.check);
  std::string table;  // a digest: of what it cannot price, too, which another one may
  try {
    const AcceleratorConfig config = config_of(point, table);
    AcceleratorConfig contents = config;  // with digests for the names of files
    contents.energy.table = table;
    if (config.dram.model == DramModel::Banked) {
      contents.dram.preset = files_.digest_of(dram_preset_file(config.dram));
    }
    return {digest(run + accelerator_to_yaml(contents)), "", config};
  } catch (const std::bad_alloc&) {
    throw;
  } catch (const std::exception& error) {
    std::string text = run + table + spec_.accelerator_text;
    for (const Assignment& setting : spec_.settings) {
      text += '\n' + setting.key + '=' + setting.text;
    }
    for (const Assignment& assignment : point) {
      text += '\n' + assignment.key + '=' + assignment.text;
    }
    return {digest(text), one_line(error.what(), spec_.accelerator)};
  }
}

PointResult PointRunner::run(const Point& point, const Machine& machine) const {
  PointResult result;
  result.key = machine.key;
  result.error = machine.error;
  if (!machine.config) {
    return result;
  }
  try {
    simulate_into(result, point, *machine.config);
  } catch (const std::bad_alloc&) {
    throw;
  } catch (const std::logic_error& error) {
    result.error = "internal error: " + one_line(error.what(), spec_.accelerator);
  } catch (const std::exception& error) {
    result.error = one_line(error.what(), spec_.accelerator);
  }
  return result;
}

void PointRunner::simulate_into(PointResult& result, const Point& point,
                                const AcceleratorConfig& config) const {
  const Workload& workload = workloads_.at(workload_of(spec_, point));
  SimulationOptions options;
  options.engine = EngineKind::Fast;
  options.data = spec_.data;
  options.check = spec_.check;
  options.measured_layers = &measured_;
  const SimulationOutcome outcome = simulate(config, workload.network, workload.inputs, options);
  if (!outcome.mismatches.empty()) {
    const Mismatch& first = outcome.mismatches.front();
    result.mismatch = true;
    result.error = fmt::format("layer {} differs from the golden model in {} elements", first.layer,
                               first.mismatches);
    return;
  }
  result.metrics =
      metrics_of(outcome.result, adapted_to(config, files_.energy_table(config.energy.table)));
}

}  // namespace systole
