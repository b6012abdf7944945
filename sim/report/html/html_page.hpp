#pragma once

#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "sim/report/named_report.hpp"

namespace systole {

// Pages that need nothing else: style, scripts and data are in them, and their policy forbids the
// browser to load anything. Equal data give equal bytes.

/// One report is shown alone, several side by side, with the remarks (compare_remarks) below.
std::string html_page(const std::vector<NamedReport>& reports,
                      const std::vector<std::string>& remarks = {});

/// The points of a sweep, as sim/sweep/sweep_json.hpp has them.
std::string sweep_html_page(const nlohmann::ordered_json& sweep);

}  // namespace systole
