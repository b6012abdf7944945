#include "sim/report/html/page_needs.hpp"

#include <string>

#include "sim/config/error_log.hpp"
#include "sim/report/report_reader.hpp"

namespace systole {
namespace {

using Json = nlohmann::ordered_json;
using Keys = std::vector<std::string>;

bool is_null(const ReportObject& object, const char* key) {
  return object.has(key) && object.find(key)->is_null();
}

void need_numbers(const ReportObject& object, const Keys& keys) {
  for (const std::string& key : keys) {
    object.number(key.c_str());
  }
}

void need_numbers_or_null(const ReportObject& object, const Keys& keys) {
  for (const std::string& key : keys) {
    if (!is_null(object, key.c_str())) {
      object.number(key.c_str());
    }
  }
}

void need_texts(const ReportObject& object, const Keys& keys) {
  for (const std::string& key : keys) {
    object.text(key.c_str());
  }
}

/// Causes of each of the units.
void need_ledger(const ReportObject& ledger, const Keys& units) {
  for (const std::string& unit : units) {
    const ReportObject causes = ledger.object(unit.c_str());
    need_numbers(causes, causes.keys());
  }
}

/// What the layers must have because the totals do.
struct Parts {
  Keys units;
  Keys components;
};

Parts need_totals(const ReportObject& totals) {
  need_numbers(totals, {"cycles", "macs", "utilization", "dram_read_bytes", "dram_write_bytes",
                        "compulsory_read_bytes", "compulsory_write_bytes", "energy_pj",
                        "energy_low_pj", "energy_high_pj"});
  need_numbers_or_null(totals, {"tops_per_watt", "energy_delay_js"});
  if (is_null(totals, "tops_per_watt")) {
    need_numbers_or_null(totals, {"energy_per_mac_pj"});  // of a normalized table
  } else {
    need_numbers(totals, {"energy_per_mac_pj"});
  }
  need_numbers(totals.object("bandwidth"), {"average_gb_per_s", "peak_gb_per_s"});
  need_texts(totals, {"check"});
  totals.object("events");
  const ReportObject energies = totals.object("energy_by_component_pj");
  const ReportObject ledger = totals.object("ledger");
  Parts parts{ledger.keys(), energies.keys()};
  need_numbers(energies, parts.components);
  ledger.object("array");
  need_ledger(ledger, parts.units);
  return parts;
}

void need_bandwidth(const ReportObject& bandwidth) {
  need_numbers(bandwidth, {"average_bytes_per_cycle", "over_fetch_bytes"});
  const ReportObject operands = bandwidth.object("operands");
  for (const std::string& operand : operands.keys()) {
    operands.object(operand.c_str());
  }
  const ReportObject roofline = bandwidth.object("roofline");
  need_numbers(roofline, {"times_limit"});
  if (!is_null(roofline, "limit")) {
    roofline.text("limit");
  }
  const ReportObject roofs = roofline.object("roof_cycles");
  need_numbers(roofs, roofs.keys());
  if (bandwidth.has("banks") && !is_null(bandwidth, "banks")) {
    need_numbers(bandwidth.object("banks"), {"device_bytes"});
  }
  const ReportObject over_time = bandwidth.object("over_time");
  need_numbers(over_time, {"window_cycles"});
  over_time.numbers("read_bytes");
  over_time.numbers("written_bytes");
}

void need_layer(const ReportObject& layer, const Parts& parts) {
  need_texts(layer, {"name", "op", "where", "check"});
  need_numbers(layer,
               {"m", "n", "k", "macs", "cycles", "compute_cycles", "utilization", "products_per_pe",
                "dram_read_bytes", "dram_write_bytes", "energy_total_pj"});
  need_numbers(layer.object("energy_pj"), parts.components);
  need_ledger(layer.object("ledger"), parts.units);
  need_bandwidth(layer.object("bandwidth"));
}

void need_report(const ReportObject& report) {
  need_texts(report, {"systole", "accelerator", "workload", "engine", "energy_table"});
  need_numbers(report, {"clock_mhz"});
  const Parts parts = need_totals(report.object("totals"));
  report.each("layers", [&](const ReportObject& layer) { need_layer(layer, parts); });
  if (report.has("accuracy") && !is_null(report, "accuracy")) {
    need_numbers(report.object("accuracy"), {"accuracy", "correct", "images"});
  }
  report.each("legalization", [](const ReportObject&) {});
  report.texts("energy_notes");
  if (report.has("area") && !is_null(report, "area")) {
    const ReportObject area = report.object("area");
    need_numbers(area, {"total_um2", "peak_tops_per_mm2", "achieved_tops_per_mm2"});
    area.texts("not_in_table");
    const ReportObject parts_um2 = area.object("um2");
    need_numbers(parts_um2, parts_um2.keys());
  }
  const ReportObject config = report.object("config");
  const ReportObject array = config.object("array");
  need_numbers(array, {"rows", "cols"});
  need_texts(array, {"dataflow"});
  const ReportObject dram = config.object("dram");
  need_texts(dram, {"model"});
  need_numbers(dram, {"bytes_per_cycle"});
  need_texts(report.object("units"), {"pj"});
}

}  // namespace

void check_drawable(const std::vector<NamedReport>& reports) {
  std::vector<std::string> mistakes;
  for (const NamedReport& named : reports) {
    ReportErrors errors{named.name};
    need_report(ReportObject{named.report, errors, ""});
    const std::vector<std::string> lines = errors.lines();
    mistakes.insert(mistakes.end(), lines.begin(), lines.end());
  }
  if (!mistakes.empty()) {
    throw ConfigError{mistakes};
  }
}

}  // namespace systole
