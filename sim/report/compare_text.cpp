#include "sim/report/compare_text.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <initializer_list>
#include <map>
#include <optional>
#include <set>
#include <utility>

#include "sim/config/error_log.hpp"
#include "sim/report/report_reader.hpp"
#include "sim/report/table.hpp"
#include "sim/report/units.hpp"
#include "sim/report/utf8.hpp"

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

struct LayerCycles {
  std::string name;
  std::uint64_t cycles = 0;
};

/// What the tables show of a report, and what the remarks below them are about.
struct Figures {
  Figures(const Json& report, ReportErrors& errors) {
    const ReportObject root{report, errors, ""};
    version = root.text("systole");
    accelerator = root.text("accelerator");
    workload = root.text("workload");
    energy_table = root.text("energy_table");
    const ReportObject totals = root.object("totals");
    cycles = totals.count("cycles");
    dram_bytes = totals.count("dram_read_bytes") + totals.count("dram_write_bytes");
    utilization = totals.number("utilization");
    energy_pj = totals.number("energy_pj");
    if (const Json* const product = totals.find("energy_delay_js");
        product && !product->is_null()) {
      energy_delay_js = totals.number("energy_delay_js");
    }
    if (at_or_null(report, {"units", "pj"}) == "MAC") {
      energy_unit = EnergyUnit::Mac;
    }
    if (root.has("area") && !root.find("area")->is_null()) {
      area_mm2 = root.object("area").number("total_um2") / 1e6;
    }
    root.each("layers", [this](const ReportObject& layer) {
      layers.push_back({layer.text("name"), layer.count("cycles")});
    });
    read_what_remarks_need(report);
  }

  std::string version, accelerator, workload, energy_table;
  std::uint64_t cycles = 0, dram_bytes = 0;
  double utilization = 0, energy_pj = 0;
  EnergyUnit energy_unit = EnergyUnit::Joule;
  std::optional<double> energy_delay_js;  ///< none of a normalized table
  std::optional<double> area_mm2;
  std::vector<LayerCycles> layers;
  double clock_mhz = 0;                                ///< 0: not said
  std::map<std::string, std::string> energy_settings;  ///< config.energy, its table apart
  std::optional<std::vector<std::string>> energy_notes;
  std::vector<std::string> not_in_area;

 private:
  void read_what_remarks_need(const Json& report) {
    if (const Json clock = at_or_null(report, {"clock_mhz"}); clock.is_number()) {
      clock_mhz = clock.get<double>();
    }
    if (const Json energy = at_or_null(report, {"config", "energy"}); energy.is_object()) {
      for (const auto& item : energy.items()) {
        const Json& value = item.value();
        energy_settings[item.key()] = value.is_string() ? value.get<std::string>() : value.dump();
      }
      // The same table may have been read from another folder; its name says which it was.
      energy_settings.erase("table");
    }
    energy_notes = texts_of(at_or_null(report, {"energy_notes"}));
    not_in_area =
        texts_of(at_or_null(report, {"area", "not_in_table"})).value_or(std::vector<std::string>{});
  }
};

/// Throws ConfigError with all that is wrong with any of the reports.
std::vector<Figures> figures_of(const std::vector<NamedReport>& reports) {
  std::vector<Figures> figures;
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

std::string times(double value, double first) {
  return first > 0 ? fmt::format("{:.2f}", value / first) : "-";
}

std::string times(const std::optional<double>& value, const std::optional<double>& first) {
  return value && first ? times(*value, *first) : "-";
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
                   human_energy(f.energy_pj, f.energy_unit, true),
                   f.energy_unit == first.energy_unit ? times(f.energy_pj, first.energy_pj) : "-",
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

/// "1", "1 and 2", "1, 2 and 3".
std::string enumerated(const std::vector<std::string>& texts) {
  std::string out;
  for (std::size_t i = 0; i < texts.size(); ++i) {
    out += i == 0 ? "" : i + 1 == texts.size() ? " and " : ", ";
    out += texts[i];
  }
  return out;
}

/// What reports say, each with the numbers of the reports that say it.
class Sayings {
 public:
  void add(const std::string& what, std::size_t report) {
    auto found = std::find_if(said_.begin(), said_.end(),
                              [&](const auto& saying) { return saying.first == what; });
    if (found == said_.end()) {
      found = said_.emplace(said_.end(), what, std::vector<std::string>{});
    }
    found->second.push_back(std::to_string(report + 1));
  }
  bool empty() const { return said_.empty(); }
  bool differ() const { return said_.size() > 1; }

  /// "this in 1 and 3, that in 2".
  std::string text(const char* between = ", ") const {
    std::string out;
    for (const auto& [what, reports] : said_) {
      out += (out.empty() ? "" : between) + what + " in " + enumerated(reports);
    }
    return out;
  }

 private:
  std::vector<std::pair<std::string, std::vector<std::string>>> said_;
};

/// Of one network some layers alone may have run.
std::string networks_remark(const std::vector<Figures>& figures) {
  constexpr std::size_t kShown = 40;  // columns of a name
  Sayings networks;
  for (std::size_t i = 0; i < figures.size(); ++i) {
    const Figures& f = figures[i];
    networks.add(fmt::format("{} ({} {})", cut_to_width(f.workload, kShown), f.layers.size(),
                             f.layers.size() == 1 ? "layer" : "layers"),
                 i);
  }
  return networks.differ() ? "The networks differ: " + networks.text() + "." : "";
}

std::string settings_remark(const std::vector<Figures>& figures) {
  std::map<std::string, Sayings> settings;
  for (std::size_t i = 0; i < figures.size(); ++i) {
    for (const auto& [key, value] : figures[i].energy_settings) {
      settings[key].add(value, i);
    }
  }
  std::string differing;
  for (const auto& [key, values] : settings) {
    if (values.differ()) {
      differing +=
          fmt::format("{}energy.{} is {}", differing.empty() ? "" : "; ", key, values.text());
    }
  }
  return differing.empty() ? "" : "The energies are of different settings: " + differing + ".";
}

/// Whether the table and its settings, as far as both reports give them, are the same.
bool priced_alike(const Figures& a, const Figures& b) {
  return a.energy_table == b.energy_table &&
         std::all_of(a.energy_settings.begin(), a.energy_settings.end(), [&](const auto& setting) {
           const auto other = b.energy_settings.find(setting.first);
           return other == b.energy_settings.end() || other->second == setting.second;
         });
}

/// Other tables and settings bring other notes, and have their own remarks. What is left comes of
/// the machine (its number format, its DRAM's standard) or of a table that was changed.
std::string notes_remark(const std::vector<Figures>& figures) {
  constexpr std::size_t kShown = 60;  // columns of a note: enough to know it by
  Sayings notes;
  for (std::size_t i = 0; i < figures.size(); ++i) {
    const Figures& f = figures[i];
    for (const std::string& note : f.energy_notes.value_or(std::vector<std::string>{})) {
      const auto lacks_it = [&](const Figures& other) {
        return other.energy_notes && priced_alike(f, other) &&
               std::find(other.energy_notes->begin(), other.energy_notes->end(), note) ==
                   other.energy_notes->end();
      };
      if (std::any_of(figures.begin(), figures.end(), lacks_it)) {
        notes.add('"' + cut_to_width(note, kShown) + '"', i);
      }
    }
  }
  return notes.empty() ? "" : "The energy notes differ: " + notes.text() + ".";
}

std::string clocks_remark(const std::vector<Figures>& figures) {
  const auto duration = [](const Figures& f) {
    return f.clock_mhz > 0 ? static_cast<double>(f.cycles) / f.clock_mhz : 0;
  };
  Sayings clocks;
  std::vector<std::string> times_first;
  for (std::size_t i = 0; i < figures.size(); ++i) {
    const Figures& f = figures[i];
    if (f.clock_mhz > 0) {
      clocks.add(fmt::format("{:.10g} MHz", f.clock_mhz), i);
    }
    times_first.push_back(duration(f) > 0 ? times(duration(f), duration(figures.front())) : "-");
  }
  if (!clocks.differ()) {
    return "";
  }
  return "The clocks differ: " + clocks.text() +
         (duration(figures.front()) > 0
              ? "; in time the runs take " + enumerated(times_first) + " of the first."
              : ".");
}

/// Also where all areas lack the same: of a larger memory that is in none of them, nothing shows.
std::string areas_remark(const std::vector<Figures>& figures) {
  Sayings missing;
  for (std::size_t i = 0; i < figures.size(); ++i) {
    if (figures[i].area_mm2 && !figures[i].not_in_area.empty()) {
      missing.add(enumerated(figures[i].not_in_area), i);
    }
  }
  return missing.empty() ? ""
                         : "Areas lack what their tables do not give: " + missing.text("; ") + ".";
}

std::vector<std::string> remarks_of(const std::vector<Figures>& figures) {
  const auto all_have_one = [&](std::string Figures::*what) {
    return std::all_of(figures.begin(), figures.end(),
                       [&](const Figures& f) { return f.*what == figures.front().*what; });
  };
  std::vector<std::string> remarks;
  const auto remark = [&](const std::string& what) {
    if (!what.empty()) {
      remarks.push_back(printable(what));
    }
  };
  remark(networks_remark(figures));
  if (!all_have_one(&Figures::energy_table)) {
    remark("The energies are of different tables: compare under one ('systole energy --json').");
  }
  remark(settings_remark(figures));
  remark(notes_remark(figures));
  remark(clocks_remark(figures));
  remark(areas_remark(figures));
  if (!all_have_one(&Figures::version)) {
    remark("The reports are of different versions of Systole: what differs may be its doing.");
  }
  return remarks;
}

}  // namespace

std::vector<std::string> compare_remarks(const std::vector<NamedReport>& reports) {
  return remarks_of(figures_of(reports));
}

std::string compare_text(const std::vector<NamedReport>& reports, const ReportStyle& style) {
  const std::vector<Figures> figures = figures_of(reports);
  Table runs = runs_table(reports, figures);
  Table layers = layers_table(figures);
  runs.fit(style.width);
  layers.fit(style.width);
  std::string text =
      runs.render(style.width, style.color) + '\n' + layers.render(style.width, style.color);
  for (const std::string& remark : remarks_of(figures)) {
    text += '\n' + wrapped(remark, 0, style.width) + '\n';
  }
  return text;
}

}  // namespace systole
