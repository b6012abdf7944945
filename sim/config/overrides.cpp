#include "sim/config/overrides.hpp"

#include <algorithm>

#include "sim/config/checked_yaml.hpp"

namespace systole {
namespace {

std::vector<std::string> split_path(const std::string& path) {
  std::vector<std::string> keys;
  std::size_t begin = 0;
  for (std::size_t dot = path.find('.'); dot != std::string::npos; dot = path.find('.', begin)) {
    keys.push_back(path.substr(begin, dot - begin));
    begin = dot + 1;
  }
  keys.push_back(path.substr(begin));
  return keys;
}

/// Undefined when `node` is no map or has no such key.
YAML::Node lookup(const YAML::Node& node, const std::string& key) {
  if (node.IsDefined() && node.IsMap()) {
    const YAML::Node value = node[key];  // of a const node: makes nothing
    if (value.IsDefined()) {
      return value;
    }
  }
  return YAML::Node{YAML::NodeType::Undefined};
}

void apply(YAML::Node& tree, const std::string& text, ErrorLog& log) {
  const auto equals = text.find('=');
  const auto keys = split_path(text.substr(0, equals));
  if (equals == std::string::npos ||
      std::any_of(keys.begin(), keys.end(), [](const auto& key) { return key.empty(); })) {
    log.add_override(text, "expected key.path=value");
    return;
  }
  YAML::Node at;
  at.reset(tree);
  std::string path;
  for (std::size_t i = 0; i + 1 < keys.size(); ++i) {
    path += (i == 0 ? "" : ".") + keys[i];
    YAML::Node next = lookup(at, keys[i]);
    if (!next.IsDefined() || next.IsNull()) {
      log.mark_overridden(path, text);
      next.reset(YAML::Node{YAML::NodeType::Map});
      at[keys[i]] = next;
    } else if (!next.IsMap()) {
      log.add_override(text, path + ": not a map, expected a key that has keys below it");
      return;
    }
    at.reset(next);  // assignment would overwrite the tree itself
  }
  const std::string target = text.substr(0, equals);
  log.mark_overridden(target, text);
  at[keys.back()] = load_checked_yaml(text.substr(equals + 1), target, log);
}

}  // namespace

void apply_overrides(YAML::Node& tree, const std::vector<std::string>& overrides, ErrorLog& log) {
  if (!tree.IsMap()) {
    return;  // the reader says so
  }
  for (const auto& text : overrides) {
    apply(tree, text, log);
  }
}

YAML::Node find_path(const YAML::Node& tree, const std::string& path) {
  YAML::Node at;
  at.reset(tree);
  for (const auto& key : split_path(path)) {
    at.reset(lookup(at, key));
  }
  return at;
}

}  // namespace systole
