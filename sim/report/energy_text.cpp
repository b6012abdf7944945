#include "sim/report/energy_text.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <optional>

#include "sim/config/accelerator_keywords.hpp"
#include "sim/energy/operation_energy.hpp"
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

void add_share_row(Table& table, const std::string& name, const Energy& e, const Energy& total,
                   EnergyUnit unit) {
  table.add_row({name,
                 human_energy(e.pj, unit, true),
                 percent(e.pj, total.pj),
                 {bar(total.pj == 0 ? 0 : e.pj / total.pj), Paint::Accent},
                 {human_energy(e.low_pj, unit, true), Paint::Dim},
                 {human_energy(e.high_pj, unit, true), Paint::Dim}});
}

void add_total_row(Table& table, const Energy& total, EnergyUnit unit) {
  table.add_rule();
  table.add_row({{"total", Paint::Bold},
                 {human_energy(total.pj, unit, true), Paint::Bold},
                 "",
                 std::string(kBarWidth, ' '),
                 {human_energy(total.low_pj, unit, true), Paint::Dim},
                 {human_energy(total.high_pj, unit, true), Paint::Dim}});
}

// Three digits that count, of large areas all before the point.
std::string mm2(double um2) {
  const double area = um2 * 1e-6;
  return (area < 999.5 ? fmt::format("{:.3g}", area)
                       : grouped(static_cast<std::uint64_t>(std::llround(area)))) +
         " mm²";
}

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
  const EnergyUnit unit = energy_unit(source);
  Table table{"Energy by " + source.name + (source.normalized ? ", in energies of one MAC" : ""),
              share_columns("component")};
  const Energy total = energy.total();
  for (const EnergyComponent component : used_components(energy)) {
    add_share_row(table, spaced(energy_component_name(component)), energy[component], total, unit);
  }
  add_total_row(table, total, unit);
  return table;
}

Table energy_operand_table(const EnergyBreakdown& energy, const EnergyTable& source) {
  const EnergyUnit unit = energy_unit(source);
  Table table{"What the energy was spent on", share_columns("operand")};
  const Energy total = energy.total();
  for (std::size_t i = 0; i < kEnergyOperands; ++i) {
    const auto operand = static_cast<EnergyOperand>(i);
    if (energy[operand].high_pj > 0) {
      add_share_row(table, energy_operand_name(operand), energy[operand], total, unit);
    }
  }
  add_total_row(table, total, unit);
  return table;
}

Table energy_layer_table(const RunResult& result, const std::vector<EnergyBreakdown>& per_layer,
                         const EnergyTable& source) {
  const EnergyUnit unit = energy_unit(source);
  const Summary total = totals_of(result, per_layer);
  const std::vector<EnergyComponent> components = used_components(total.energy);
  std::vector<Column> columns{{"layer", "", Align::Left, 0, true},
                              {"energy", "", Align::Right},
                              {energy_unit_name(unit), "per MAC", Align::Right, 2}};
  for (const EnergyComponent component : components) {
    columns.push_back(component_column(component));
    columns.back().drop_order = 3;
  }
  Table table{"Energy by layer", columns};
  const auto add = [&](const std::string& name, const Summary& s, Paint paint) {
    std::vector<Cell> cells{
        {name, paint},
        {human_energy(s.energy.total().pj, unit, true), paint},
        {s.machine_macs() > 0 ? fmt::format("{:.2f}", pj_per_mac(s)) : "", paint}};
    for (const EnergyComponent component : components) {
      const double pj = s.energy[component].pj;
      cells.emplace_back(pj > 0 ? human_energy(pj, unit, true) : "", paint);
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

std::string energy_note(const Summary& totals, double seconds, const EnergyTable& source) {
  const EnergyUnit unit = energy_unit(source);
  const Energy energy = totals.energy.total();
  const std::string bounds = fmt::format("{} to {}", human_energy(energy.low_pj, unit),
                                         human_energy(energy.high_pj, unit));
  constexpr double kMilliwattPerPicowatt = 1e-9;
  return unit == EnergyUnit::Joule && seconds > 0
             ? fmt::format("{}, {} on average", bounds,
                           human_power(energy.pj * kMilliwattPerPicowatt / seconds))
             : bounds;
}

void add_energy_per_mac(Table& table, const Summary& totals, const EnergyTable& source) {
  if (totals.machine_macs() == 0 || totals.energy.total().pj <= 0) {
    return;
  }
  const EnergyUnit unit = energy_unit(source);
  const std::string efficiency =
      unit == EnergyUnit::Joule
          ? fmt::format("{:.3f} TOPS/W, a MAC being two operations", tops_per_watt(totals))
          : "no TOPS/W: the table gives no joules";
  table.add_row(
      {"energy per MAC",
       {fmt::format("{:.2f} {}", pj_per_mac(totals), energy_unit_name(unit)), Paint::Bold},
       {efficiency + (totals.host_macs > 0 ? "; without the host's" : ""), Paint::Dim}});
}

void add_requantization(Table& table, const AcceleratorConfig& config, const EnergyTable& source) {
  const RequantConfig& unit = config.requant;
  const RequantCost cost = requant_cost(config, source);
  const auto known = [](const std::optional<Energy>& energy, const char* suffix) {
    return energy ? fmt::format("{:.2f}{}", energy->pj, suffix) : std::string{"-"};
  };
  std::string mode = OneOf{keywords::kRequantMode}.name_of(unit.mode);
  if (unit.mode == RequantMode::MultiplierShift) {
    mode += fmt::format(", {} bits", unit.multiplier_bits);
  }
  const std::string multiply = unit.mode == RequantMode::ShiftOnly
                                   ? ""
                                   : fmt::format("multiply {}, ", known(cost.multiply, ""));
  const std::string in_unit = fmt::format(" {}", energy_unit_name(energy_unit(source)));
  table.add_row(
      {"requantization",
       {known(cost.total(), in_unit.c_str()), Paint::Bold},
       {fmt::format("a value by {}: {}shift {}, add {}; {} lanes, {} cycles", mode, multiply,
                    known(cost.shift, ""), known(cost.add, ""), unit.lanes, unit.latency),
        Paint::Dim}});
}

Table energy_totals_table(const Summary& totals, const AcceleratorConfig& config,
                          const EnergyTable& source) {
  Table table{
      "Energy, time and area",
      {{"", "", Align::Left}, {"", "", Align::Right}, {"", "", Align::Left, 0, true, true}}};
  const auto row = [&](const char* what, const std::string& value, const std::string& note) {
    table.add_row({what, {value, Paint::Bold}, {note, Paint::Dim}});
  };
  const double time = seconds(totals.cycles, config.clock_mhz);
  row("energy", human_energy(totals.energy.total().pj, energy_unit(source)),
      energy_note(totals, time, source) + (time > 0 ? " over " + human_time(time) : ""));
  add_energy_per_mac(table, totals, source);
  row("energy × delay",
      source.normalized ? "-"
                        : fmt::format("{:.3g} J s", energy_delay_js(totals, config.clock_mhz)),
      source.normalized ? "the table gives no joules" : "");
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

std::string note_line(const std::string& note, std::size_t width) {
  constexpr std::size_t kIndent = 4;
  return "  " + wrapped(printable(note), kIndent, width) + "\n";
}

std::string energy_notes(const EnergyTable& table, const ReportStyle& style) {
  std::string out;
  if (!table.notes.empty()) {
    out += "\n" + painted("Energy by " + printable(table.name), Paint::Bold, style.color) + "\n";
  }
  for (const std::string& note : table.notes) {
    out += note_line(note, style.width);
  }
  return out;
}

std::string energy_text_report(const RunResult& result,
                               const std::vector<EnergyBreakdown>& per_layer,
                               const EnergyTable& table, const ReportStyle& style) {
  const Summary totals = totals_of(result, per_layer);
  std::vector<Table> tables{energy_layer_table(result, per_layer, table),
                            energy_component_table(totals.energy, table),
                            energy_operand_table(totals.energy, table),
                            energy_totals_table(totals, result.config, table)};
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
  return out + energy_notes(table, style);
}

}  // namespace systole
