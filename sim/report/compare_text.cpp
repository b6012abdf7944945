#include "sim/report/compare_text.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <optional>
#include <set>
#include <stdexcept>

#include "sim/report/table.hpp"
#include "sim/report/units.hpp"

namespace systole {
namespace {

using Json = nlohmann::ordered_json;

/// The member `key` of `json`, which `path` names; the kind is checked by `is`.
const Json& member(const std::string& file, const Json& json, const std::string& path,
                   const char* key, bool (Json::*is)() const noexcept, const char* kind) {
  const std::string name = path.empty() ? key : path + '.' + key;
  const auto found = json.is_object() ? json.find(key) : json.end();
  if (!json.is_object() || found == json.end()) {
    throw std::runtime_error{file + ": " + name + ": missing"};
  }
  if (!((*found).*is)()) {
    throw std::runtime_error{file + ": " + name + ": expected " + kind};
  }
  return *found;
}

struct LayerCycles {
  std::string name;
  std::uint64_t cycles = 0;
};

/// What the tables show of a report.
struct Figures {
  explicit Figures(const NamedReport& named) {
    const std::string& file = named.name;
    const Json& report = named.report;
    const auto text = [&](const char* key) {
      return member(file, report, "", key, &Json::is_string, "a text").get<std::string>();
    };
    version = text("systole");
    accelerator = text("accelerator");
    workload = text("workload");
    energy_table = text("energy_table");
    const Json& totals = member(file, report, "", "totals", &Json::is_object, "an object");
    const auto count = [&](const char* key) {
      return member(file, totals, "totals", key, &Json::is_number_unsigned, "a count")
          .get<std::uint64_t>();
    };
    const auto number = [&](const char* key) {
      return member(file, totals, "totals", key, &Json::is_number, "a number").get<double>();
    };
    cycles = count("cycles");
    dram_bytes = count("dram_read_bytes") + count("dram_write_bytes");
    utilization = number("utilization");
    energy_pj = number("energy_pj");
    energy_delay_js = number("energy_delay_js");
    const Json& area = report.is_object() && report.contains("area") ? report["area"] : Json();
    if (!area.is_null()) {
      area_mm2 =
          member(file, area, "area", "total_um2", &Json::is_number, "a number").get<double>() / 1e6;
    }
    std::size_t i = 0;
    for (const Json& layer : member(file, report, "", "layers", &Json::is_array, "a list")) {
      const std::string path = fmt::format("layers[{}]", i++);
      layers.push_back({member(file, layer, path, "name", &Json::is_string, "a text"),
                        member(file, layer, path, "cycles", &Json::is_number_unsigned, "a count")});
    }
  }

  std::string version, accelerator, workload, energy_table;
  std::uint64_t cycles = 0, dram_bytes = 0;
  double utilization = 0, energy_pj = 0, energy_delay_js = 0;
  std::optional<double> area_mm2;
  std::vector<LayerCycles> layers;
};

std::string times(double value, double first) {
  return first > 0 ? fmt::format("{:.2f}", value / first) : "-";
}

Table runs_table(const std::vector<NamedReport>& reports, const std::vector<Figures>& figures) {
  Table table{"Side by side",
              {{"", "", Align::Right},
               {"report", "", Align::Left, 0, true},
               {"accelerator", "", Align::Left, 3},
               {"workload", "", Align::Left, 4},
               {"cycles", "", Align::Right},
               {"x first", "", Align::Right},
               {"util.", "", Align::Right, 2},
               {"DRAM", "", Align::Right},
               {"x first", "", Align::Right},
               {"energy", "", Align::Right},
               {"x first", "", Align::Right},
               {"energy x delay", "x first", Align::Right, 5},
               {"area", "mm2", Align::Right, 1}}};
  const Figures& first = figures.front();
  for (std::size_t i = 0; i < figures.size(); ++i) {
    const Figures& f = figures[i];
    table.add_row({std::to_string(i + 1), reports[i].name, f.accelerator, f.workload,
                   grouped(f.cycles),
                   times(static_cast<double>(f.cycles), static_cast<double>(first.cycles)),
                   percent(f.utilization, 1), human_bytes(f.dram_bytes, true),
                   times(static_cast<double>(f.dram_bytes), static_cast<double>(first.dram_bytes)),
                   human_energy(f.energy_pj, true), times(f.energy_pj, first.energy_pj),
                   times(f.energy_delay_js, first.energy_delay_js),
                   f.area_mm2 ? fmt::format("{:.3f}", *f.area_mm2) : std::string{"-"}});
  }
  return table;
}

/// Names in the order in which they first come.
std::vector<std::string> layer_names(const std::vector<Figures>& figures) {
  std::vector<std::string> names;
  std::set<std::string> seen;
  for (const Figures& f : figures) {
    for (const LayerCycles& layer : f.layers) {
      if (layer.cycles > 0 && seen.insert(layer.name).second) {
        names.push_back(layer.name);
      }
    }
  }
  return names;
}

Table layers_table(const std::vector<Figures>& figures) {
  std::vector<Column> columns{{"layer", "", Align::Left, 0, true}};
  for (std::size_t i = 0; i < figures.size(); ++i) {
    columns.push_back({std::to_string(i + 1), "cycles", Align::Right,
                       i < 2 ? 0 : static_cast<int>(figures.size() - i)});
  }
  columns.push_back({"last", "x first", Align::Right});
  Table table{"Cycles by layer", columns};
  for (const std::string& name : layer_names(figures)) {
    std::vector<Cell> row{name};
    std::vector<std::optional<std::uint64_t>> cycles;
    for (const Figures& f : figures) {
      const auto layer = std::find_if(f.layers.begin(), f.layers.end(),
                                      [&](const LayerCycles& l) { return l.name == name; });
      cycles.push_back(layer == f.layers.end() ? std::nullopt : std::optional{layer->cycles});
      row.emplace_back(cycles.back() ? grouped(*cycles.back()) : std::string{"-"});
    }
    row.emplace_back(cycles.front() && cycles.back() ? times(static_cast<double>(*cycles.back()),
                                                             static_cast<double>(*cycles.front()))
                                                     : std::string{"-"});
    table.add_row(row);
  }
  return table;
}

}  // namespace

std::string compare_text(const std::vector<NamedReport>& reports, const ReportStyle& style) {
  const std::vector<Figures> figures(reports.begin(), reports.end());
  Table runs = runs_table(reports, figures);
  Table layers = layers_table(figures);
  runs.fit(style.width);
  layers.fit(style.width);
  std::string text =
      runs.render(style.width, style.color) + '\n' + layers.render(style.width, style.color);
  const auto all_have_one = [&](std::string Figures::*what) {
    return std::all_of(figures.begin(), figures.end(),
                       [&](const Figures& f) { return f.*what == figures.front().*what; });
  };
  if (!all_have_one(&Figures::energy_table)) {
    text +=
        "\nThe energies are of different tables: compare under one ('systole energy --json').\n";
  }
  if (!all_have_one(&Figures::version)) {
    text += "\nThe reports are of different versions of Systole: what differs may be its doing.\n";
  }
  return text;
}

}  // namespace systole
