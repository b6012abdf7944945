#include "sim/energy/accelergy.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <map>

#include "sim/config/suggestion.hpp"

namespace systole {
namespace {

/// One action of the ERT with the arguments that it holds for.
struct Action {
  std::string component;
  std::string name;
  std::map<std::string, std::string> arguments;
  double pj = 0;
};

enum class Version { V03, V04 };
constexpr Choice<Version> kVersions[] = {{"0.3", Version::V03}, {"0.4", Version::V04}};

struct Cost {
  const char* name;
  TableEntries EnergyTable::*entries;
};

constexpr Cost kCosts[] = {
    {"mac", &EnergyTable::mac},
    {"adder", &EnergyTable::adder},
    {"multiplier", &EnergyTable::multiplier},
    {"shifter", &EnergyTable::shifter},
    {"comparator", &EnergyTable::comparator},
    {"register", &EnergyTable::register_write},
    {"scratchpad_read", &EnergyTable::scratchpad_read},
    {"scratchpad_write", &EnergyTable::scratchpad_write},
    {"weight_scratchpad_read", &EnergyTable::weight_scratchpad_read},
    {"weight_scratchpad_write", &EnergyTable::weight_scratchpad_write},
    {"accumulators_read", &EnergyTable::accumulators_read},
    {"accumulators_write", &EnergyTable::accumulators_write},
    {"dram", &EnergyTable::dram},
};

/// "chip.pe[0..15].mac" -> "chip.pe.mac".
std::string without_ranges(const std::string& name) {
  std::string out;
  bool inside = false;
  for (const char c : name) {
    inside = inside || c == '[';
    if (!inside) {
      out += c;
    }
    inside = inside && c != ']';
  }
  return out;
}

/// Equal for equal values, however they are laid out.
std::string text_of(const YAML::Node& value) {
  if (value.IsScalar()) {
    const std::string& text = value.Scalar();
    return fmt::format("{}:{}", text.size(), text);  // no text looks like two
  }
  std::vector<std::string> parts;
  if (value.IsMap()) {
    for (const auto& item : value) {
      parts.push_back(text_of(item.first) + ": " + text_of(item.second));
    }
    std::sort(parts.begin(), parts.end());
  } else if (value.IsSequence()) {
    for (const auto& item : value) {
      parts.push_back(text_of(item));
    }
  }
  const std::string text = fmt::format("{}", fmt::join(parts, ", "));
  return value.IsMap() ? "{" + text + "}" : value.IsSequence() ? "[" + text + "]" : "";
}

std::map<std::string, std::string> read_arguments(ConfigReader& node) {
  std::map<std::string, std::string> arguments;
  if (!node.has("arguments")) {
    return arguments;
  }
  const YAML::Node value = node.raw("arguments");
  if (!value.IsMap()) {
    if (!value.IsNull()) {
      node.error("arguments", "expected a map");
    }
    return arguments;
  }
  for (const auto& item : value) {
    arguments[item.first.Scalar()] = text_of(item.second);
  }
  return arguments;
}

std::vector<Action> load_ert(const std::string& path) {
  const ConfigFile file = ConfigFile::load(path);
  ConfigReader root = file.root();
  std::vector<Action> all;
  ConfigReader ert = root.child("ERT");
  Version version{};
  ert.optional("version", version, OneOf{kVersions});
  for (ConfigReader& table : ert.children("tables")) {
    std::string component;
    table.required("name", component, NotEmpty{});
    for (ConfigReader& node : table.children("actions")) {
      Action action;
      action.component = without_ranges(component);
      node.required("name", action.name, NotEmpty{});
      node.required("energy", action.pj, InRange{0.0, 1e9});
      action.arguments = read_arguments(node);
      all.push_back(std::move(action));
    }
  }
  file.check();
  return all;
}

template <typename Field>
std::vector<std::string> names_of(const std::vector<Action>& actions, const Field& field) {
  std::vector<std::string> names;
  for (const Action& action : actions) {
    if (std::find(names.begin(), names.end(), action.*field) == names.end()) {
      names.push_back(action.*field);
    }
  }
  return names;
}

std::vector<Action> named(const std::vector<Action>& actions, std::string Action::*field,
                          const std::string& name) {
  std::vector<Action> found;
  std::copy_if(actions.begin(), actions.end(), std::back_inserter(found),
               [&](const Action& action) { return action.*field == name; });
  return found;
}

/// The entry that one key of the map asks for; none after an error, nor without an ERT.
std::optional<TableEntry> entry_for(ConfigReader node, const std::vector<Action>& ert,
                                    const std::string& file) {
  const std::size_t errors = node.error_count();
  std::string component;
  std::string action;
  TableEntry entry;
  node.required("component", component, NotEmpty{});
  node.required("action", action, NotEmpty{});
  node.required("bits", entry.bits, InRange{1U, 65536U});
  const auto arguments = read_arguments(node);
  node.reject_unknown();
  if (node.error_count() != errors || ert.empty()) {
    return std::nullopt;
  }
  const auto refuse = [&](const char* key, const std::string& found,
                          const std::vector<std::string>& known) {
    node.error(key, fmt::format("{} has {}, found {}{}", file, choice_list(known), quoted(found),
                                did_you_mean(found, known)));
    return std::nullopt;
  };
  const auto of_component = named(ert, &Action::component, without_ranges(component));
  if (of_component.empty()) {
    return refuse("component", component, names_of(ert, &Action::component));
  }
  auto found = named(of_component, &Action::name, action);
  if (found.empty()) {
    return refuse("action", action, names_of(of_component, &Action::name));
  }
  if (node.has("arguments")) {
    found.erase(std::remove_if(found.begin(), found.end(),
                               [&](const Action& a) { return a.arguments != arguments; }),
                found.end());
  }
  if (found.size() != 1) {
    node.error("arguments", fmt::format("{} energies of {}.{} in {} have these arguments, expected "
                                        "one",
                                        found.size(), component, action, file));
    return std::nullopt;
  }
  entry.value = {found[0].pj, found[0].pj, found[0].pj};
  entry.node = "as the ERT's";
  entry.source = fmt::format("{}, {}.{}", file, component, action);
  return entry;
}

}  // namespace

std::vector<std::string> apply_accelergy(ConfigReader map, const std::filesystem::path& folder,
                                         EnergyTable& table) {
  std::string file;
  map.required("file", file, NotEmpty{});
  const std::string path = (folder / file).lexically_normal().string();
  std::vector<Action> ert;
  std::vector<std::string> mistakes;
  if (!file.empty() && map.names_readable("file", path)) {
    try {
      ert = load_ert(path);
      if (ert.empty()) {
        map.error("file", path + " has no actions, expected a table of energies");
      }
    } catch (const ConfigError& e) {
      mistakes = e.lines();
    }
  }
  std::vector<std::string> taken;
  for (const Cost& cost : kCosts) {
    if (auto node = map.optional_child(cost.name)) {
      if (const auto entry = entry_for(*node, ert, file)) {
        table.*cost.entries = {*entry};
        taken.emplace_back(cost.name);
      }
    }
  }
  map.reject_unknown();
  table.notes.push_back(fmt::format("from {}: {}", file, fmt::join(taken, ", ")));
  return mistakes;
}

}  // namespace systole
