#include "sim/report/json_report.hpp"

#include <string>

#include "sim/network/refusal.hpp"
#include "sim/report/bandwidth.hpp"
#include "sim/report/config_json.hpp"
#include "sim/report/energy_figures.hpp"
#include "sim/report/energy_json.hpp"
#include "sim/report/totals.hpp"
#include "sim/report/utf8.hpp"
#include "sim/report/version.hpp"

namespace systole {
namespace {

using Json = nlohmann::ordered_json;

/// Counts that depend on values are null where there were none; switching activity is there when it
/// was counted.
Json events_json(const EventCounts& events, const RunResult& run) {
  Json json = Json::object();
  for (std::size_t i = 0; i < kEvents; ++i) {
    const auto event = static_cast<Event>(i);
    if (is_switching_activity(event) && !run.config.energy.switching_activity) {
      continue;
    }
    const bool known = run.data != DataSource::None || !depends_on_values(event);
    json[event_info(event).name] = known ? Json(events[event]) : Json(nullptr);
  }
  return json;
}

Json ledger_json(const Ledger& ledger) {
  Json json = Json::object();
  for (std::size_t u = 0; u < kLedgerUnits; ++u) {
    const auto unit = static_cast<LedgerUnit>(u);
    Json& causes = json[ledger_unit_name(unit)] = Json::object();
    for (std::size_t c = 0; c < kCauses; ++c) {
      const auto cause = static_cast<Cause>(c);
      if (ledger.at(unit, cause) > 0) {
        causes[cause_name(cause)] = ledger.at(unit, cause);
      }
    }
  }
  return json;
}

Json rates_json(const Summary& s, std::uint32_t clock_mhz) {
  return {{"average_bytes_per_cycle", s.bytes_per_cycle()},
          {"average_gb_per_s", gb_per_s(s.bytes_per_cycle(), clock_mhz)},
          {"peak_bytes_per_cycle", s.peak_bytes_per_cycle},
          {"peak_gb_per_s", gb_per_s(s.peak_bytes_per_cycle, clock_mhz)},
          {"peak_window_cycles", s.peak_cycles}};
}

// The keys that a layer and the totals have in common, up to the energy.
void add_summary(Json& json, const Summary& s, const AcceleratorConfig& config) {
  json["cycles"] = s.cycles;
  json["compute_cycles"] = s.compute_cycles;
  json["macs"] = s.macs;
  json["utilization"] = utilization(s, config);
  json["dram_read_bytes"] = s.dram_read_bytes();
  json["dram_write_bytes"] = s.dram_write_bytes();
  json["compulsory_read_bytes"] = s.compulsory_read_bytes;
  json["compulsory_write_bytes"] = s.compulsory_write_bytes;
  json["host_read_bytes"] = s.events[Event::HostReadBytes];
  json["host_write_bytes"] = s.events[Event::HostWriteBytes];
  json["bandwidth"] = rates_json(s, config.clock_mhz);
}

Json layer_json(const LayerResult& layer, const EnergyBreakdown& energy, const RunResult& result,
                EnergyUnit unit) {
  const Summary s = summary_of(layer, energy);
  Json json{{"name", valid_utf8(layer.name)},
            {"op", valid_utf8(layer.op)},
            {"where", place_name(layer.where)},
            {"m", layer.gemm.m},
            {"n", layer.gemm.n},
            {"k", layer.gemm.k},
            {"activation_bits", layer.operands.activation_bits},
            {"weight_bits", layer.operands.weight_bits},
            {"products_per_pe", layer.operands.products_per_pe},
            {"ifmap_bits", layer.operands.ifmap_bits},
            {"ofmap_bits", layer.operands.ofmap_bits}};
  add_summary(json, s, result.config);
  json["bandwidth"].update(bandwidth_json(layer, result));
  put_layer_energy(json, s, result.config.clock_mhz, unit);
  json["events"] = events_json(s.events, result);
  json["ledger"] = ledger_json(s.ledger);
  json["check"] = check_name(s.check);
  return json;
}

Json totals_json(const Summary& s, const RunResult& result, EnergyUnit unit) {
  Json json = Json::object();
  add_summary(json, s, result.config);
  json["off_array"] = {{"macs", s.off_array_macs},
                       {"macs_ratio", off_array_macs_ratio(s)},
                       {"bytes", s.off_array_bytes},
                       {"bytes_ratio", off_array_bytes_ratio(s)}};
  put_total_energy(json, s, result.config.clock_mhz, unit);
  json["events"] = events_json(s.events, result);
  json["ledger"] = ledger_json(s.ledger);
  json["check"] = check_name(s.check);
  return json;
}

Json units_json(EnergyUnit unit) {
  Json units{
      {"cycles", "clock cycle"},
      {"clock_mhz", "MHz"},
      {"macs", "MAC"},
      {"utilization", "macs of the array / (cycles x array.rows x array.cols x products_per_pe)"},
      {"bytes", "byte"},
      {"bytes_per_cycle", "byte per clock cycle, reads and writes"},
      {"gb_per_s", "10^9 byte per second"},
      {"pj", energy_unit_name(unit)},
      {"tops_per_watt", "10^12 operations per joule, a MAC being two"},
      {"js", "J s"},
      {"um2", "um^2"},
      {"seconds", "s"},
      {"ledger", "clock cycle"}};
  Json& events = units["events"] = Json::object();
  for (std::size_t i = 0; i < kEvents; ++i) {
    const EventInfo& info = event_info(static_cast<Event>(i));
    events[info.name] = info.unit;
  }
  return units;
}

Json legalization_json(const std::vector<LegalizationNote>& notes) {
  Json json = Json::array();
  for (const LegalizationNote& note : notes) {
    json.push_back({{"layer", valid_utf8(note.layer)},
                    {"what", valid_utf8(note.what)},
                    {"sqnr_db", note.sqnr_db ? Json(*note.sqnr_db) : Json(nullptr)}});
  }
  return json;
}

Json kept_json(const std::vector<KeptInScratchpad>& kept) {
  Json json = Json::array();
  for (const KeptInScratchpad& tensor : kept) {
    Json readers = Json::array();
    for (const std::string& reader : tensor.readers) {
      readers.push_back(valid_utf8(reader));
    }
    json.push_back({{"layer", valid_utf8(tensor.layer)},
                    {"readers", std::move(readers)},
                    {"first_row", tensor.first_row},
                    {"rows", tensor.rows},
                    {"in_dram", tensor.in_dram},
                    {"not_read_bytes", tensor.not_read_bytes},
                    {"not_written_bytes", tensor.not_written_bytes}});
  }
  return json;
}

Json accuracy_json(const std::optional<Accuracy>& accuracy) {
  if (!accuracy) {
    return nullptr;
  }
  const auto part = [&](std::uint64_t n) {
    return accuracy->images == 0 ? 0.0
                                 : static_cast<double>(n) / static_cast<double>(accuracy->images);
  };
  return {{"images", accuracy->images},
          {"correct", accuracy->correct},
          {"correct_original", accuracy->correct_original},
          {"psum_overflows", accuracy->psum_overflows},
          {"accuracy", part(accuracy->correct)},
          {"accuracy_original", part(accuracy->correct_original)}};
}

}  // namespace

Json json_report(const RunResult& result, const std::vector<EnergyBreakdown>& per_layer,
                 const EnergyTable& energy) {
  const Summary totals = totals_of(result, per_layer);
  const EnergyUnit unit = energy_unit(energy);
  Json json{{"systole", version()},
            {"accelerator", valid_utf8(result.config.name)},
            {"workload", valid_utf8(result.workload)},
            {"engine", valid_utf8(result.engine)},
            {"data", data_source_name(result.data)},
            {"clock_mhz", result.config.clock_mhz},
            {"inferences", result.inferences},
            {"totals", totals_json(totals, result, unit)},
            {"layers", Json::array()}};
  for (std::size_t i = 0; i < result.layers.size(); ++i) {
    json["layers"].push_back(layer_json(result.layers[i], per_layer[i], result, unit));
  }
  json["accuracy"] = accuracy_json(result.accuracy);
  json["legalization"] = legalization_json(result.notes);
  json["kept"] = kept_json(result.kept);
  put_table(json, totals, result.config, energy);
  json["config"] = config_json(result.config);
  json["units"] = units_json(unit);
  json["wall_seconds"] = result.wall_seconds;
  return json;
}

EventCounts events_from_json(const ReportObject& events, std::set<std::string>& told) {
  EventCounts counts;
  if (!events.ok()) {
    return counts;
  }
  const auto of_another_version = [&](const std::string& key, const char* what) {
    if (told.insert(key).second) {
      events.error(key, std::string{what} + " (a report of another version?)");
    }
  };
  std::set<std::string> known;
  for (std::size_t i = 0; i < kEvents; ++i) {
    const auto event = static_cast<Event>(i);
    const char* const name = event_info(event).name;
    known.insert(name);
    if (!events.has(name)) {
      if (!is_switching_activity(event)) {
        of_another_version(name, "missing");
      }
    } else if (!events.find(name)->is_null() || !depends_on_values(event)) {
      counts.add(event, events.count(name));
    }
  }
  for (const std::string& key : events.keys()) {
    if (known.count(key) == 0) {
      of_another_version(key, "unknown event");
    }
  }
  return counts;
}

}  // namespace systole
