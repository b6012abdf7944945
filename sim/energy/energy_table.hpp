#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "sim/config/accelerator_config.hpp"
#include "sim/config/accelerator_rules.hpp"
#include "sim/energy/bounded.hpp"

namespace systole {

/// Part of the bits of random words that toggle from one to the next: what a published figure is
/// taken to be of. A wire of 40 nm costs 240 fJ for a bit that toggles and 121 fJ for a random one
/// (Keckler et al., IEEE Micro 2011, table 1).
constexpr double kRandomActivity = 0.5;

/// What energy.dram says where it chooses no standard of the table.
constexpr const char* kDefaultDram = "default";

/// One published number: what an operation, an access or a block costs, and who says so.
struct TableEntry {
  std::uint32_t bits = 0;          ///< width of the operands, or of one access
  std::uint32_t capacity_kib = 0;  ///< of one bank; SRAM only
  std::string standard;            ///< DRAM standards only
  Bounded value;                   ///< pJ, mW or um2, by the list that it stands in
  std::string node;
  std::string source;
  std::string range_source;  ///< empty where the range is the source's own, or none is published
};
using TableEntries = std::vector<TableEntry>;

/// What each operation costs; configs/energy/README.md explains every key. Lists stand in growing
/// width or capacity. An empty list is a cost that the table does not know.
struct EnergyTable {
  std::string name;
  bool normalized = false;                 ///< 1 pJ stands for the energy of one MAC
  std::optional<ProcessNode> process;      ///< of the values on the die, for scaling
  std::vector<std::string> notes;          ///< what reports must say beside the figures
  std::vector<std::string> not_published;  ///< keys of costs that are counted as nothing
  std::string digest;  ///< of every value as read: tables of one name and other values differ in it

  // pJ per operation or access
  TableEntries adder, multiplier, shifter, comparator;
  TableEntries mac;            ///< multiplication and addition in one, in place of the two
  TableEntries pe;             ///< a whole PE for a cycle, registers included, in place of `mac`
  TableEntries pe_composable;  ///< the same of a composable PE of that width, whatever it forms
  TableEntries float_adder, float_multiplier;  ///< of 16 and of 32 bits
  TableEntries sram;                           ///< reads, and writes unless sram_write
  TableEntries sram_write;
  // One access to this machine's own memories, whatever their capacity; one entry or none.
  TableEntries scratchpad_read, scratchpad_write, weight_scratchpad_read, weight_scratchpad_write;
  TableEntries accumulators_read, accumulators_write;
  TableEntries register_write;  ///< flip-flops written in one cycle; one entry
  TableEntries register_file;   ///< one access, the floor under small SRAMs; one entry
  TableEntries dram;            ///< one access; one entry
  TableEntries dram_standards;  ///< what energy.dram can choose in its place

  // mW
  TableEntries static_power;  ///< of the whole machine; one entry or none
  TableEntries leakage_sram;  ///< of one bank
  TableEntries leakage_pe, leakage_pe_composable;

  // um2
  TableEntries area_adder, area_multiplier, area_float_adder, area_float_multiplier;
  TableEntries area_shifter, area_comparator, area_register, area_pe;
  TableEntries area_pe_composable;
  TableEntries area_sram;  ///< of one bank
};

/// Reads a table from YAML. Throws ConfigError with every mistake in the file.
EnergyTable load_energy_table(const std::string& path);
EnergyTable parse_energy_table(const std::string& text, const std::string& file);

/// What of a machine the table cannot price: a DRAM standard that it has not, a number format,
/// whole PEs for composable ones, a node that it cannot be scaled to.
std::vector<BrokenRule> broken_by(const EnergyTable& table, const AcceleratorConfig& config);
/// By the table that the machine names, if it can be read: for parse_accelerator, which tells where
/// the keys stand.
std::vector<BrokenRule> broken_by_its_table(const AcceleratorConfig& config);

/// The table that a machine's `energy` keys ask for: its DRAM standard chosen, scaled to its node.
/// Throws ConfigError with all that it cannot price.
EnergyTable load_energy_table(const AcceleratorConfig& config);
EnergyTable load_energy_table(const EnergyConfig& config);  ///< of a machine with an ideal memory
/// The same of a table that was read before, whatever its name.
EnergyTable adapted_to(const AcceleratorConfig& config, EnergyTable table);

/// The entry of that width, or none.
const TableEntry* entry_of_width(const TableEntries& entries, std::uint32_t bits);

}  // namespace systole
