#pragma once

#include <string>
#include <vector>

#include "sim/report/totals.hpp"

namespace systole {

struct NamedText {
  std::string name;  ///< of the file
  std::string text;
};

/// The report as tables for spreadsheets and data frames (RFC 4180, units in the headers):
/// layers.csv and energy.csv have a row per layer, and per layer and component; memories.csv one
/// per layer and memory. No totals: sums are theirs.
std::vector<NamedText> csv_report(const RunResult& result,
                                  const std::vector<EnergyBreakdown>& per_layer,
                                  const EnergyTable& table);

/// The names that they have.
std::vector<std::string> csv_report_files();

}  // namespace systole
