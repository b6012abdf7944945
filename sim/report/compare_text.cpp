#include "sim/report/compare_text.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <optional>
#include <set>

#include "sim/report/compare_figures.hpp"
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

Table layers_table(const std::vector<ComparedFigures>& figures) {
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
    for (const ComparedFigures& f : figures) {
      const auto layer = std::find_if(f.layers.begin(), f.layers.end(),
                                      [&](const LayerCycles& l) { return l.name == name; });
      cycles.push_back(layer == f.layers.end() ? std::nullopt : std::optional{layer->cycles});
      row.emplace_back(cycles.back() ? grouped(*cycles.back()) : std::string{"-"});
    }
    row.emplace_back(
        cycles.front() && cycles.back()
            ? times_first(static_cast<double>(*cycles.back()), static_cast<double>(*cycles.front()))
            : std::string{"-"});
    table.add_row(row);
  }
  return table;
}

}  // namespace

std::string compare_text(const std::vector<NamedReport>& reports, const ReportStyle& style) {
  const std::vector<ComparedFigures> figures = compared_figures(reports);
  Table runs = runs_table(reports, figures);
  Table layers = layers_table(figures);
  runs.fit(style.width);
  layers.fit(style.width);
  std::string text =
      runs.render(style.width, style.color) + '\n' + layers.render(style.width, style.color);
  for (const std::string& remark : compare_remarks(figures)) {
    text += '\n' + wrapped(remark, 0, style.width) + '\n';
  }
  return text;
}

}  // namespace systole
