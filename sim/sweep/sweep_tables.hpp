#pragma once

#include <string>
#include <vector>

#include "sim/sweep/point_log.hpp"
#include "sim/sweep/sweep_spec.hpp"

namespace systole {

/// The points alone: their number and what the axes set. RFC 4180, as all tables.
std::string points_table(const SweepSpec& spec, const std::vector<Point>& points);

/// The columns of results: the spec's metrics, and those of its front that are not among them.
std::vector<Metric> metrics_shown(const SweepSpec& spec);

struct SweepTables {
  std::string points;              ///< a row for each point, in the spec's order
  std::string pareto;              ///< those rows of it that are on the front
  std::vector<std::size_t> front;  ///< their numbers, ascending
  /// Metrics of the front that some point which ran has not; it is left out then.
  std::vector<Metric> missing;
};
/// One result for each point.
SweepTables sweep_tables(const SweepSpec& spec, const std::vector<Point>& points,
                         const std::vector<PointResult>& results);

}  // namespace systole
