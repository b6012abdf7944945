#include "sim/sweep/sweep_tables.hpp"

#include <algorithm>

#include "sim/report/csv_field.hpp"
#include "sim/sweep/pareto.hpp"

namespace systole {
namespace {

constexpr const char* kEndOfLine = "\r\n";

std::string point_columns(const SweepSpec& spec) {
  std::string line = "point";
  for (const std::string& key : spec.keys()) {
    line += ',' + csv_field(key);
  }
  return line;
}

std::string point_fields(std::size_t number, const Point& point) {
  std::string line = std::to_string(number);
  for (const Assignment& assignment : point) {
    line += ',' + csv_field(assignment.text);
  }
  return line;
}

/// What is to be small for a good point; nothing for a point without all of them.
std::optional<std::vector<double>> costs_of(const SweepSpec& spec, const PointResult& result) {
  std::vector<double> costs;
  for (const Metric metric : spec.pareto) {
    const auto value = result.metrics[static_cast<std::size_t>(metric)];
    if (!value || !result.error.empty()) {
      return std::nullopt;
    }
    costs.push_back(info_of(metric).more_is_better ? -*value : *value);
  }
  return costs;
}

void note_missing(const SweepSpec& spec, const PointResult& result, std::vector<Metric>& missing) {
  for (const Metric metric : spec.pareto) {
    const bool there = result.metrics[static_cast<std::size_t>(metric)].has_value();
    if (result.error.empty() && !there &&
        std::find(missing.begin(), missing.end(), metric) == missing.end()) {
      missing.push_back(metric);
    }
  }
}

}  // namespace

std::string points_table(const SweepSpec& spec, const std::vector<Point>& points) {
  std::string table = point_columns(spec) + kEndOfLine;
  for (std::size_t i = 0; i < points.size(); ++i) {
    table += point_fields(i, points[i]) + kEndOfLine;
  }
  return table;
}

std::vector<Metric> metrics_shown(const SweepSpec& spec) {
  std::vector<Metric> columns = spec.metrics;
  for (const Metric metric : spec.pareto) {
    if (std::find(columns.begin(), columns.end(), metric) == columns.end()) {
      columns.push_back(metric);
    }
  }
  return columns;
}

SweepTables sweep_tables(const SweepSpec& spec, const std::vector<Point>& points,
                         const std::vector<PointResult>& results) {
  const std::vector<Metric> columns = metrics_shown(spec);
  SweepTables tables;
  tables.points = point_columns(spec);
  for (const Metric metric : columns) {
    tables.points += std::string{","} + info_of(metric).name;
  }
  tables.points += std::string{",error"} + kEndOfLine;
  tables.pareto = tables.points;

  std::vector<std::string> rows;
  std::vector<std::vector<double>> costs;
  std::vector<std::size_t> candidates;
  for (std::size_t i = 0; i < points.size(); ++i) {
    const PointResult& result = results.at(i);
    std::string row = point_fields(i, points[i]);
    for (const Metric metric : columns) {
      row += ',' + metric_text(result.metrics[static_cast<std::size_t>(metric)]);
    }
    rows.push_back(row + ',' + csv_field(result.error) + kEndOfLine);
    tables.points += rows.back();
    note_missing(spec, result, tables.missing);
    if (auto cost = costs_of(spec, result)) {
      costs.push_back(*std::move(cost));
      candidates.push_back(i);
    }
  }
  for (const std::size_t member : pareto_front(costs)) {
    tables.pareto += rows[candidates[member]];
    tables.front.push_back(candidates[member]);
  }
  return tables;
}

}  // namespace systole
