#pragma once

#include <string>
#include <vector>

#include "sim/report/named_report.hpp"
#include "sim/report/text_report.hpp"

namespace systole {

/// What keeps figures of two or more reports from being compared as they stand, a sentence each:
/// other tables, settings or notes of energy, other clocks, areas without parts, other versions.
/// Throws ConfigError, "FILE: key: what" for all that is wrong with what is no report.
std::vector<std::string> compare_remarks(const std::vector<NamedReport>& reports);

/// Tables of two or more reports: a row for each, in times of the first one, and the cycles of the
/// layers, matched by name; below them the remarks. Throws as they do.
std::string compare_text(const std::vector<NamedReport>& reports, const ReportStyle& style);

}  // namespace systole
