#pragma once

#include <string>
#include <vector>

#include "sim/report/csv_report.hpp"
#include "sim/report/run_result.hpp"

namespace systole {

/// The layers of the array in the columns of SCALE-Sim v3's COMPUTE_REPORT.csv,
/// BANDWIDTH_REPORT.csv and DETAILED_ACCESS_REPORT.csv, for scripts that read these. Operands are
/// in bytes, partial sums in words. Where a number means something else than SCALE-Sim's, the
/// README says so; what is not measured is an empty cell.
std::vector<NamedText> scalesim_report(const RunResult& result);

/// The names of the files.
std::vector<std::string> scalesim_report_files();

}  // namespace systole
