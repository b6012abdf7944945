#pragma once

#include <string>
#include <vector>

#include "sim/report/named_report.hpp"

namespace systole {

/// One page that needs nothing else: style, scripts and the reports are in it, and its policy
/// forbids the browser to load anything. One report is shown alone, several side by side. Equal
/// reports give equal bytes.
std::string html_page(const std::vector<NamedReport>& reports);

}  // namespace systole
