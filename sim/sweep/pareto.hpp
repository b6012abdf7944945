#pragma once

#include <cstddef>
#include <vector>

namespace systole {

/// Rows that no other row dominates: none is as small in every column and smaller in one. Equal
/// rows are all in it. Indices into `rows`, ascending.
std::vector<std::size_t> pareto_front(const std::vector<std::vector<double>>& rows);

}  // namespace systole
