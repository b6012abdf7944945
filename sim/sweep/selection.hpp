#pragma once

#include <vector>

#include "sim/sweep/sweep_spec.hpp"

namespace systole {

constexpr std::uint64_t kMostCombinations = 10'000'000;  ///< that a sweep of all points looks at
constexpr std::uint64_t kMostPoints = 1'000'000;         ///< that one sweep runs

/// One machine of the sweep, with its workload: everything that the axes set, in their order.
using Point = std::vector<Assignment>;

/// The points that the spec asks for, in its order. Those that break a constraint are left out: of
/// all and of a Latin hypercube there are fewer then, random points are drawn until there are
/// enough, or no combination is left (of more than kMostCombinations: or a thousand draws in a row
/// gave no new one). The same for the same spec, everywhere. Throws Refusal for too
/// many combinations, for none that is left, and for a constraint that compares what has no order.
std::vector<Point> select_points(const SweepSpec& spec);

/// The file of the point's workload.
const std::string& workload_of(const SweepSpec& spec, const Point& point);

}  // namespace systole
