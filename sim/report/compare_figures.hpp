#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "sim/report/named_report.hpp"
#include "sim/report/report_reader.hpp"
#include "sim/report/units.hpp"

namespace systole {

struct LayerCycles {
  std::string name;
  std::uint64_t cycles = 0;
};

/// What a comparison shows of a report, and what the remarks below it are about. The latter may be
/// missing: a report may be of an older version.
struct ComparedFigures {
  ComparedFigures(const nlohmann::ordered_json& report, ReportErrors& errors);

  std::string version, accelerator, workload, energy_table;
  std::string table_digest;  ///< empty: not said
  std::uint64_t cycles = 0, dram_bytes = 0;
  double utilization = 0, energy_pj = 0;
  EnergyUnit energy_unit = EnergyUnit::Joule;
  std::optional<double> energy_delay_js;  ///< none of a normalized table
  std::optional<double> area_mm2;
  std::vector<LayerCycles> layers;
  std::string check, data;                             ///< empty: not said
  std::optional<double> accuracy;                      ///< none without labels
  double clock_mhz = 0;                                ///< 0: not said
  std::map<std::string, std::string> energy_settings;  ///< config.energy, its table apart
  std::optional<std::vector<std::string>> energy_notes;
  std::vector<std::string> not_in_area;

 private:
  void read_what_remarks_need(const nlohmann::ordered_json& report);
};

/// Throws ConfigError, "FILE: key: what" for all that is wrong with any of the reports.
std::vector<ComparedFigures> compared_figures(const std::vector<NamedReport>& reports);

/// "1.25", `value` in times of `first`; "-" where there is no such number.
std::string times_first(double value, double first);
template <typename Number>
std::string times_first(const std::optional<Number>& value, const std::optional<Number>& first) {
  return value && first ? times_first(static_cast<double>(*value), static_cast<double>(*first))
                        : "-";
}

}  // namespace systole
