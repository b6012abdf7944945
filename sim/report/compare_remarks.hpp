#pragma once

#include <string>
#include <vector>

#include "sim/report/compare_figures.hpp"

namespace systole {

/// What keeps figures of two or more reports from being compared as they stand, a sentence each:
/// checks that failed, other networks or data, other tables, settings or notes of energy, other
/// clocks, areas without parts, other versions.
std::vector<std::string> compare_remarks(const std::vector<ComparedFigures>& figures);

}  // namespace systole
