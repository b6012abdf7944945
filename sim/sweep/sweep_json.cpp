#include "sim/sweep/sweep_json.hpp"

#include <algorithm>
#include <cmath>
#include <filesystem>

#include "sim/config/yaml_quote.hpp"
#include "sim/report/version.hpp"
#include "sim/sweep/sweep_tables.hpp"

namespace systole {
namespace {

namespace fs = std::filesystem;
using Json = nlohmann::ordered_json;

Json metric_json(const std::optional<double>& value) {
  constexpr double kExact = 9007199254740992;  // 2^53
  if (!value || !std::isfinite(*value)) {
    return nullptr;
  }
  return std::floor(*value) == *value && std::abs(*value) < kExact
             ? Json(static_cast<std::int64_t>(*value))
             : Json(*value);
}

/// Which has energies, but none that are multiplied with times or divided by them.
bool is_normalized(const PointResult& result) {
  return result.metrics[static_cast<std::size_t>(Metric::EnergyPj)] &&
         !result.metrics[static_cast<std::size_t>(Metric::EnergyDelayJs)];
}

/// By a normalized table 1 pJ stands for the energy of one MAC.
const char* energy_unit(const std::vector<PointResult>& results) {
  const bool any = std::any_of(results.begin(), results.end(), is_normalized);
  const bool all = std::all_of(results.begin(), results.end(), [](const PointResult& result) {
    return !result.error.empty() || is_normalized(result);
  });
  return !any ? info_of(Metric::EnergyPj).unit : all ? "MAC" : "pJ or MAC";
}

Json columns_json(const SweepSpec& spec, const std::vector<PointResult>& results) {
  Json columns = Json::array();
  for (const std::string& key : spec.keys()) {
    columns.push_back({{"name", key}, {"metric", false}});
  }
  for (const Metric metric : metrics_shown(spec)) {
    const MetricInfo& info = info_of(metric);
    columns.push_back({{"name", info.name},
                       {"metric", true},
                       {"unit", metric == Metric::EnergyPj ? energy_unit(results) : info.unit},
                       {"more_is_better", info.more_is_better}});
  }
  return columns;
}

/// How a point is run alone.
std::string data_option(const SweepSpec& spec) {
  switch (spec.data) {
    case DataSource::None:
      return "--no-data";
    case DataSource::Random:
      return "--random-data " + std::to_string(spec.data_seed);
    case DataSource::Workload:
      break;
  }
  return spec.images == 0 ? "" : "--images " + std::to_string(spec.images);
}

/// What --set takes where the spec lies: a text that was in quotes may look like something else.
std::string set_beside_spec(const Assignment& assignment) {
  const bool in_quotes = assignment.value != assignment.compared();
  return in_quotes ? quoted_yaml(assignment.text) : assignment.text;
}

}  // namespace

Json sweep_json(const SweepSpec& spec, const std::vector<Point>& points,
                const std::vector<PointResult>& results, const std::vector<std::size_t>& front) {
  Json json;
  json["systole"] = version();
  json["name"] = fs::path{spec.file}.stem().string();
  json["accelerator"] = spec.named_accelerator;
  json["workload"] = spec.named_workload;
  json["data"] = data_option(spec);
  json["settings"] = Json::object();
  for (const Assignment& setting : spec.settings) {
    json["settings"][setting.key] = {{"text", setting.text}, {"set", set_beside_spec(setting)}};
  }
  json["columns"] = columns_json(spec, results);
  json["normalized"] = std::any_of(results.begin(), results.end(), is_normalized);
  json["pareto"] = Json::array();
  for (const Metric metric : spec.pareto) {
    json["pareto"].push_back(info_of(metric).name);
  }
  json["front"] = front;
  json["errors"] = Json::object();
  json["in_quotes"] = Json::object();  // by point and key, what is not the row's text
  Json& rows = json["rows"] = Json::array();
  for (std::size_t i = 0; i < points.size(); ++i) {
    Json row = Json::array();
    for (const Assignment& assignment : points[i]) {
      row.push_back(assignment.text);
      if (const std::string set = set_beside_spec(assignment); set != assignment.text) {
        json["in_quotes"][std::to_string(i)][assignment.key] = set;
      }
    }
    for (const Metric metric : metrics_shown(spec)) {
      row.push_back(metric_json(results.at(i).metrics[static_cast<std::size_t>(metric)]));
    }
    rows.push_back(std::move(row));
    if (!results.at(i).error.empty()) {
      json["errors"][std::to_string(i)] = results.at(i).error;
    }
  }
  return json;
}

}  // namespace systole
