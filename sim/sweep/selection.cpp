#include "sim/sweep/selection.hpp"

#include <algorithm>
#include <numeric>
#include <set>
#include <utility>

#include "sim/config/error_log.hpp"
#include "sim/network/refusal.hpp"
#include "sim/network/splitmix64.hpp"

namespace systole {
namespace {

/// Where a point lies along each axis.
using Position = std::vector<std::size_t>;

Point point_at(const SweepSpec& spec, const Position& position) {
  Point point;
  for (std::size_t a = 0; a < position.size(); ++a) {
    const Step& step = spec.axes[a].steps[position[a]];
    point.insert(point.end(), step.begin(), step.end());
  }
  return point;
}

const std::string& value_of(const SweepSpec& spec, const Point& point, const std::string& key) {
  for (const Assignment& assignment : point) {
    if (assignment.key == key) {
      return assignment.compared();
    }
  }
  return spec.base_values.at(key);
}

using Constraints = std::vector<Constraint>;

bool allowed(const SweepSpec& spec, const Constraints& constraints, const Point& point) {
  return std::all_of(constraints.begin(), constraints.end(), [&](const Constraint& constraint) {
    try {
      return constraint.holds([&](const std::string& key) { return value_of(spec, point, key); });
    } catch (const Refusal& error) {
      throw ConfigError{{spec.constraints_at + ": '" + constraint.text() + "': " + error.what()}};
    }
  });
}

/// The constraints that no axis but this one has a say in.
Constraints constraints_of(const SweepSpec& spec, const Axis& axis) {
  std::set<std::string> others;
  for (const Axis& other : spec.axes) {
    for (const Assignment& assignment : other.steps.front()) {
      if (&other != &axis) {
        others.insert(assignment.key);
      }
    }
  }
  Constraints own;
  for (const Constraint& constraint : spec.constraints) {
    const std::vector<std::string> keys = constraint.keys();
    if (std::none_of(keys.begin(), keys.end(),
                     [&](const std::string& key) { return others.count(key) != 0; })) {
      own.push_back(constraint);
    }
  }
  return own;
}

/// The positions along an axis that break no constraint, whatever the other axes set.
std::vector<std::size_t> allowed_along(const SweepSpec& spec, const Axis& axis) {
  const Constraints own = constraints_of(spec, axis);
  std::vector<std::size_t> positions;
  for (std::size_t i = 0; i < axis.steps.size(); ++i) {
    if (allowed(spec, own, axis.steps[i])) {
      positions.push_back(i);
    }
  }
  return positions;
}

/// The n-th use of a seed.
class Draws {
 public:
  explicit Draws(std::uint64_t seed) : seed_{splitmix64(seed)} {}
  /// In 0..bound-1; the bias is below bound / 2^64.
  std::uint64_t below(std::uint64_t bound) { return splitmix64(seed_ + next_++) % bound; }

 private:
  const std::uint64_t seed_;
  std::uint64_t next_ = 0;
};

class Selection {
 public:
  explicit Selection(const SweepSpec& spec) : spec_{spec}, draws_{spec.sample_seed} {
    for (const Axis& axis : spec.axes) {
      allowed_.push_back(allowed_along(spec, axis));
    }
  }

  std::vector<Point> all() {
    const std::optional<std::uint64_t> all = combinations();
    if (!all) {
      throw ConfigError{{spec_.axes_at + ": give more than " + std::to_string(kMostCombinations) +
                         " combinations, expected fewer, or sample"}};
    }
    for (std::uint64_t i = 0; i < *all; ++i) {
      take(position_of(i));
    }
    return std::move(points_);
  }

  /// Draws from all combinations, and, when these give nothing new any more, from those that are
  /// left, each once, unless they are too many.
  std::vector<Point> random() {
    const std::optional<std::uint64_t> all = combinations();
    const std::uint64_t patience = all ? 1000 : kMostMisses;  // those that are left come after
    std::uint64_t misses = all == 0U ? patience : 0;          // in a row
    while (points_.size() < spec_.sample_points && misses < patience) {
      Position position;
      for (const std::vector<std::size_t>& allowed : allowed_) {
        position.push_back(allowed[draws_.below(allowed.size())]);
      }
      misses = take(position) ? 0 : misses + 1;
    }
    std::vector<std::uint64_t> left(points_.size() < spec_.sample_points ? all.value_or(0)
                                                                         : std::uint64_t{0});
    std::iota(left.begin(), left.end(), std::uint64_t{0});
    for (std::uint64_t i = left.size(); i > 0 && points_.size() < spec_.sample_points; --i) {
      std::swap(left[i - 1], left[draws_.below(i)]);
      take(position_of(left[i - 1]));
    }
    return std::move(points_);
  }

  /// McKay, Beckman and Conover 1979: point i of n has, along every axis, a place of its own among
  /// n strata of equal size, matched between axes at random. An axis with m values has its value
  /// floor((stratum + 1/2) m / n).
  std::vector<Point> latin_hypercube() {
    const std::uint64_t n = spec_.sample_points;
    std::vector<std::vector<std::uint64_t>> strata;
    for (std::size_t a = 0; a < spec_.axes.size(); ++a) {
      std::vector<std::uint64_t> order(n);
      std::iota(order.begin(), order.end(), std::uint64_t{0});
      for (std::uint64_t i = n; i > 1; --i) {  // Fisher and Yates
        std::swap(order[i - 1], order[draws_.below(i)]);
      }
      strata.push_back(std::move(order));
    }
    for (std::uint64_t i = 0; i < n; ++i) {
      Position position;
      for (std::size_t a = 0; a < spec_.axes.size(); ++a) {
        position.push_back((2 * strata[a][i] + 1) * spec_.axes[a].steps.size() / (2 * n));
      }
      take(position);
    }
    return std::move(points_);
  }

  /// Of what is allowed along each axis. None: more than a sweep looks at one by one.
  std::optional<std::uint64_t> combinations() const {
    std::uint64_t count = 1;
    for (const std::vector<std::size_t>& allowed : allowed_) {
      if (allowed.empty()) {
        return 0;
      }
      count = std::min(count * allowed.size(), kMostCombinations + 1);  // no overflow: a million
    }
    return count > kMostCombinations ? std::nullopt : std::optional{count};
  }

 private:
  Position position_of(std::uint64_t combination) const {
    Position position(allowed_.size());
    for (std::size_t a = allowed_.size(); a-- > 0;) {
      position[a] = allowed_[a][combination % allowed_[a].size()];
      combination /= allowed_[a].size();
    }
    return position;
  }

  bool take(const Position& position) {
    if (seen_.count(position) != 0) {
      return false;
    }
    Point point = point_at(spec_, position);
    if (!allowed(spec_, spec_.constraints, point)) {
      return false;
    }
    if (points_.size() == kMostPoints) {
      throw ConfigError{{spec_.axes_at + ": the sweep has more than " +
                         std::to_string(kMostPoints) + " points, expected fewer, or sample"}};
    }
    points_.push_back(std::move(point));
    if (spec_.sampling != Sampling::All) {
      seen_.insert(position);
    }
    return true;
  }

  const SweepSpec& spec_;
  Draws draws_;
  std::vector<std::vector<std::size_t>> allowed_;  // along each axis
  std::set<Position> seen_;                        // of points_, where positions may come twice
  std::vector<Point> points_;
};

std::vector<Point> selected(const SweepSpec& spec) {
  Selection selection{spec};
  switch (spec.sampling) {
    case Sampling::Random:
      return selection.random();
    case Sampling::LatinHypercube:
      return selection.latin_hypercube();
    case Sampling::All:
      break;
  }
  return selection.all();
}

constexpr const char* kNoMore = "axes and constraints give no more";

/// Why a sample has fewer points than it should.
std::string why_fewer(const SweepSpec& spec) {
  if (spec.sampling == Sampling::LatinHypercube) {
    return "strata that are double or break a constraint are left out";
  }
  return Selection{spec}.combinations()
             ? kNoMore
             : std::to_string(kMostMisses) + " draws in a row gave nothing new";
}

}  // namespace

std::vector<Point> select_points(const SweepSpec& spec) {
  std::vector<Point> points = selected(spec);
  if (points.empty()) {
    const std::string why = spec.sampling == Sampling::All ? kNoMore : why_fewer(spec);
    throw ConfigError{{spec.constraints_at +
                       (why == kNoMore ? ": leave no point" : ": no point is found: " + why)}};
  }
  return points;
}

std::string shortage(const SweepSpec& spec, std::size_t points) {
  if (spec.sampling == Sampling::All || points >= spec.sample_points) {
    return "";
  }
  return std::to_string(points) + " of the " + std::to_string(spec.sample_points) +
         " points asked for: " + why_fewer(spec);
}

const std::string& workload_of(const SweepSpec& spec, const Point& point) {
  for (const Assignment& assignment : point) {
    if (assignment.key == kWorkloadKey) {
      return assignment.value;
    }
  }
  return spec.workload;
}

}  // namespace systole
