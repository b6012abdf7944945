#include "sim/report/energy_recompute.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <optional>
#include <set>
#include <stdexcept>

#include "sim/config/accelerator_file.hpp"
#include "sim/config/error_log.hpp"
#include "sim/config/unreadable.hpp"
#include "sim/network/refusal.hpp"
#include "sim/report/config_json.hpp"
#include "sim/report/data_needs.hpp"
#include "sim/report/energy_figures.hpp"
#include "sim/report/energy_json.hpp"
#include "sim/report/json_report.hpp"
#include "sim/report/json_text.hpp"
#include "sim/report/report_reader.hpp"

namespace systole {
namespace {

using Json = nlohmann::ordered_json;

std::uint64_t positive(const ReportObject& object, const char* key,
                       std::uint64_t most = ReportObject::kMostCount) {
  const std::size_t errors = object.error_count();
  const std::uint64_t value = object.count(key, most);
  if (value == 0 && object.ok() && object.error_count() == errors) {
    object.error(key, "0, expected at least 1");
  }
  return value;
}

/// `told`: events of which an earlier layer has said that they are of another version.
LayerResult layer_of(const ReportObject& object, std::set<std::string>& told) {
  LayerResult layer;
  layer.name = object.text("name");
  layer.op = object.text("op");
  layer.where = object.choice("where", {Place::Array, Place::Vector, Place::Host}, place_name);
  const auto dimension = [&](const char* key) {
    return static_cast<std::int64_t>(object.count(key));
  };
  layer.gemm = {dimension("m"), dimension("n"), dimension("k"), dimension("macs")};
  constexpr std::uint64_t kMostBits = 1024;  // and products
  const auto operand = [&](const char* key) {
    return static_cast<std::uint32_t>(object.count(key, kMostBits));
  };
  const auto of_tensor = [&](const char* key) {  // not in reports of before
    return object.has(key) ? operand(key) : 0;
  };
  layer.operands.activation_bits = operand("activation_bits");
  layer.operands.weight_bits = operand("weight_bits");
  layer.operands.products_per_pe =
      static_cast<std::uint32_t>(positive(object, "products_per_pe", kMostBits));
  layer.operands.ifmap_bits = of_tensor("ifmap_bits");
  layer.operands.ofmap_bits = of_tensor("ofmap_bits");
  layer.cycles = object.count("cycles");
  layer.compute_cycles = object.count("compute_cycles");
  layer.compulsory_read_bytes = object.count("compulsory_read_bytes");
  layer.compulsory_write_bytes = object.count("compulsory_write_bytes");
  layer.check = object.choice("check", {Check::Pass, Check::Fail, Check::Skipped}, check_name);
  const std::size_t errors_before_events = object.error_count();
  layer.events = events_from_json(object.object("events"), told);
  const EventCounts& e = layer.events;
  if (object.error_count() == errors_before_events && told.empty() &&
      e[Event::DramFetchedBytes] < e[Event::DramReadIfmapBytes] + e[Event::DramReadWeightBytes] +
                                       e[Event::DramReadBiasBytes] +
                                       e[Event::DramReadRequantBytes]) {
    object.error("events", "more bytes are used than are fetched");
  }
  return layer;
}

/// The counters of what the machine does not have are 0.
void check_memories(const LayerResult& layer, const AcceleratorConfig& config,
                    const ReportObject& object) {
  for (const Event event : {Event::WeightScratchpadReadBits, Event::WeightScratchpadWriteBits}) {
    if (config.scratchpad.organization == ScratchpadOrganization::Unified &&
        layer.events[event] != 0) {
      object.error(std::string{"events."} + event_info(event).name,
                   fmt::format("{}, expected 0: the scratchpad is unified", layer.events[event]));
    }
  }
}

/// A line of what the accelerator's reader says of the text that `file` has in place of it,
/// "FILE:1:17: array.rows: what": with the key's path in the report, whose text has other lines.
std::string told_of_report(const std::string& line, const std::string& file) {
  if (line.compare(0, file.size() + 1, file + ":") != 0) {
    return line;  // of an override
  }
  const std::size_t place_ends = line.find(": ", file.size());
  return place_ends == std::string::npos ? line : file + ": config." + line.substr(place_ends + 2);
}

/// The machine; nothing where it has a mistake.
std::optional<AcceleratorConfig> config_of(const ReportObject& root, ReportErrors& errors,
                                           const std::vector<std::string>& overrides) {
  const std::size_t before = errors.count();
  const std::string table = root.object("config").object("energy").text("table");
  if (errors.count() != before) {
    return std::nullopt;
  }
  // The table's path is relative to where the run was started, as an override is.
  std::vector<std::string> all{"energy.table=" + Json(table).dump()};
  all.insert(all.end(), overrides.begin(), overrides.end());
  try {
    return parse_accelerator(root.find("config")->dump(), errors.file(), all, broken_by_its_table);
  } catch (const ConfigError& error) {
    for (const std::string& line : error.lines()) {
      errors.add_line(told_of_report(line, errors.file()));
    }
    return std::nullopt;
  }
}

/// What holds between the machine and what was counted on it.
void check_config(const RunResult& result, const ReportObject& root, bool has_toggles,
                  const std::vector<std::string>& overrides, ReportErrors& errors) {
  const std::string& table = result.config.energy.table;
  const auto given = std::find_if(overrides.begin(), overrides.end(), [](const std::string& set) {
    return set.rfind("energy.table=", 0) == 0;
  });
  if (const std::string why = why_unreadable(table); !why.empty() && given != overrides.end()) {
    errors.add_line(fmt::format("--set {}: energy.table: {}: {}", *given, table, why));
  } else if (!why.empty()) {
    const char* const elsewhere = why == "no such file" ? " from here, expected --table FILE" : "";
    root.error("energy.table", table + ": " + why + elsewhere);
  }
  try {
    check_data(result.config, result.data);
  } catch (const Refusal& error) {
    errors.add("", error.what());
  }
  if (result.config.energy.switching_activity && !has_toggles) {
    root.error("energy.switching_activity",
               "the run did not count what toggles, expected one with it");
  }
}

}  // namespace

Json parse_report(const std::string& text, const std::string& file) {
  Json report;
  ReportErrors errors{file};
  try {
    report = parse_json(text);
  } catch (const std::runtime_error& error) {
    errors.add("", error.what());
    errors.check();
  }
  ReportObject{report, errors, ""}.text("systole");  // nobody else's report has it
  errors.check();
  return report;
}

RunResult run_of_report(const Json& report, const std::string& file,
                        const std::vector<std::string>& overrides) {
  ReportErrors errors{file};
  const ReportObject root{report, errors, ""};
  RunResult result;
  const std::optional<AcceleratorConfig> config = config_of(root, errors, overrides);
  result.config = config.value_or(AcceleratorConfig{});
  result.workload = root.text("workload");
  result.engine = root.text("engine");
  result.data = root.choice("data", {DataSource::Workload, DataSource::Random, DataSource::None},
                            data_source_name);
  result.inferences = positive(root, "inferences");
  std::set<std::string> told;
  root.each_of_some("layers", [&](const ReportObject& layer) {
    result.layers.push_back(layer_of(layer, told));
    if (config) {
      check_memories(result.layers.back(), *config, layer);
    }
  });
  root.object("totals");
  root.object("units");
  if (config) {
    check_config(result, root,
                 report.contains(Json::json_pointer{"/totals/events/psum_toggled_bits"}), overrides,
                 errors);
  }
  errors.check();
  return result;
}

void put_energies(Json& report, const RunResult& result,
                  const std::vector<EnergyBreakdown>& per_layer, const EnergyTable& table) {
  const Summary totals = totals_of(result, per_layer);
  const std::uint32_t clock_mhz = result.config.clock_mhz;
  const EnergyUnit unit = energy_unit(table);
  put_total_energy(report["totals"], totals, clock_mhz, unit);
  for (std::size_t i = 0; i < per_layer.size(); ++i) {
    put_layer_energy(report["layers"][i], summary_of(result.layers[i], per_layer[i]), clock_mhz,
                     unit);
  }
  put_table(report, totals, result.config, table);
  report["units"]["pj"] = energy_unit_name(unit);
  report["config"]["energy"] = config_json(result.config)["energy"];
}

}  // namespace systole
