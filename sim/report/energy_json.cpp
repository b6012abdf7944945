#include "sim/report/energy_json.hpp"

#include "sim/config/accelerator_keywords.hpp"
#include "sim/energy/operation_energy.hpp"
#include "sim/report/energy_figures.hpp"
#include "sim/report/utf8.hpp"

namespace systole {
namespace {

using Json = nlohmann::ordered_json;

Json components_json(const EnergyBreakdown& energy, double Energy::*bound) {
  Json json = Json::object();
  for (std::size_t i = 0; i < kEnergyComponents; ++i) {
    const auto component = static_cast<EnergyComponent>(i);
    json[energy_component_name(component)] = energy[component].*bound;
  }
  return json;
}

Json operands_json(const EnergyBreakdown& energy) {
  Json json = Json::object();
  for (std::size_t i = 0; i < kEnergyOperands; ++i) {
    const auto operand = static_cast<EnergyOperand>(i);
    json[energy_operand_name(operand)] = energy[operand].pj;
  }
  return json;
}

void put_figures(Json& json, const Summary& s, std::uint32_t clock_mhz, EnergyUnit unit) {
  const bool in_joules = unit == EnergyUnit::Joule;
  json["energy_by_operand_pj"] = operands_json(s.energy);
  json["energy_per_mac_pj"] = s.machine_macs() == 0 ? Json(nullptr) : Json(pj_per_mac(s));
  json["tops_per_watt"] =
      s.machine_macs() == 0 || !in_joules ? Json(nullptr) : Json(tops_per_watt(s));
  json["energy_delay_js"] = in_joules ? Json(energy_delay_js(s, clock_mhz)) : Json(nullptr);
}

Json area_json(const Summary& totals, const AcceleratorConfig& config, const EnergyTable& table) {
  const Area area = compute_area(config, table);
  const Bounded total = area.total();
  if (total.value <= 0) {
    return nullptr;
  }
  Json parts = Json::object();
  for (std::size_t i = 0; i < kAreaComponents; ++i) {
    const auto component = static_cast<AreaComponent>(i);
    parts[area_component_name(component)] = area[component].value;
  }
  return {{"um2", parts},
          {"total_um2", total.value},
          {"low_um2", total.low},
          {"high_um2", total.high},
          {"peak_tops_per_mm2", tops_per_mm2(peak_tops(totals, config), total)},
          {"achieved_tops_per_mm2", tops_per_mm2(achieved_tops(totals, config.clock_mhz), total)},
          {"not_in_table", area.not_in_table}};
}

Json or_null(const std::optional<Energy>& energy) {
  return energy ? Json(energy->pj) : Json(nullptr);
}

Json requantization_json(const AcceleratorConfig& config, const EnergyTable& table) {
  const RequantConfig& unit = config.requant;
  const RequantCost cost = requant_cost(config, table);
  const Bounded area = compute_area(config, table)[AreaComponent::Requantization];
  return {{"mode", OneOf{keywords::kRequantMode}.name_of(unit.mode)},
          {"variant", OneOf{keywords::kRequantVariant}.name_of(unit.variant)},
          {"rounding", OneOf{keywords::kRounding}.name_of(unit.rounding)},
          {"lanes", unit.lanes},
          {"latency_cycles", unit.latency},
          {"multiply_pj", or_null(cost.multiply)},
          {"shift_pj", or_null(cost.shift)},
          {"add_pj", or_null(cost.add)},
          {"pj_per_value", or_null(cost.total())},
          {"um2", area.value > 0 ? Json(area.value) : Json(nullptr)}};
}

}  // namespace

void put_layer_energy(Json& layer, const Summary& s, std::uint32_t clock_mhz, EnergyUnit unit) {
  layer["energy_pj"] = components_json(s.energy, &Energy::pj);
  layer["energy_total_pj"] = s.energy.total().pj;
  layer["energy_low_pj"] = s.energy.total().low_pj;
  layer["energy_high_pj"] = s.energy.total().high_pj;
  put_figures(layer, s, clock_mhz, unit);
}

void put_total_energy(Json& totals, const Summary& s, std::uint32_t clock_mhz, EnergyUnit unit) {
  totals["energy_pj"] = s.energy.total().pj;
  totals["energy_low_pj"] = s.energy.total().low_pj;
  totals["energy_high_pj"] = s.energy.total().high_pj;
  totals["energy_by_component_pj"] = components_json(s.energy, &Energy::pj);
  totals["energy_by_component_low_pj"] = components_json(s.energy, &Energy::low_pj);
  totals["energy_by_component_high_pj"] = components_json(s.energy, &Energy::high_pj);
  put_figures(totals, s, clock_mhz, unit);
}

void put_table(Json& report, const Summary& totals, const AcceleratorConfig& config,
               const EnergyTable& table) {
  report["energy_table"] = valid_utf8(table.name);
  report["energy_table_digest"] = table.digest;
  Json notes = Json::array();
  if (table.normalized) {
    notes.push_back("1 pJ stands for the energy of one MAC");
  }
  for (const std::string& note : table.notes) {
    notes.push_back(valid_utf8(note));
  }
  report["energy_notes"] = notes;
  report["requantization"] = requantization_json(config, table);
  report["area"] = area_json(totals, config, table);
}

}  // namespace systole
