#include <fmt/format.h>

#include <algorithm>

#include "sim/config/accelerator_keywords.hpp"
#include "sim/config/error_log.hpp"
#include "sim/config/suggestion.hpp"
#include "sim/energy/energy_table.hpp"
#include "sim/energy/node_scaling.hpp"

namespace systole {
namespace {

constexpr const char* kDefaultDram = "default";

constexpr TableEntries EnergyTable::*kEnergiesOnTheDie[] = {
    &EnergyTable::adder,
    &EnergyTable::multiplier,
    &EnergyTable::shifter,
    &EnergyTable::comparator,
    &EnergyTable::mac,
    &EnergyTable::pe,
    &EnergyTable::float_adder,
    &EnergyTable::float_multiplier,
    &EnergyTable::sram,
    &EnergyTable::sram_write,
    &EnergyTable::register_write,
    &EnergyTable::register_file,
    &EnergyTable::scratchpad_read,
    &EnergyTable::scratchpad_write,
    &EnergyTable::weight_scratchpad_read,
    &EnergyTable::weight_scratchpad_write,
    &EnergyTable::accumulators_read,
    &EnergyTable::accumulators_write,
};
constexpr TableEntries EnergyTable::*kAreas[] = {
    &EnergyTable::area_adder,       &EnergyTable::area_multiplier,
    &EnergyTable::area_float_adder, &EnergyTable::area_float_multiplier,
    &EnergyTable::area_shifter,     &EnergyTable::area_comparator,
    &EnergyTable::area_register,    &EnergyTable::area_pe,
    &EnergyTable::area_sram,
};

void scale(TableEntries& entries, double factor) {
  for (TableEntry& entry : entries) {
    entry.value = factor * entry.value;
  }
}

void choose_dram(EnergyTable& table, const std::string& standard) {
  if (standard == kDefaultDram) {
    return;
  }
  std::vector<std::string> names{kDefaultDram};
  for (const TableEntry& entry : table.dram_standards) {
    if (entry.standard == standard) {
      table.notes.push_back(fmt::format("DRAM: {}, {:.3g} pJ/bit ({})", standard,
                                        entry.value.value / entry.bits, entry.source));
      table.dram = {entry};
      return;
    }
    names.push_back(entry.standard);
  }
  throw ConfigError{
      {fmt::format("{}: energy.dram: the table knows {}, found {}{}", table.name,
                   choice_list(names), quoted(standard), did_you_mean(standard, names))}};
}

void scale_to(EnergyTable& table, ProcessNode node) {
  const OneOf names{keywords::kProcessNode};
  if (!table.process) {
    throw ConfigError{
        {fmt::format("{}: energy.node: the table names no `process` to scale from, "
                     "expected {}",
                     table.name, keywords::kAsTable)}};
  }
  const ProcessNode from = *table.process;
  const NodeFactors factors = node_factors(from, node);
  for (const auto list : kEnergiesOnTheDie) {
    scale(table.*list, factors.energy);
  }
  for (const auto list : kAreas) {
    scale(table.*list, factors.area);
  }
  const bool leaks =
      !table.static_power.empty() || !table.leakage_sram.empty() || !table.leakage_pe.empty();
  table.notes.push_back(
      fmt::format("scaled from {} at {} V to {} at {} V by Stillmaker and Baas: energy on the die "
                  "× {:.3g}, area "
                  "× {:.3g}; DRAM{} not scaled",
                  names.name_of(from), supply_volts(from), names.name_of(node), supply_volts(node),
                  factors.energy, factors.area, leaks ? " and leakage are" : " is"));
  table.process = node;
}

}  // namespace

EnergyTable adapted(EnergyTable table, const EnergyConfig& config) {
  choose_dram(table, config.dram);
  if (config.node && config.node != table.process) {
    scale_to(table, *config.node);
  }
  return table;
}

EnergyTable load_energy_table(const EnergyConfig& config) {
  return adapted(load_energy_table(config.table), config);
}

}  // namespace systole
