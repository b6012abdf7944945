#include "sim/report/energy_text.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "sim/report/energy_figures.hpp"
#include "sim/report/units.hpp"
#include "sim/report/utf8.hpp"
#include "sim/report/version.hpp"

namespace systole {
namespace {

constexpr std::size_t kBarWidth = 24;

// A bar of `part` (0 to 1) of kBarWidth columns, in steps of an eighth of one.
std::string bar(double part) {
  static constexpr const char* kEighths[] = {"", "▏", "▎", "▍", "▌", "▋", "▊", "▉"};
  const auto eighths = static_cast<std::size_t>(std::lround(part * 8 * kBarWidth));
  std::string out;
  for (std::size_t i = 0; i < eighths / 8; ++i) {
    out += "█";
  }
  return out + kEighths[eighths % 8];
}

std::string spaced(std::string name) {
  std::replace(name.begin(), name.end(), '_', ' ');
  return name;
}

std::vector<Column> share_columns(const char* what) {
  return {{what, "", Align::Left},      {"energy", "", Align::Right},
          {"share", "", Align::Right},  {"", "", Align::Left, 1, true},
          {"low", "", Align::Right, 2}, {"high", "", Align::Right, 2}};
}

void add_share_row(Table& table, const std::string& name, const Energy& e, const Energy& total) {
  table.add_row({name,
                 human_energy(e.pj, true),
                 percent(e.pj, total.pj),
                 {bar(total.pj == 0 ? 0 : e.pj / total.pj), Paint::Accent},
                 {human_energy(e.low_pj, true), Paint::Dim},
                 {human_energy(e.high_pj, true), Paint::Dim}});
}

void add_total_row(Table& table, const Energy& total) {
  table.add_rule();
  table.add_row({{"total", Paint::Bold},
                 {human_energy(total.pj, true), Paint::Bold},
                 "",
                 std::string(kBarWidth, ' '),
                 {human_energy(total.low_pj, true), Paint::Dim},
                 {human_energy(total.high_pj, true), Paint::Dim}});
}

std::string mm2(double um2) { return fmt::format("{:.3g} mm²", um2 * 1e-6); }

// The components that cost anything, largest parts or not.
std::vector<EnergyComponent> used_components(const EnergyBreakdown& total) {
  std::vector<EnergyComponent> used;
  for (std::size_t i = 0; i < kEnergyComponents; ++i) {
    const auto component = static_cast<EnergyComponent>(i);
    if (total[component].high_pj > 0) {
      used.push_back(component);
    }
  }
  return used;
}

// "array_multiply" is "array" over "multiply".
Column component_column(EnergyComponent component) {
  const std::string name = energy_component_name(component);
  const std::size_t cut = name.find('_');
  return {name.substr(0, cut), cut == std::string::npos ? "" : name.substr(cut + 1), Align::Right};
}

}  // namespace

Table energy_component_table(const EnergyBreakdown& energy, const EnergyTable& source) {
  Table table{"Energy by " + source.name +
                  (source.normalized ? ", 1 pJ standing for the energy of one MAC" : ""),
              share_columns("component")};
  const Energy total = energy.total();
  for (const EnergyComponent component : used_components(energy)) {
    add_share_row(table, spaced(energy_component_name(component)), energy[component], total);
  }
  add_total_row(table, total);
  return table;
}

Table energy_operand_table(const EnergyBreakdown& energy) {
  Table table{"What the energy was spent on", share_columns("operand")};
  const Energy total = energy.total();
  for (std::size_t i = 0; i < kEnergyOperands; ++i) {
    const auto operand = static_cast<EnergyOperand>(i);
    if (energy[operand].high_pj > 0) {
      add_share_row(table, energy_operand_name(operand), energy[operand], total);
    }
  }
  add_total_row(table, total);
  return table;
}

Table energy_layer_table(const RunResult& result, const std::vector<EnergyBreakdown>& per_layer) {
  const Summary total = totals_of(result, per_layer);
  const std::vector<EnergyComponent> components = used_components(total.energy);
  std::vector<Column> columns{{"layer", "", Align::Left, 0, true},
                              {"energy", "", Align::Right},
                              {"pJ", "per MAC", Align::Right, 2}};
  for (const EnergyComponent component : components) {
    columns.push_back(component_column(component));
    columns.back().drop_order = 3;
  }
  Table table{"Energy by layer", columns};
  const auto add = [&](const std::string& name, const Summary& s, Paint paint) {
    std::vector<Cell> cells{
        {name, paint},
        {human_energy(s.energy.total().pj, true), paint},
        {s.machine_macs() > 0 ? fmt::format("{:.2f}", pj_per_mac(s)) : "", paint}};
    for (const EnergyComponent component : components) {
      const double pj = s.energy[component].pj;
      cells.emplace_back(pj > 0 ? human_energy(pj, true) : "", paint);
    }
    table.add_row(std::move(cells));
  };
  for (std::size_t i = 0; i < per_layer.size(); ++i) {
    add(result.layers[i].name, summary_of(result.layers[i], per_layer[i]), Paint::Plain);
  }
  table.add_rule();
  add("total", total, Paint::Bold);
  return table;
}

std::string tops_per_watt_note(const Summary& totals) {
  return fmt::format("{:.3f} TOPS/W, a MAC being two operations{}", tops_per_watt(totals),
                     totals.host_macs > 0 ? "; without the host's" : "");
}

Table energy_totals_table(const Summary& totals, const AcceleratorConfig& config,
                          const EnergyTable& source) {
  Table table{"Energy, time and area",
              {{"", "", Align::Left}, {"", "", Align::Right}, {"", "", Align::Left, 0, true}}};
  const auto row = [&](const char* what, const std::string& value, const std::string& note) {
    table.add_row({what, {value, Paint::Bold}, {note, Paint::Dim}});
  };
  const double time = seconds(totals.cycles, config.clock_mhz);
  const Energy energy = totals.energy.total();
  row("energy", human_energy(energy.pj),
      fmt::format("{} to {}, {} on average over {}", human_energy(energy.low_pj),
                  human_energy(energy.high_pj),
                  human_power(time > 0 ? energy.pj * 1e-9 / time : 0),  // pJ to mJ
                  human_time(time)));
  if (totals.machine_macs() > 0 && energy.pj > 0) {
    row("energy per MAC", fmt::format("{:.2f} pJ", pj_per_mac(totals)), tops_per_watt_note(totals));
  }
  row("energy × delay", fmt::format("{:.3g} J s", energy_delay_js(totals, config.clock_mhz)), "");
  const Area area = compute_area(config, source);
  const Bounded um2 = area.total();
  if (um2.value <= 0) {
    row("area", "-", "the table gives none");
    return table;
  }
  row("area", mm2(um2.value),
      um2.low < um2.high ? fmt::format("{} to {}", mm2(um2.low), mm2(um2.high)) : "");
  for (std::size_t i = 0; i < kAreaComponents; ++i) {
    const auto component = static_cast<AreaComponent>(i);
    if (area[component].value > 0) {
      row(("  " + spaced(area_component_name(component))).c_str(), mm2(area[component].value),
          percent(area[component].value, um2.value));
    }
  }
  if (!area.not_in_table.empty()) {
    row("  not in the table", "-", fmt::format("{}", fmt::join(area.not_in_table, ", ")));
  }
  const char* const bound = area.not_in_table.empty() ? "" : "at most ";
  row("TOPS/mm²",
      bound + fmt::format("{:.3g}", tops_per_mm2(achieved_tops(totals, config.clock_mhz), um2)),
      fmt::format("{}{:.3g} with every PE busy", bound,
                  tops_per_mm2(peak_tops(totals, config), um2)));
  return table;
}

std::string energy_notes(const EnergyTable& table, bool color) {
  std::string out;
  if (!table.notes.empty()) {
    out += "\n" + painted("Energy by " + printable(table.name), Paint::Bold, color) + "\n";
  }
  for (const std::string& note : table.notes) {
    out += "  " + printable(note) + "\n";
  }
  return out;
}

std::string energy_text_report(const RunResult& result,
                               const std::vector<EnergyBreakdown>& per_layer,
                               const EnergyTable& table, const ReportStyle& style) {
  const Summary totals = totals_of(result, per_layer);
  std::vector<Table> tables{
      energy_layer_table(result, per_layer), energy_component_table(totals.energy, table),
      energy_operand_table(totals.energy), energy_totals_table(totals, result.config, table)};
  std::size_t width = 0;
  for (Table& each : tables) {
    each.fit(style.width);
    width = std::max(width, each.width());
  }
  std::string out = painted(fmt::format("Systole {}", version()), Paint::Bold, style.color) +
                    fmt::format(": energy of {} on {}, for one inference\n\n",
                                printable(result.workload), printable(result.config.name));
  for (const Table& each : tables) {
    out += each.render(width, style.color);
  }
  return out + energy_notes(table, style.color);
}

}  // namespace systole
