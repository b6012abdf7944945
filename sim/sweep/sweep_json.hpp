#pragma once

#include <nlohmann/json.hpp>
#include <vector>

#include "sim/sweep/point_log.hpp"
#include "sim/sweep/sweep_spec.hpp"

namespace systole {

/// A finished sweep for its page: what the columns are, a row of values for each point (none of
/// its metrics if it failed), the errors by point, and `front`, the points on the Pareto front.
/// Files appear without their folders. One result for each point.
nlohmann::ordered_json sweep_json(const SweepSpec& spec, const std::vector<Point>& points,
                                  const std::vector<PointResult>& results,
                                  const std::vector<std::size_t>& front);

}  // namespace systole
