#pragma once

#include <string>
#include <vector>

#include "sim/report/compare_figures.hpp"
#include "sim/report/named_report.hpp"
#include "sim/report/text_report.hpp"

namespace systole {

/// Tables of two or more reports: a row for each, in times of the first one, and the cycles of the
/// layers, matched by name; below them the remarks (compare_remarks). `figures` are theirs.
std::string compare_text(const std::vector<NamedReport>& reports,
                         const std::vector<ComparedFigures>& figures, const ReportStyle& style);

}  // namespace systole
