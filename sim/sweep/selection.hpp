#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "sim/sweep/sweep_spec.hpp"

namespace systole {

constexpr std::uint64_t kMostCombinations = 10'000'000;  ///< that a sweep of all points looks at
constexpr std::uint64_t kMostPoints = 1'000'000;         ///< that one sweep runs
constexpr std::uint64_t kMostMisses = 100'000;  ///< random draws in a row that give nothing new

/// One machine of the sweep, with its workload: everything that the axes set, in their order.
using Point = std::vector<Assignment>;

/// The points that the spec asks for, in its order. Those that break a constraint are left out: of
/// all and of a Latin hypercube there are fewer then, random points are drawn until there are
/// enough, or no combination is left (of more than kMostCombinations: or kMostMisses draws in a row
/// gave no new one). Values that a constraint forbids whatever other axes set are no combinations,
/// and none is drawn. The same for the same spec, everywhere. Throws ConfigError for too
/// many combinations, for none that is left, and for a constraint that compares what has no order.
std::vector<Point> select_points(const SweepSpec& spec);

/// That a sample has so many points, which are fewer than asked for, and why; empty when they are
/// not.
std::string shortage(const SweepSpec& spec, std::size_t points);

/// The file of the point's workload.
const std::string& workload_of(const SweepSpec& spec, const Point& point);

}  // namespace systole
