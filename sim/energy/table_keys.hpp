#pragma once

#include "sim/config/check.hpp"
#include "sim/energy/energy_table.hpp"

/// The keys and units of an energy table's file.
namespace systole::table_keys {

enum class Unit {
  Femtojoule,
  Picojoule,
  Nanojoule,
  Mac,
  Nanowatt,
  Microwatt,
  Milliwatt,
  Watt,
  Um2,
  Mm2
};
inline constexpr Choice<Unit> kEnergyUnits[] = {
    {"fJ", Unit::Femtojoule}, {"pJ", Unit::Picojoule}, {"nJ", Unit::Nanojoule}, {"MAC", Unit::Mac}};
inline constexpr Choice<Unit> kPowerUnits[] = {
    {"nW", Unit::Nanowatt}, {"uW", Unit::Microwatt}, {"mW", Unit::Milliwatt}, {"W", Unit::Watt}};
inline constexpr Choice<Unit> kAreaUnits[] = {{"um2", Unit::Um2}, {"mm2", Unit::Mm2}};

// Energies are kept in pJ, powers in mW, areas in um2.
inline double scale_of(Unit unit) {
  switch (unit) {
    case Unit::Femtojoule:
    case Unit::Microwatt:
      return 1e-3;
    case Unit::Nanojoule:
    case Unit::Watt:
      return 1e3;
    case Unit::Nanowatt:
      return 1e-6;
    case Unit::Mm2:
      return 1e6;
    case Unit::Picojoule:
    case Unit::Mac:
    case Unit::Milliwatt:
    case Unit::Um2:
      break;
  }
  return 1;
}

/// Energies and powers, but for those in MACs.
inline bool in_joules(Unit unit) {
  return unit != Unit::Mac && unit != Unit::Um2 && unit != Unit::Mm2;
}

// What distinguishes the entries of a list.
enum class Key { Bits, FloatBits, Capacity, CapacityAndBits, Standard, None };

struct List {
  const char* name;
  TableEntries EnergyTable::*entries;
  Key key;
};

inline constexpr List kRequired[] = {
    {"adder", &EnergyTable::adder, Key::Bits},
    {"multiplier", &EnergyTable::multiplier, Key::Bits},
    {"shifter", &EnergyTable::shifter, Key::Bits},
    {"comparator", &EnergyTable::comparator, Key::Bits},
    {"sram", &EnergyTable::sram, Key::CapacityAndBits},
};
inline constexpr List kOptional[] = {
    {"mac", &EnergyTable::mac, Key::Bits},
    {"pe", &EnergyTable::pe, Key::Bits},
    {"pe_composable", &EnergyTable::pe_composable, Key::Bits},
    {"float_adder", &EnergyTable::float_adder, Key::FloatBits},
    {"float_multiplier", &EnergyTable::float_multiplier, Key::FloatBits},
    {"sram_write", &EnergyTable::sram_write, Key::CapacityAndBits},
    {"dram_standards", &EnergyTable::dram_standards, Key::Standard},
};
inline constexpr List kSingle[] = {
    {"register", &EnergyTable::register_write, Key::Bits},
    {"register_file", &EnergyTable::register_file, Key::Bits},
    {"dram", &EnergyTable::dram, Key::Bits},
};
inline constexpr List kStaticPower{"static_power", &EnergyTable::static_power, Key::None};
inline constexpr List kMemories[] = {
    {"scratchpad_read", &EnergyTable::scratchpad_read, Key::Bits},
    {"scratchpad_write", &EnergyTable::scratchpad_write, Key::Bits},
    {"weight_scratchpad_read", &EnergyTable::weight_scratchpad_read, Key::Bits},
    {"weight_scratchpad_write", &EnergyTable::weight_scratchpad_write, Key::Bits},
    {"accumulators_read", &EnergyTable::accumulators_read, Key::Bits},
    {"accumulators_write", &EnergyTable::accumulators_write, Key::Bits},
};
inline constexpr List kLeakage[] = {
    {"sram", &EnergyTable::leakage_sram, Key::Capacity},
    {"pe", &EnergyTable::leakage_pe, Key::Bits},
    {"pe_composable", &EnergyTable::leakage_pe_composable, Key::Bits},
};
inline constexpr List kArea[] = {
    {"adder", &EnergyTable::area_adder, Key::Bits},
    {"multiplier", &EnergyTable::area_multiplier, Key::Bits},
    {"float_adder", &EnergyTable::area_float_adder, Key::FloatBits},
    {"float_multiplier", &EnergyTable::area_float_multiplier, Key::FloatBits},
    {"shifter", &EnergyTable::area_shifter, Key::Bits},
    {"comparator", &EnergyTable::area_comparator, Key::Bits},
    {"register", &EnergyTable::area_register, Key::Bits},
    {"pe", &EnergyTable::area_pe, Key::Bits},
    {"pe_composable", &EnergyTable::area_pe_composable, Key::Bits},
    {"sram", &EnergyTable::area_sram, Key::Capacity},
};

}  // namespace systole::table_keys
