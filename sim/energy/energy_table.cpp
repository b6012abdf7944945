#include "sim/energy/energy_table.hpp"

#include <fmt/format.h>

#include "sim/config/reader.hpp"

namespace systole {
namespace {

constexpr std::uint32_t kMaxBits = 65536;
constexpr std::uint32_t kMaxCapacityKib = 1048576;
// Beyond these, an energy in fJ to nJ is a slip of the decimal point.
constexpr InRange<double> kValues{1e-6, 1e6};

enum class Unit { Femtojoule, Picojoule, Nanojoule, Microwatt, Milliwatt, Watt };
constexpr Choice<Unit> kEnergyUnits[] = {
    {"fJ", Unit::Femtojoule}, {"pJ", Unit::Picojoule}, {"nJ", Unit::Nanojoule}};
constexpr Choice<Unit> kPowerUnits[] = {
    {"uW", Unit::Microwatt}, {"mW", Unit::Milliwatt}, {"W", Unit::Watt}};

// Energies are kept in pJ, powers in mW.
double scale_of(Unit unit) {
  switch (unit) {
    case Unit::Femtojoule:
    case Unit::Microwatt:
      return 1e-3;
    case Unit::Nanojoule:
    case Unit::Watt:
      return 1e3;
    case Unit::Picojoule:
    case Unit::Milliwatt:
      break;
  }
  return 1;
}

struct Ranged {
  double value = 0;
  double low = 0;
  double high = 0;
};

// `value`, `unit` and the optional `range`.
Ranged read_value(ConfigReader& node, const OneOf<Unit>& units) {
  const std::size_t errors = node.error_count();
  double value = 0;
  Unit unit = Unit::Picojoule;
  std::vector<double> range;
  node.required("value", value, kValues);
  node.required("unit", unit, units);
  const bool has_range = node.optional("range", range, kValues);
  if (!has_range || node.error_count() != errors) {
    range = {value, value};
  } else if (range.size() != 2) {
    node.error("range", fmt::format("{} given, expected two numbers: [low, high]", range.size()));
    range = {value, value};
  } else if (value < range[0] || range[1] < value) {
    node.error("range",
               fmt::format("{}..{} does not hold the value {}, expected low <= value <= high",
                           range[0], range[1], value));
  }
  const double scale = scale_of(unit);
  return {scale * value, scale * range[0], scale * range[1]};
}

EnergyEntry read_entry(ConfigReader node, bool has_capacity = false) {
  EnergyEntry entry;
  if (has_capacity) {
    node.required("capacity_kib", entry.capacity_kib, InRange{1U, kMaxCapacityKib});
  }
  node.required("bits", entry.bits, InRange{1U, kMaxBits});
  const Ranged pj = read_value(node, OneOf{kEnergyUnits});
  entry.energy = {pj.value, pj.low, pj.high};
  node.required("node", entry.node, NotEmpty{});
  node.required("source", entry.source, NotEmpty{});
  node.optional("range_source", entry.range_source, NotEmpty{});
  node.reject_unknown();
  return entry;
}

// A list of entries whose `key` (bits or capacity_kib) grows.
std::vector<EnergyEntry> read_points(ConfigReader& root, const std::string& list,
                                     bool has_capacity = false) {
  const char* const key = has_capacity ? "capacity_kib" : "bits";
  const std::size_t errors = root.error_count();
  std::vector<EnergyEntry> points;
  std::uint32_t before = 0;
  for (ConfigReader& node : root.children(list)) {
    points.push_back(read_entry(node, has_capacity));
    const std::uint32_t position = has_capacity ? points.back().capacity_kib : points.back().bits;
    if (position != 0 && position <= before) {
      node.error(key,
                 fmt::format("{} follows {}, expected entries in growing order", position, before));
    }
    before = position != 0 ? position : before;
  }
  if (points.empty() && root.error_count() == errors) {
    root.error(list, "is empty, expected at least one entry");
  }
  return points;
}

StaticPower read_static_power(ConfigReader node) {
  StaticPower power;
  const Ranged milliwatt = read_value(node, OneOf{kPowerUnits});
  power.milliwatt = milliwatt.value;
  power.low_milliwatt = milliwatt.low;
  power.high_milliwatt = milliwatt.high;
  std::string range_source;
  node.required("node", power.node, NotEmpty{});
  node.required("source", power.source, NotEmpty{});
  node.optional("range_source", range_source, NotEmpty{});
  node.reject_unknown();
  return power;
}

EnergyTable read_table(const ConfigFile& file) {
  EnergyTable table;
  ConfigReader root = file.root();
  root.required("name", table.name, NotEmpty{});
  table.adder = read_points(root, "adder");
  table.multiplier = read_points(root, "multiplier");
  table.shifter = read_points(root, "shifter");
  table.comparator = read_points(root, "comparator");
  table.sram = read_points(root, "sram", true);
  table.register_write = read_entry(root.child("register"));
  table.register_file = read_entry(root.child("register_file"));
  table.dram = read_entry(root.child("dram"));
  if (auto power = root.optional_child("static_power")) {
    table.static_power = read_static_power(*power);
  }
  root.reject_unknown();
  file.check();
  return table;
}

}  // namespace

EnergyTable load_energy_table(const std::string& path) {
  return read_table(ConfigFile::load(path));
}

EnergyTable parse_energy_table(const std::string& text, const std::string& file) {
  return read_table(ConfigFile::parse(text, file));
}

}  // namespace systole
