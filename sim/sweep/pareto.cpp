#include "sim/sweep/pareto.hpp"

#include <algorithm>
#include <numeric>

namespace systole {
namespace {

bool dominates(const std::vector<double>& a, const std::vector<double>& b) {
  bool smaller = false;
  for (std::size_t i = 0; i < a.size(); ++i) {
    if (a[i] > b[i]) {
      return false;
    }
    smaller = smaller || a[i] < b[i];
  }
  return smaller;
}

}  // namespace

// Sorted, a row can be dominated by earlier ones only, and then by one of the front so far.
std::vector<std::size_t> pareto_front(const std::vector<std::vector<double>>& rows) {
  std::vector<std::size_t> order(rows.size());
  std::iota(order.begin(), order.end(), std::size_t{0});
  std::stable_sort(order.begin(), order.end(),
                   [&](std::size_t a, std::size_t b) { return rows[a] < rows[b]; });
  std::vector<std::size_t> front;
  for (const std::size_t row : order) {
    if (std::none_of(front.begin(), front.end(),
                     [&](std::size_t other) { return dominates(rows[other], rows[row]); })) {
      front.push_back(row);
    }
  }
  std::sort(front.begin(), front.end());
  return front;
}

}  // namespace systole
