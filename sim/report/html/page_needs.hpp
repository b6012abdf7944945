#pragma once

#include <vector>

#include "sim/report/named_report.hpp"

namespace systole {

/// Throws ConfigError, "FILE: key: what", for all that the page of these reports (html_page) would
/// not find: reports are read back from files, of other versions maybe.
void check_drawable(const std::vector<NamedReport>& reports);

}  // namespace systole
