#include "sim/energy/energy_table.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <filesystem>
#include <iterator>
#include <optional>

#include "sim/config/accelerator_keywords.hpp"
#include "sim/config/digest.hpp"
#include "sim/config/reader.hpp"
#include "sim/energy/accelergy.hpp"
#include "sim/energy/table_keys.hpp"

namespace systole {
namespace {

using namespace table_keys;

constexpr std::uint32_t kMaxBits = 65536;
constexpr std::uint32_t kMaxCapacityKib = 1048576;
constexpr int kMaxBases = 4;  // a table, its base, and so on
// Beyond these, a value is a slip of the decimal point.
constexpr InRange<double> kValues{1e-6, 1e6};

/// Reads one file into `table`, which holds what its base has.
class TableReader {
 public:
  TableReader(const ConfigFile& file, int bases) : file_{file}, bases_{bases} {}

  EnergyTable read() {
    ConfigReader root = file_.root();
    ert_ = root.optional_child("accelergy");
    read_base(root);
    root.required("name", table_.name, NotEmpty{});
    root.optional("node", node_, NotEmpty{});
    root.optional("source", source_, NotEmpty{});
    ProcessNode process{};
    if (root.optional("process", process, OneOf{keywords::kProcessNode})) {
      table_.process = process;
    }
    read_not_published(root);
    clear_base(root);
    for (const List& list : kRequired) {
      read_list(root, list, OneOf{kEnergyUnits}, !known(list.name));
    }
    for (const List& list : kOptional) {
      read_list(root, list, OneOf{kEnergyUnits}, false);
    }
    for (const List& list : kSingle) {
      read_single(root, list, OneOf{kEnergyUnits}, !known(list.name));
    }
    read_single(root, kStaticPower, OneOf{kPowerUnits}, false);
    check_given_once(root, kRequired);
    check_given_once(root, kOptional);
    check_given_once(root, kSingle);
    if (auto memories = root.optional_child("memories")) {
      for (const List& list : kMemories) {
        read_single(*memories, list, OneOf{kEnergyUnits}, false);
      }
      check_given_once(*memories, kMemories);
      memories->reject_unknown();
    }
    read_group(root, "leakage", kLeakage, std::size(kLeakage), OneOf{kPowerUnits});
    read_group(root, "area", kArea, std::size(kArea), OneOf{kAreaUnits});
    if (ert_) {
      if (!root.has("process")) {
        table_.process.reset();  // the ERT's is not known
      }
      const auto mistakes = apply_accelergy(*std::move(ert_), folder(), table_);
      others_.insert(others_.end(), mistakes.begin(), mistakes.end());
      joule_unit_ = true;  // an ERT's energies are picojoules
    }
    if (mac_unit_ && joule_unit_) {
      root.error("", "has energies in MAC and in joules or watts, expected one of the two");
    }
    settle_not_published();
    table_.normalized = table_.normalized || mac_unit_;
    root.reject_unknown();
    check();
    return std::move(table_);
  }

 private:
  /// Throws what is wrong in this file and in those that it names.
  void check() {
    try {
      file_.check();
    } catch (const ConfigError& e) {
      others_.insert(others_.begin(), e.lines().begin(), e.lines().end());
    }
    if (!others_.empty()) {
      throw ConfigError{others_};
    }
  }

  std::filesystem::path folder() const { return std::filesystem::path{file_.name()}.parent_path(); }

  void read_base(ConfigReader& root) {
    std::string base;
    if (!root.optional("base", base, NotEmpty{})) {
      return;
    }
    has_base_ = true;
    if (bases_ >= kMaxBases) {
      root.error("base", fmt::format("is the base of {} tables on top of one another, expected at "
                                     "most {}: does one stand on itself?",
                                     bases_, kMaxBases - 1));
      return;
    }
    const std::string path = (folder() / base).lexically_normal().string();
    if (!root.names_readable("base", path)) {
      return;
    }
    try {
      table_ = TableReader{ConfigFile::load(path), bases_ + 1}.read();
    } catch (const ConfigError& e) {
      others_ = e.lines();
      return;
    }
    table_.notes.insert(table_.notes.begin(), "what it does not give is of " + table_.name);
    joule_unit_ = !table_.normalized;
    mac_unit_ = table_.normalized;
  }

  /// This file, itself or by the ERT that it names.
  bool gives(ConfigReader& root, const std::string& list) {
    return root.has(list) || (ert_ && ert_->has(list));
  }

  /// Not by the ERT, too.
  template <std::size_t kCount>
  void check_given_once(ConfigReader& node, const List (&lists)[kCount]) {
    for (const List& list : lists) {
      if (ert_ && ert_->has(list.name) && node.has(list.name)) {
        node.error(list.name, "is given by accelergy, too, expected one of both");
      }
    }
  }

  /// What is given here holds, and not what the base puts in its place.
  void clear_base(ConfigReader& root) {
    if (gives(root, "mac") || gives(root, "multiplier")) {
      for (const auto list : {&EnergyTable::pe, &EnergyTable::pe_composable,
                              &EnergyTable::leakage_pe, &EnergyTable::leakage_pe_composable,
                              &EnergyTable::area_pe, &EnergyTable::area_pe_composable}) {
        (table_.*list).clear();
      }
    }
    if (gives(root, "multiplier")) {
      table_.mac.clear();
    }
    if (gives(root, "dram")) {
      table_.dram_standards.clear();
    }
  }

  void read_not_published(ConfigReader& root) {
    if (!root.optional("not_published", not_published_)) {
      return;
    }
    std::vector<std::string> names;
    for (const List& list : kRequired) {
      names.emplace_back(list.name);
    }
    for (const List& list : kSingle) {
      names.emplace_back(list.name);
    }
    for (const std::string& name : not_published_) {
      if (std::find(names.begin(), names.end(), name) == names.end()) {
        root.error("not_published", fmt::format("expected {}, found {}{}", choice_list(names),
                                                quoted(name), did_you_mean(name, names)));
      } else if (gives(root, name)) {
        root.error("not_published", quoted(name) + " is given in this table, expected one of both");
      }
    }
  }

  // What is said to be given by nobody holds against the base, which may have it, or lack more.
  void settle_not_published() {
    const auto settle = [this](const List& list) {
      TableEntries& entries = table_.*list.entries;
      const auto is_it = [&](const std::string& name) { return name == list.name; };
      if (std::any_of(not_published_.begin(), not_published_.end(), is_it)) {
        entries.clear();
        if (std::none_of(table_.not_published.begin(), table_.not_published.end(), is_it)) {
          table_.not_published.emplace_back(list.name);
        }
      }
      if (!entries.empty()) {
        auto& names = table_.not_published;
        names.erase(std::remove_if(names.begin(), names.end(), is_it), names.end());
      }
    };
    std::for_each(std::begin(kRequired), std::end(kRequired), settle);
    std::for_each(std::begin(kSingle), std::end(kSingle), settle);
  }

  // Given by the base, or said to be given by nobody.
  bool known(const std::string& list) const {
    return has_base_ ||
           std::find(not_published_.begin(), not_published_.end(), list) != not_published_.end();
  }

  // `value`, `unit` and the optional `range`.
  Bounded read_value(ConfigReader& node, const OneOf<Unit>& units) {
    const std::size_t errors = node.error_count();
    double value = 0;
    Unit unit = units.begin()->value;
    std::vector<double> range;
    node.required("value", value, kValues);
    if (node.required("unit", unit, units); node.error_count() == errors) {
      mac_unit_ = mac_unit_ || unit == Unit::Mac;
      joule_unit_ = joule_unit_ || in_joules(unit);
    }
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

  TableEntry read_entry(ConfigReader node, Key key, const OneOf<Unit>& units) {
    TableEntry entry;
    entry.node = node_;
    entry.source = source_;
    if (key == Key::Capacity || key == Key::CapacityAndBits) {
      node.required("capacity_kib", entry.capacity_kib, InRange{1U, kMaxCapacityKib});
    }
    if (key == Key::Standard) {
      node.required("standard", entry.standard, NotEmpty{});
    }
    if (key == Key::FloatBits) {
      read_float_bits(node, entry.bits);
    } else if (key != Key::Capacity && key != Key::None) {
      node.required("bits", entry.bits, InRange{1U, kMaxBits});
    }
    entry.value = read_value(node, units);
    read_text(node, "node", entry.node);
    read_text(node, "source", entry.source);
    node.optional("range_source", entry.range_source, NotEmpty{});
    node.reject_unknown();
    return entry;
  }

  static void read_float_bits(ConfigReader& node, std::uint32_t& bits) {
    const std::size_t errors = node.error_count();
    node.required("bits", bits, InRange{16U, 32U});
    if (node.error_count() == errors && bits != 16 && bits != 32) {
      node.error("bits", fmt::format("{} given, expected 16 or 32", bits));
    }
  }

  // Required unless the table says it once for all entries.
  static void read_text(ConfigReader& node, const char* key, std::string& text) {
    if (text.empty()) {
      node.required(key, text, NotEmpty{});
    } else {
      node.optional(key, text, NotEmpty{});
    }
  }

  void read_list(ConfigReader& root, const List& list, const OneOf<Unit>& units, bool required) {
    if (!required && !root.has(list.name)) {
      return;
    }
    const std::size_t errors = root.error_count();
    TableEntries entries;
    for (ConfigReader& node : root.children(list.name)) {
      const std::size_t before = root.error_count();
      entries.push_back(read_entry(node, list.key, units));
      if (root.error_count() == before && list.key == Key::Standard) {
        check_standard(node, entries);
      } else if (root.error_count() == before && entries.size() > 1) {
        check_order(node, list.key, entries[entries.size() - 2], entries.back());
      }
    }
    if (entries.empty() && root.error_count() == errors) {
      root.error(list.name, "is empty, expected at least one entry");
    }
    table_.*list.entries = std::move(entries);
  }

  /// The last one's.
  static void check_standard(ConfigReader& node, const TableEntries& entries) {
    const std::string& name = entries.back().standard;
    if (name == kDefaultDram) {
      node.error("standard", quoted(name) +
                                 " is what energy.dram takes where it names none, "
                                 "expected the name of a standard");
    }
    if (std::any_of(entries.begin(), entries.end() - 1,
                    [&](const TableEntry& entry) { return entry.standard == name; })) {
      node.error("standard", quoted(name) + " is given twice");
    }
  }

  static void check_order(ConfigReader& node, Key key, const TableEntry& before,
                          const TableEntry& entry) {
    const auto say = [&](const char* name, std::uint32_t value, std::uint32_t previous) {
      node.error(name,
                 fmt::format("{} follows {}, expected entries in growing order", value, previous));
    };
    const bool by_capacity = key == Key::Capacity || key == Key::CapacityAndBits;
    const bool same_capacity = entry.capacity_kib == before.capacity_kib;
    if (by_capacity && (entry.capacity_kib < before.capacity_kib ||
                        (same_capacity && (key == Key::Capacity || entry.bits == before.bits)))) {
      say("capacity_kib", entry.capacity_kib, before.capacity_kib);
    } else if (key != Key::Capacity && same_capacity && entry.bits <= before.bits) {
      say("bits", entry.bits, before.bits);
    }
  }

  void read_single(ConfigReader& root, const List& list, const OneOf<Unit>& units, bool required) {
    if (required || root.has(list.name)) {
      table_.*list.entries = {read_entry(root.child(list.name), list.key, units)};
    }
  }

  void read_group(ConfigReader& root, const char* key, const List* lists, std::size_t count,
                  const OneOf<Unit>& units) {
    if (auto group = root.optional_child(key)) {
      for (std::size_t i = 0; i < count; ++i) {
        read_list(*group, lists[i], units, false);
      }
      group->reject_unknown();
    }
  }

  const ConfigFile& file_;
  int bases_;
  EnergyTable table_;
  std::optional<ConfigReader> ert_;  // which of its costs an Accelergy table gives
  bool has_base_ = false;
  std::string node_;    // of every entry that has no own
  std::string source_;  // the same
  std::vector<std::string> not_published_;
  bool mac_unit_ = false;
  bool joule_unit_ = false;
  std::vector<std::string> others_;  // what is wrong in other files
};

/// What runs are priced with; not where it comes from, nor in which file and order it stands.
std::string digest_of_values(const EnergyTable& table) {
  std::string lines = fmt::format("{} {}\n", table.normalized,
                                  table.process ? static_cast<int>(*table.process) : -1);
  const auto add = [&](const char* group, const List& list) {
    for (const TableEntry& e : table.*list.entries) {
      lines += fmt::format("{}.{} {} {} {} {} {} {}\n", group, list.name, e.bits, e.capacity_kib,
                           e.standard, e.value.value, e.value.low, e.value.high);
    }
  };
  const auto add_all = [&](const char* group, const auto& lists) {
    for (const List& list : lists) {
      add(group, list);
    }
  };
  add_all("energy", kRequired);
  add_all("energy", kOptional);
  add_all("energy", kSingle);
  add_all("memories", kMemories);
  add_all("leakage", kLeakage);
  add_all("area", kArea);
  add("power", kStaticPower);
  return digest(lines);
}

EnergyTable read_table(const ConfigFile& file) {
  EnergyTable table = TableReader{file, 1}.read();
  table.digest = digest_of_values(table);
  if (!table.not_published.empty()) {
    table.notes.push_back(fmt::format("not in the table, and counted as nothing: {}",
                                      fmt::join(table.not_published, ", ")));
  }
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
