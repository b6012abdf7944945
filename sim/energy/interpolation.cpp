#include "sim/energy/interpolation.hpp"

#include <cmath>
#include <stdexcept>

namespace systole {
namespace {

struct Point {
  double x = 0;
  Bounded y;
};

// Straight line through (ln x0, ln y0) and (ln x1, ln y1), read at x.
double power_law(double x0, double y0, double x1, double y1, double x) {
  const double exponent = std::log(y1 / y0) / std::log(x1 / x0);
  return y0 * std::pow(x / x0, exponent);
}

/// Between the points also the lines through their bounds; beyond, where these may cross, the
/// nearest point's bounds in proportion to its value.
Bounded through(const Point& a, const Point& b, double x) {
  const double value = power_law(a.x, a.y.value, b.x, b.y.value, x);
  if (x < a.x || x > b.x) {
    const Bounded& nearest = x < a.x ? a.y : b.y;
    return value / nearest.value * nearest;
  }
  return {value, power_law(a.x, a.y.low, b.x, b.y.low, x),
          power_law(a.x, a.y.high, b.x, b.y.high, x)};
}

void require_points(bool empty) {
  if (empty) {
    throw std::logic_error("energy table has no points to interpolate");
  }
}

Bounded log_log(const std::vector<Point>& points, double x, double lone_exponent) {
  require_points(points.empty());
  if (points.size() == 1) {
    return std::pow(x / points[0].x, lone_exponent) * points[0].y;
  }
  std::size_t i = 0;  // of the segment that holds x, or the nearest one
  while (i + 2 < points.size() && points[i + 1].x < x) {
    ++i;
  }
  return through(points[i], points[i + 1], x);
}

double width_of(const TableEntry& e) { return static_cast<double>(e.bits); }
double bytes_of(const TableEntry& e) { return static_cast<double>(e.capacity_kib) * 1024; }

/// Of `count` entries, the first of which is `points`.
Bounded linear_in_width(const TableEntry* points, std::size_t count, double bits) {
  require_points(count == 0);
  const TableEntry& first = points[0];
  const TableEntry& last = points[count - 1];
  if (bits <= width_of(first)) {
    return (bits / width_of(first)) * first.value;
  }
  if (bits >= width_of(last)) {
    return (bits / width_of(last)) * last.value;
  }
  std::size_t i = 0;
  while (width_of(points[i + 1]) < bits) {
    ++i;
  }
  const double x0 = width_of(points[i]);
  const double part = (bits - x0) / (width_of(points[i + 1]) - x0);
  return (1 - part) * points[i].value + part * points[i + 1].value;
}

}  // namespace

Bounded linear_in_width(const TableEntries& points, double bits) {
  return linear_in_width(points.data(), points.size(), bits);
}

Bounded log_log_in_width(const TableEntries& points, double bits, double lone_exponent) {
  std::vector<Point> line;
  for (const TableEntry& e : points) {
    line.push_back({width_of(e), e.value});
  }
  return log_log(line, bits, lone_exponent);
}

Bounded log_log_in_capacity(const TableEntries& points, double bytes, double lone_exponent) {
  std::vector<Point> line;
  for (const TableEntry& e : points) {
    line.push_back({bytes_of(e), e.value});
  }
  return log_log(line, bytes, lone_exponent);
}

Bounded sram_bit(const TableEntries& points, double bytes, double access_bits) {
  std::vector<Point> line;  // one point per capacity
  for (std::size_t i = 0; i < points.size();) {
    const std::size_t first = i;
    const double capacity = bytes_of(points[i]);
    while (i < points.size() && bytes_of(points[i]) == capacity) {
      ++i;
    }
    line.push_back(
        {capacity, (1 / access_bits) * linear_in_width(&points[first], i - first, access_bits)});
  }
  return log_log(line, bytes, 0.5);
}

}  // namespace systole
