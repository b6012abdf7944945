#include "sim/report/energy_recompute.hpp"

#include <fmt/format.h>

#include <stdexcept>

#include "sim/config/accelerator_file.hpp"
#include "sim/config/unreadable.hpp"
#include "sim/network/refusal.hpp"
#include "sim/report/config_json.hpp"
#include "sim/report/data_needs.hpp"
#include "sim/report/energy_json.hpp"
#include "sim/report/json_report.hpp"
#include "sim/report/json_text.hpp"

namespace systole {
namespace {

using Json = nlohmann::ordered_json;

[[noreturn]] void fail(const std::string& file, const std::string& what) {
  throw std::runtime_error{file + ": " + what};
}

/// Doubles, which energies are computed in, hold every count up to here; no run comes near.
constexpr std::uint64_t kMostCount = std::uint64_t{1} << 53U;

void require_at_most(std::uint64_t count, std::uint64_t most, const std::string& file,
                     const std::string& path) {
  if (count > most) {
    fail(file, fmt::format("{}: {}, expected at most {}", path, count, most));
  }
}

/// One object of the report, with its path for messages.
class Object {
 public:
  Object(const Json& json, std::string file, std::string path)
      : json_{json}, file_{std::move(file)}, path_{std::move(path)} {
    if (!json_.is_object()) {
      fail(file_, (path_.empty() ? "" : path_ + ": ") + "expected an object");
    }
  }

  const Json& at(const char* key) const {
    const auto found = json_.find(key);
    if (found == json_.end()) {
      fail(file_, full(key) + ": missing");
    }
    return *found;
  }
  std::string text(const char* key) const {
    if (!at(key).is_string()) {
      fail(file_, full(key) + ": expected a text");
    }
    return at(key).get<std::string>();
  }
  std::uint64_t count(const char* key) const {
    if (!at(key).is_number_unsigned()) {
      fail(file_, full(key) + ": expected a count");
    }
    const auto value = at(key).get<std::uint64_t>();
    require_at_most(value, kMostCount, file_, full(key));
    return value;
  }
  std::string full(const std::string& key) const { return path_.empty() ? key : path_ + "." + key; }

  template <typename Value, std::size_t N>
  Value choice(const char* key, const Value (&values)[N], const char* (*name)(Value)) const {
    const std::string given = text(key);
    for (const Value value : values) {
      if (given == name(value)) {
        return value;
      }
    }
    fail(file_, full(key) + ": unknown: '" + given + "'");
  }

 private:
  const Json& json_;
  std::string file_;
  std::string path_;
};

LayerResult layer_of(const Json& json, const std::string& file, const std::string& path) {
  const Object object{json, file, path};
  LayerResult layer;
  layer.name = object.text("name");
  layer.op = object.text("op");
  layer.where = object.choice("where", {Place::Array, Place::Vector, Place::Host}, place_name);
  const auto dimension = [&](const char* key) {
    return static_cast<std::int64_t>(object.count(key));
  };
  layer.gemm = {dimension("m"), dimension("n"), dimension("k"), dimension("macs")};
  const auto operand = [&](const char* key) {
    constexpr std::uint64_t kMostBits = 1024;  // and products
    const std::uint64_t count = object.count(key);
    require_at_most(count, kMostBits, file, object.full(key));
    return static_cast<std::uint32_t>(count);
  };
  const auto of_tensor = [&](const char* key) {  // not in reports of before
    return json.is_object() && json.contains(key) ? operand(key) : 0;
  };
  layer.operands = {operand("activation_bits"), operand("weight_bits"), operand("products_per_pe"),
                    of_tensor("ifmap_bits"), of_tensor("ofmap_bits")};
  if (layer.operands.products_per_pe == 0) {
    fail(file, path + ".products_per_pe: 0, expected at least 1");
  }
  layer.cycles = object.count("cycles");
  layer.compute_cycles = object.count("compute_cycles");
  layer.compulsory_read_bytes = object.count("compulsory_read_bytes");
  layer.compulsory_write_bytes = object.count("compulsory_write_bytes");
  layer.check = object.choice("check", {Check::Pass, Check::Fail, Check::Skipped}, check_name);
  try {
    layer.events = events_from_json(object.at("events"));
  } catch (const Refusal& error) {
    fail(file, path + "." + error.what() + " (a report of another version?)");
  }
  const EventCounts& e = layer.events;
  for (std::size_t i = 0; i < kEvents; ++i) {
    const auto event = static_cast<Event>(i);
    require_at_most(e[event], kMostCount, file, path + ".events." + event_info(event).name);
  }
  if (e[Event::DramFetchedBytes] < e[Event::DramReadIfmapBytes] + e[Event::DramReadWeightBytes] +
                                       e[Event::DramReadBiasBytes] +
                                       e[Event::DramReadRequantBytes]) {
    fail(file, path + ".events: more bytes are used than are fetched");
  }
  return layer;
}

/// The counters of what the machine does not have are 0.
void check_memories(const LayerResult& layer, const AcceleratorConfig& config,
                    const std::string& file, const std::string& path) {
  for (const Event event : {Event::WeightScratchpadReadBits, Event::WeightScratchpadWriteBits}) {
    if (config.scratchpad.organization == ScratchpadOrganization::Unified &&
        layer.events[event] != 0) {
      fail(file, fmt::format("{}.events.{}: {}, expected 0: the scratchpad is unified", path,
                             event_info(event).name, layer.events[event]));
    }
  }
}

}  // namespace

Json parse_report(const std::string& text, const std::string& file) {
  Json report;
  try {
    report = parse_json(text);
  } catch (const std::runtime_error& error) {
    fail(file, error.what());
  }
  const Object root{report, file, ""};
  root.text("systole");  // nobody else's report has it
  return report;
}

RunResult run_of_report(const Json& report, const std::string& file,
                        const std::vector<std::string>& overrides) {
  const Object root{report, file, ""};
  const Object energy{Object{root.at("config"), file, "config"}.at("energy"), file,
                      "config.energy"};
  // The table's path is relative to where the run was started, as an override is.
  std::vector<std::string> all{"energy.table=" + Json(energy.text("table")).dump()};
  all.insert(all.end(), overrides.begin(), overrides.end());
  RunResult result;
  result.config = parse_accelerator(root.at("config").dump(), file + " (config)", all);
  const std::string& table = result.config.energy.table;
  if (const std::string why = why_unreadable(table); !why.empty()) {
    const char* const elsewhere = why == "no such file" ? " from here, expected --table FILE" : "";
    fail(file, "energy.table: " + table + ": " + why + elsewhere);
  }
  result.workload = root.text("workload");
  result.engine = root.text("engine");
  result.data = root.choice("data", {DataSource::Workload, DataSource::Random, DataSource::None},
                            data_source_name);
  result.inferences = root.count("inferences");
  const Json& layers = root.at("layers");
  if (!layers.is_array()) {
    fail(file, "layers: expected a list");
  }
  for (std::size_t i = 0; i < layers.size(); ++i) {
    const std::string path = fmt::format("layers[{}]", i);
    result.layers.push_back(layer_of(layers[i], file, path));
    check_memories(result.layers.back(), result.config, file, path);
  }
  if (!root.at("totals").is_object()) {
    fail(file, "totals: expected an object");
  }
  try {
    check_data(result.config, result.data);
  } catch (const Refusal& error) {
    fail(file, error.what());
  }
  const bool counted = root.at("totals").contains(Json::json_pointer{"/events/psum_toggled_bits"});
  if (result.config.energy.switching_activity && !counted) {
    fail(file,
         "energy.switching_activity: the run did not count what toggles, expected one with it");
  }
  return result;
}

void put_energies(Json& report, const RunResult& result,
                  const std::vector<EnergyBreakdown>& per_layer, const EnergyTable& table) {
  const Summary totals = totals_of(result, per_layer);
  const std::uint32_t clock_mhz = result.config.clock_mhz;
  put_total_energy(report["totals"], totals, clock_mhz);
  for (std::size_t i = 0; i < per_layer.size(); ++i) {
    put_layer_energy(report["layers"][i], summary_of(result.layers[i], per_layer[i]), clock_mhz);
  }
  put_table(report, totals, result.config, table);
  report["config"]["energy"] = config_json(result.config)["energy"];
}

}  // namespace systole
