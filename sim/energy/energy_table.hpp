#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "sim/energy/energy.hpp"

namespace systole {

/// One published number: what an operation or an access costs, and who says so.
struct EnergyEntry {
  std::uint32_t bits = 0;          ///< width of the operands, or of one access
  std::uint32_t capacity_kib = 0;  ///< of one bank; SRAM only
  Energy energy;                   ///< of one operation or access
  std::string node;
  std::string source;
  std::string range_source;  ///< empty where the range is the source's own, or none is published
};

/// Power that is there in every cycle, whatever the machine does.
struct StaticPower {
  double milliwatt = 0;
  double low_milliwatt = 0;
  double high_milliwatt = 0;
  std::string node;
  std::string source;
};

/// What each operation costs. Lists stand in growing width or capacity.
struct EnergyTable {
  std::string name;
  std::vector<EnergyEntry> adder;
  std::vector<EnergyEntry> multiplier;
  std::vector<EnergyEntry> shifter;
  std::vector<EnergyEntry> comparator;
  std::vector<EnergyEntry> sram;
  EnergyEntry register_write;  ///< flip-flops written in one cycle
  EnergyEntry register_file;   ///< one access: the floor under small SRAMs
  EnergyEntry dram;            ///< one access
  std::optional<StaticPower> static_power;
};

/// Reads a table from YAML. Throws ConfigError with every mistake in the file.
EnergyTable load_energy_table(const std::string& path);
EnergyTable parse_energy_table(const std::string& text, const std::string& file);

/// Adders, shifters and comparators are linear in their width: straight lines between published
/// points, and in proportion to the nearest point outside them.
Energy linear_in_width(const std::vector<EnergyEntry>& points, double bits);

/// Multipliers are close to quadratic in their width: straight lines in log-log coordinates
/// between published points and, with the end's slope, outside them; width squared if there is
/// one point. An a x b multiplier counts as one of sqrt(a * b) bits, which has as many partial
/// products.
Energy multiplier_energy(const EnergyTable& table, double a_bits, double b_bits);

/// One bit read from or written to an SRAM bank: straight lines in log-log coordinates over the
/// bank's capacity and, with the end's slope, outside the published points (square root of the
/// capacity if there is one point: a bit line grows with the side of the array); linear in the
/// access width. Never under the register file, which is what a very small SRAM is.
Energy sram_bit_energy(const EnergyTable& table, double bank_bytes);

}  // namespace systole
