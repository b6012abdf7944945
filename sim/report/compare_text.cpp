#include "sim/report/compare_text.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <optional>
#include <set>

#include "sim/report/compare_remarks.hpp"
#include "sim/report/table.hpp"
#include "sim/report/units.hpp"
#include "sim/report/utf8.hpp"

namespace systole {
namespace {

Table runs_table(const std::vector<NamedReport>& reports,
                 const std::vector<ComparedFigures>& figures) {
  Table table{"Side by side",
              {{"", "", Align::Right},
               {"report", "", Align::Left, 0, true},
               {"accelerator", "", Align::Left, 3, true},
               {"workload", "", Align::Left, 4, true},
               {"cycles", "", Align::Right},
               {"x first", "", Align::Right},
               {"util.", "", Align::Right, 2},
               {"DRAM", "", Align::Right},
               {"x first", "", Align::Right},
               {"energy", "", Align::Right},
               {"x first", "", Align::Right},
               {"energy x delay", "x first", Align::Right, 5},
               {"area", "mm2", Align::Right, 1}}};
  const ComparedFigures& first = figures.front();
  for (std::size_t i = 0; i < figures.size(); ++i) {
    const ComparedFigures& f = figures[i];
    table.add_row(
        {std::to_string(i + 1), reports[i].name, f.accelerator, f.workload, grouped(f.cycles),
         times_first(static_cast<double>(f.cycles), static_cast<double>(first.cycles)),
         percent(f.utilization, 1), human_bytes(f.dram_bytes, true),
         times_first(static_cast<double>(f.dram_bytes), static_cast<double>(first.dram_bytes)),
         human_energy(f.energy_pj, f.energy_unit, true),
         f.energy_unit == first.energy_unit ? times_first(f.energy_pj, first.energy_pj) : "-",
         times_first(f.energy_delay_js, first.energy_delay_js),
         f.area_mm2 ? fmt::format("{:.3f}", *f.area_mm2) : std::string{"-"}});
  }
  return table;
}

/// Names in the order in which they first come.
std::vector<std::string> layer_names(const std::vector<ComparedFigures>& figures) {
  std::vector<std::string> names;
  std::set<std::string> seen;
  for (const ComparedFigures& f : figures) {
    for (const LayerCycles& layer : f.layers) {
      if (layer.cycles > 0 && seen.insert(layer.name).second) {
        names.push_back(layer.name);
      }
    }
  }
  return names;
}

std::optional<std::uint64_t> cycles_of(const ComparedFigures& figures, const std::string& name) {
  const auto layer = std::find_if(figures.layers.begin(), figures.layers.end(),
                                  [&](const LayerCycles& l) { return l.name == name; });
  return layer == figures.layers.end() ? std::nullopt : std::optional{layer->cycles};
}

/// Reports `first` to `last`, without it; behind the last of all the times of the first.
Table layers_table(const std::vector<ComparedFigures>& figures,
                   const std::vector<std::string>& names, std::size_t first, std::size_t last) {
  std::vector<Column> columns{{"layer", "", Align::Left, 0, true}};
  for (std::size_t i = first; i < last; ++i) {
    columns.push_back({std::to_string(i + 1), "cycles", Align::Right});
  }
  const bool ends = last == figures.size();
  if (ends) {
    columns.push_back({"last", "x first", Align::Right});
  }
  Table table{first > 0 ? "Cycles by layer, continued" : "Cycles by layer", columns};
  for (const std::string& name : names) {
    std::vector<Cell> row{name};
    for (std::size_t i = first; i < last; ++i) {
      const std::optional<std::uint64_t> cycles = cycles_of(figures[i], name);
      row.emplace_back(cycles ? grouped(*cycles) : std::string{"-"});
    }
    if (ends) {
      row.emplace_back(
          times_first(cycles_of(figures.back(), name), cycles_of(figures.front(), name)));
    }
    table.add_row(row);
  }
  return table;
}

/// As many reports in each as fit.
std::vector<Table> layers_tables(const std::vector<ComparedFigures>& figures, std::size_t width) {
  constexpr std::size_t kNameRoom = 16;  // longer names are cut before reports go on below
  const std::vector<std::string> names = layer_names(figures);
  std::size_t longest = kNameRoom;
  for (const std::string& name : names) {
    longest = std::max(longest, display_width(name));
  }
  std::vector<Table> tables;
  for (std::size_t first = 0; first < figures.size();) {
    std::size_t last = first + 1;
    while (last < figures.size() &&
           layers_table(figures, names, first, last + 1).width() <= width + longest - kNameRoom) {
      ++last;
    }
    tables.push_back(layers_table(figures, names, first, last));
    first = last;
  }
  return tables;
}

}  // namespace

std::string compare_text(const std::vector<NamedReport>& reports,
                         const std::vector<ComparedFigures>& figures, const ReportStyle& style) {
  Table runs = runs_table(reports, figures);
  runs.fit(style.width);
  std::string text = runs.render(style.width, style.color) + '\n';
  for (Table& layers : layers_tables(figures, style.width)) {
    layers.fit(style.width);
    text += layers.render(style.width, style.color);
  }
  for (const std::string& remark : compare_remarks(figures)) {
    text += '\n' + wrapped(remark, 0, style.width) + '\n';
  }
  return text;
}

}  // namespace systole
