#include "sim/report/compare_figures.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <initializer_list>

#include "sim/config/error_log.hpp"
#include "sim/report/totals.hpp"

namespace systole {
namespace {

using Json = nlohmann::ordered_json;

/// What stands at `path`; null where a report, of an older version maybe, has no such thing.
Json at_or_null(const Json& report, std::initializer_list<const char*> path) {
  const Json* at = &report;
  for (const char* const key : path) {
    if (!at->is_object()) {
      return nullptr;
    }
    const auto found = at->find(key);
    if (found == at->end()) {
      return nullptr;
    }
    at = &*found;
  }
  return *at;
}

/// The texts of a list; nothing where `json` is no list of texts.
std::optional<std::vector<std::string>> texts_of(const Json& json) {
  const auto is_text = [](const Json& element) { return element.is_string(); };
  if (!json.is_array() || !std::all_of(json.begin(), json.end(), is_text)) {
    return std::nullopt;
  }
  return json.get<std::vector<std::string>>();
}

}  // namespace

ComparedFigures::ComparedFigures(const Json& report, ReportErrors& errors) {
  const ReportObject root{report, errors, ""};
  version = root.text("systole");
  accelerator = root.text("accelerator");
  workload = root.text("workload");
  energy_table = root.text("energy_table");
  const ReportObject totals = root.object("totals");
  cycles = totals.count("cycles");
  dram_bytes = totals.count("dram_read_bytes") + totals.count("dram_write_bytes");
  utilization = totals.amount("utilization", 1);
  energy_pj = totals.amount("energy_pj");
  if (const Json* const product = totals.find("energy_delay_js"); product && !product->is_null()) {
    energy_delay_js = totals.amount("energy_delay_js");
  }
  if (at_or_null(report, {"units", "pj"}) == "MAC") {
    energy_unit = EnergyUnit::Mac;
  }
  if (root.has("area") && !root.find("area")->is_null()) {
    area_mm2 = root.object("area").amount("total_um2") / 1e6;
  }
  root.each_of_some("layers", [this](const ReportObject& layer) {
    layers.push_back({layer.text("name"), layer.count("cycles")});
  });
  if (totals.has("check")) {
    check =
        check_name(totals.choice("check", {Check::Pass, Check::Fail, Check::Skipped}, check_name));
  }
  read_what_remarks_need(report);
  if (const Json clock = at_or_null(report, {"clock_mhz"}); clock.is_number()) {
    clock_mhz = clock.get<double>();
    if (clock_mhz < 1) {
      root.error("clock_mhz", fmt::format("{}, expected 1 or more", clock_mhz));
    }
  }
}

void ComparedFigures::read_what_remarks_need(const Json& report) {
  const auto text_or_none = [](const Json& json) {
    return json.is_string() ? json.get<std::string>() : "";
  };
  data = text_or_none(at_or_null(report, {"data"}));
  if (const Json part = at_or_null(report, {"accuracy", "accuracy"}); part.is_number()) {
    accuracy = part.get<double>();
  }
  if (const Json energy = at_or_null(report, {"config", "energy"}); energy.is_object()) {
    for (const auto& item : energy.items()) {
      const Json& value = item.value();
      energy_settings[item.key()] = value.is_string() ? value.get<std::string>() : value.dump();
    }
    // The same table may have been read from another folder; its name says which it was.
    energy_settings.erase("table");
  }
  table_digest = text_or_none(at_or_null(report, {"energy_table_digest"}));
  energy_notes = texts_of(at_or_null(report, {"energy_notes"}));
  not_in_area =
      texts_of(at_or_null(report, {"area", "not_in_table"})).value_or(std::vector<std::string>{});
}

std::vector<ComparedFigures> compared_figures(const std::vector<NamedReport>& reports) {
  std::vector<ComparedFigures> figures;
  std::vector<std::string> mistakes;
  for (const NamedReport& named : reports) {
    ReportErrors errors{named.name};
    figures.emplace_back(named.report, errors);
    const std::vector<std::string> lines = errors.lines();
    mistakes.insert(mistakes.end(), lines.begin(), lines.end());
  }
  if (!mistakes.empty()) {
    throw ConfigError{mistakes};
  }
  return figures;
}

std::string times_first(double value, double first) {
  return first > 0 ? decimals(value / first) : "-";
}

}  // namespace systole
