#include <fmt/format.h>

#include <algorithm>
#include <filesystem>

#include "sim/config/accelerator_keywords.hpp"
#include "sim/config/error_log.hpp"
#include "sim/config/suggestion.hpp"
#include "sim/config/unreadable.hpp"
#include "sim/energy/energy_table.hpp"
#include "sim/energy/node_scaling.hpp"

namespace systole {
namespace {

constexpr TableEntries EnergyTable::*kEnergiesOnTheDie[] = {
    &EnergyTable::adder,
    &EnergyTable::multiplier,
    &EnergyTable::shifter,
    &EnergyTable::comparator,
    &EnergyTable::mac,
    &EnergyTable::pe,
    &EnergyTable::pe_composable,
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
    &EnergyTable::area_sram,        &EnergyTable::area_pe_composable,
};

void scale(TableEntries& entries, double factor) {
  for (TableEntry& entry : entries) {
    entry.value = factor * entry.value;
  }
}

/// "12.5 pJ/bit (source)".
std::string of_a_bit(const EnergyTable& table, const TableEntry& entry) {
  return fmt::format("{:.3g} {}/bit ({})", entry.value.value / entry.bits,
                     table.normalized ? "MAC" : "pJ", entry.source);
}

void take_dram(EnergyTable& table, const TableEntry& entry) {
  table.notes.push_back(fmt::format("DRAM: {}, {}", entry.standard, of_a_bit(table, entry)));
  table.dram = {entry};
}

/// "ddr4" of a banked ddr4_2400; empty for an ideal memory.
std::string standard_of(const DramConfig& dram) {
  if (dram.model != DramModel::Banked) {
    return "";
  }
  const std::string part = std::filesystem::path{dram.preset}.stem().string();
  return part.substr(0, part.find('_'));
}

/// Whether the machine asks for another node than the table's own.
bool scales(const EnergyTable& table, const AcceleratorConfig& config) {
  return config.energy.node && config.energy.node != table.process;
}

const TableEntry* entry_of_standard(const EnergyTable& table, const std::string& standard) {
  const TableEntries& standards = table.dram_standards;
  const auto found = std::find_if(standards.begin(), standards.end(), [&](const TableEntry& entry) {
    return entry.standard == standard;
  });
  return found == standards.end() ? nullptr : &*found;
}

void choose_dram(EnergyTable& table, const AcceleratorConfig& config) {
  const bool follows = config.energy.dram == kDefaultDram;
  const std::string standard = follows ? standard_of(config.dram) : config.energy.dram;
  if (const TableEntry* entry = entry_of_standard(table, standard)) {
    take_dram(table, TableEntry{*entry});
  } else if (!standard.empty() && !table.dram.empty()) {
    table.notes.push_back(
        fmt::format("DRAM: {} is no standard of the table, so {}{}", quoted(standard),
                    of_a_bit(table, table.dram.front()),
                    table.dram_standards.empty() ? "" : " unless energy.dram names one"));
  }
}

void check_dram(const EnergyTable& table, const AcceleratorConfig& config,
                std::vector<BrokenRule>& broken) {
  const std::string& asked = config.energy.dram;
  if (asked == kDefaultDram || entry_of_standard(table, asked) != nullptr) {
    return;
  }
  std::vector<std::string> names{kDefaultDram};
  for (const TableEntry& entry : table.dram_standards) {
    names.push_back(entry.standard);
  }
  broken.push_back({{"energy.dram"},
                    fmt::format("{} knows {}, found {}{}", table.name, choice_list(names),
                                quoted(asked), did_you_mean(asked, names))});
}

void check_format(const EnergyTable& table, const AcceleratorConfig& config,
                  std::vector<BrokenRule>& broken) {
  const NumberFormat format = priced_format(config);
  const std::uint32_t bits = format_bits(format, 0);
  if (format == NumberFormat::Int ||
      (entry_of_width(table.float_multiplier, bits) != nullptr &&
       entry_of_width(table.float_adder, kFloatPsumBits) != nullptr)) {
    return;
  }
  const bool own = config.array.number_format != NumberFormat::Int;
  broken.push_back({{own ? "array.number_format" : "energy.number_format"},
                    fmt::format("{} needs float_multiplier of {} bits and float_adder of {}, and "
                                "{} lacks one, expected int",
                                OneOf{keywords::kNumberFormat}.name_of(format), bits,
                                kFloatPsumBits, table.name)});
}

void check_node(const EnergyTable& table, const AcceleratorConfig& config,
                std::vector<BrokenRule>& broken) {
  if (!scales(table, config)) {
    return;
  }
  if (!table.process) {
    broken.push_back({{"energy.node"},
                      fmt::format("{} names no `process` to scale from, expected {}", table.name,
                                  keywords::kAsTable)});
  } else if (table.normalized) {
    broken.push_back({{"energy.node"},
                      fmt::format("{} gives energies in MACs, which no node changes, expected {}",
                                  table.name, keywords::kAsTable)});
  }
}

void note_format(EnergyTable& table, const AcceleratorConfig& config) {
  const bool own = config.array.number_format != NumberFormat::Int;
  const NumberFormat format = priced_format(config);
  const std::uint32_t bits = format_bits(format, 0);
  table.notes.push_back(
      fmt::format("priced as {}: MACs of the table's {}-bit multiplier and {}-bit adder, operands "
                  "of {} bits, {}, requantization, pools and sums as of integers{}",
                  OneOf{keywords::kNumberFormat}.name_of(format), bits, kFloatPsumBits, bits,
                  own ? "moved and stored at that width" : "on the integers' schedule",
                  format == NumberFormat::Bf16
                      ? "; no table gives bf16, whose multiplier is smaller than fp16's"
                      : ""));
}

void scale_to(EnergyTable& table, ProcessNode node) {
  const OneOf names{keywords::kProcessNode};
  const ProcessNode from = *table.process;
  const NodeFactors factors = node_factors(from, node);
  for (const auto list : kEnergiesOnTheDie) {
    scale(table.*list, factors.energy);
  }
  for (const auto list : kAreas) {
    scale(table.*list, factors.area);
  }
  const bool leaks = !table.static_power.empty() || !table.leakage_sram.empty() ||
                     !table.leakage_pe.empty() || !table.leakage_pe_composable.empty();
  table.notes.push_back(
      fmt::format("scaled from {} at {} V to {} at {} V by Stillmaker and Baas: energy on the die "
                  "× {:.3g}, area "
                  "× {:.3g}; DRAM{} not scaled",
                  names.name_of(from), supply_volts(from), names.name_of(node), supply_volts(node),
                  factors.energy, factors.area, leaks ? " and leakage are" : " is"));
  table.process = node;
}

}  // namespace

const TableEntry* entry_of_width(const TableEntries& entries, std::uint32_t bits) {
  const auto found = std::find_if(entries.begin(), entries.end(),
                                  [&](const TableEntry& entry) { return entry.bits == bits; });
  return found == entries.end() ? nullptr : &*found;
}

EnergyTable load_energy_table(const EnergyConfig& config) {
  AcceleratorConfig machine;
  machine.energy = config;
  return load_energy_table(machine);
}

EnergyTable load_energy_table(const AcceleratorConfig& config) {
  return adapted_to(config, load_energy_table(config.energy.table));
}

std::vector<BrokenRule> broken_by(const EnergyTable& table, const AcceleratorConfig& config) {
  std::vector<BrokenRule> broken;
  check_dram(table, config, broken);
  check_format(table, config, broken);
  if (config.array.pe == PeKind::Composable && table.pe_composable.empty() && !table.pe.empty()) {
    broken.push_back({{"array.pe"},
                      fmt::format("{} has whole PEs and no pe_composable, expected another table "
                                  "(bitfusion_45nm_pe has them)",
                                  table.name)});
  }
  check_node(table, config, broken);
  return broken;
}

std::vector<BrokenRule> broken_by_its_table(const AcceleratorConfig& config) {
  const std::string& table = config.energy.table;
  return why_unreadable(table).empty() ? broken_by(load_energy_table(table), config)
                                       : std::vector<BrokenRule>{};
}

EnergyTable adapted_to(const AcceleratorConfig& config, EnergyTable table) {
  if (const std::vector<BrokenRule> broken = broken_by(table, config); !broken.empty()) {
    std::vector<std::string> lines;
    lines.reserve(broken.size());
    for (const BrokenRule& rule : broken) {
      lines.push_back(rule.keys.front() + ": " + rule.what);
    }
    throw ConfigError{lines};
  }
  choose_dram(table, config);
  if (priced_format(config) != NumberFormat::Int) {
    note_format(table, config);
  }
  if (config.array.pe == PeKind::Composable && table.pe_composable.empty()) {
    table.notes.emplace_back(
        "composable PEs: a full-width multiplication and one addition a cycle; what composing adds "
        "is not in the table");
  }
  if (scales(table, config)) {
    scale_to(table, *config.energy.node);
  }
  if (config.energy.switching_activity) {
    table.notes.emplace_back(
        "what the array costs is in proportion to the bits that toggle, the table's figures being "
        "for random operands, half of whose bits do; between nothing and all of a figure follows "
        "them, which the range shows");
  }
  return table;
}

}  // namespace systole
