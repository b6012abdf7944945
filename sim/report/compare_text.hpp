#pragma once

#include <string>
#include <vector>

#include "sim/report/named_report.hpp"
#include "sim/report/text_report.hpp"

namespace systole {

/// Tables of two or more reports: a row for each, in times of the first one, and the cycles of the
/// layers, matched by name. Below them, what keeps figures from being compared as they stand: other
/// tables, settings or notes of energy, other clocks, areas without parts, other versions. Throws
/// std::runtime_error "FILE: key: what" for what is no report.
std::string compare_text(const std::vector<NamedReport>& reports, const ReportStyle& style);

}  // namespace systole
