#include <algorithm>
#include <filesystem>
#include <set>

#include "sim/config/accelerator_file.hpp"
#include "sim/config/checked_yaml.hpp"
#include "sim/config/error_log.hpp"
#include "sim/network/refusal.hpp"
#include "sim/sweep/constraint_reader.hpp"
#include "sim/sweep/selection.hpp"
#include "sim/sweep/sweep_spec.hpp"

namespace systole {
namespace {

namespace fs = std::filesystem;

constexpr Choice<DataSource> kData[] = {
    {"none", DataSource::None}, {"workload", DataSource::Workload}, {"random", DataSource::Random}};
constexpr Choice<Sampling> kMethods[] = {{"random", Sampling::Random},
                                         {"latin_hypercube", Sampling::LatinHypercube}};
enum class SweepEngine { Fast };
constexpr Choice<SweepEngine> kEngines[] = {{"fast", SweepEngine::Fast}};
constexpr InRange kSeeds{std::uint64_t{0}, std::uint64_t{1'000'000'000'000}};

void collect(const YAML::Node& node, const std::string& path,
             std::map<std::string, std::string>& out) {
  for (const auto& entry : node) {
    const std::string key = path + entry.first.Scalar();
    if (entry.second.IsMap()) {
      collect(entry.second, key + '.', out);
    } else {
      out[key] = entry.second.Scalar();
    }
  }
}

std::map<std::string, std::string> values_of(const AcceleratorConfig& config) {
  std::map<std::string, std::string> values;
  collect(YAML::Load(accelerator_to_yaml(config)), "", values);
  return values;
}

/// Every key that an accelerator may have: those of either organization of the scratchpad.
std::vector<std::string> known_keys() {
  AcceleratorConfig config;
  std::set<std::string> keys;
  for (const auto organization : {ScratchpadOrganization::Unified, ScratchpadOrganization::Split}) {
    config.scratchpad.organization = organization;
    for (const auto& [key, value] : values_of(config)) {
      keys.insert(key);
    }
  }
  return {keys.begin(), keys.end()};
}

std::vector<Metric> read_metrics(ConfigReader& root, const std::string& key,
                                 std::vector<Metric> by_default) {
  std::vector<std::string> names;
  if (!root.optional(key, names, NotEmpty{})) {
    return by_default;
  }
  std::vector<Metric> metrics;
  for (std::size_t i = 0; i < names.size(); ++i) {
    const auto metric = metric_named(names[i]);
    if (!metric) {
      root.error_at(root.raw(key)[i], key + "[" + std::to_string(i) + "]",
                    "no metric " + systole::quoted(names[i]) + ", expected " +
                        choice_list(metric_names()) + did_you_mean(names[i], metric_names()));
    } else if (std::find(metrics.begin(), metrics.end(), *metric) != metrics.end()) {
      root.error_at(root.raw(key)[i], key + "[" + std::to_string(i) + "]",
                    systole::quoted(names[i]) + " is given twice");
    } else {
      metrics.push_back(*metric);
    }
  }
  if (names.empty() && root.raw(key).IsSequence()) {
    root.error(key, "expected at least one metric");
  }
  return metrics;
}

void read_data(ConfigReader& root, SweepSpec& spec) {
  root.optional("data", spec.data, OneOf{kData});
  const auto only_with = [&](const char* key, bool allowed, const char* needs) {
    if (!allowed && root.has(key)) {
      root.error(key, std::string{"needs data: "} + needs);
    }
  };
  only_with("data_seed", spec.data == DataSource::Random, "random");
  only_with("images", spec.data == DataSource::Workload, "workload");
  only_with("check", spec.data != DataSource::None, "workload or random");
  root.optional("data_seed", spec.data_seed, kSeeds);
  root.optional("images", spec.images, InRange{std::uint64_t{1}, kSeeds.hi});
  root.optional("check", spec.check);
}

void read_sample(ConfigReader& root, SweepSpec& spec) {
  if (auto sample = root.optional_child("sample")) {
    sample->required("method", spec.sampling, OneOf{kMethods});
    sample->required("points", spec.sample_points, InRange{std::uint64_t{1}, kMostPoints});
    sample->optional("seed", spec.sample_seed, kSeeds);
    sample->reject_unknown();
  }
}

void read_axes_of(ConfigReader& root, const std::vector<std::string>& known,
                  const std::string& folder, SweepSpec& spec) {
  if (!root.has("axes")) {
    root.error("axes", "missing, expected a list of axes");
    return;
  }
  const std::size_t errors = root.error_count();
  spec.axes = read_axes(root, "axes", known, folder);
  std::vector<std::string> keys;
  for (const Assignment& setting : spec.settings) {
    keys.push_back(setting.key);
  }
  for (const std::string& key : spec.keys()) {
    keys.push_back(key);
  }
  for (std::size_t i = 0; i < keys.size(); ++i) {
    const auto end = keys.begin() + static_cast<std::ptrdiff_t>(i);
    if (std::find(keys.begin(), end, keys[i]) != end) {
      root.error("axes", "sets " + keys[i] + " twice");
    }
  }
  const bool sets_workload = std::find(keys.begin(), keys.end(), kWorkloadKey) != keys.end();
  if (sets_workload == root.has("workload") && root.error_count() == errors) {
    root.error("workload", sets_workload ? "is set here and by an axis, expected one of them"
                                         : "missing, expected a file, here or in an axis");
  }
}

/// Throws ConfigError for the spec's mistakes and those of its accelerator.
void check_both(const ConfigFile& spec, const std::vector<std::string>& of_accelerator) {
  std::vector<std::string> lines;
  try {
    spec.check();
  } catch (const ConfigError& error) {
    lines = error.lines();
  }
  lines.insert(lines.end(), of_accelerator.begin(), of_accelerator.end());
  if (!lines.empty()) {
    throw ConfigError{lines};
  }
}

}  // namespace

SweepSpec load_sweep(const std::string& path) {
  ConfigFile file = ConfigFile::load(path);
  const std::string folder = fs::path{path}.parent_path().string();
  const auto beside = [&](const std::string& name) {
    return (fs::path{folder} / name).lexically_normal().string();
  };
  ConfigReader root = file.root();
  SweepSpec spec;
  spec.file = path;
  root.required("accelerator", spec.accelerator, NotEmpty{});
  root.optional("workload", spec.workload, NotEmpty{});
  SweepEngine engine = SweepEngine::Fast;
  root.optional("engine", engine, OneOf{kEngines});
  read_data(root, spec);
  spec.named_accelerator = spec.accelerator;
  spec.named_workload = spec.workload;
  if (!spec.workload.empty()) {
    spec.workload = beside(spec.workload);
    root.names_readable("workload", spec.workload);
  }
  std::vector<std::string> errors_of_accelerator;
  if (!spec.accelerator.empty()) {
    spec.accelerator = beside(spec.accelerator);
    if (root.names_readable("accelerator", spec.accelerator)) {
      try {
        spec.accelerator_text = read_text_file(spec.accelerator);
        spec.base_values = values_of(parse_accelerator(spec.accelerator_text, spec.accelerator));
      } catch (const ConfigError& error) {
        errors_of_accelerator = error.lines();
      }
    }
  }
  std::vector<std::string> known = known_keys();
  if (auto settings = root.optional_child("set")) {
    spec.settings = read_settings(*settings, known, folder);
  }
  if (!spec.base_values.empty()) {
    for (const Assignment& setting : spec.settings) {
      spec.base_values[setting.key] = setting.compared();
    }
    if (!spec.workload.empty()) {
      spec.base_values[kWorkloadKey] = spec.workload;
    }
  }
  known.emplace_back(kWorkloadKey);
  read_axes_of(root, known, folder, spec);
  spec.constraints = read_constraints(root, "constraints", known, spec);
  spec.axes_at = root.place("axes");
  spec.constraints_at = root.place("constraints");
  read_sample(root, spec);
  spec.metrics = read_metrics(
      root, "metrics", {Metric::Cycles, Metric::Utilization, Metric::DramBytes, Metric::EnergyPj});
  spec.pareto = read_metrics(root, "pareto", {Metric::Cycles, Metric::EnergyPj});
  root.reject_unknown();
  check_both(file, errors_of_accelerator);
  return spec;
}

}  // namespace systole
