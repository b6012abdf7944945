#include "sim/config/reader.hpp"

#include <algorithm>
#include <unordered_set>

#include "sim/config/checked_yaml.hpp"
#include "sim/config/overrides.hpp"
#include "sim/config/unreadable.hpp"

namespace systole {

std::string detail::found(const YAML::Node& value) {
  if (!value.IsDefined() || value.IsNull()) {
    return "nothing";
  }
  if (value.IsScalar()) {
    return quoted(value.Scalar());
  }
  return value.IsSequence() ? "a list" : "a map";
}

ConfigReader::ConfigReader(const YAML::Node& map, const YAML::Mark& mark, std::string path,
                           std::shared_ptr<ErrorLog> log)
    : mark_{mark}, path_{std::move(path)}, log_{std::move(log)} {
  if (!map.IsDefined() || !map.IsMap()) {
    report(mark_, path_, "expected a map of keys, found " + detail::found(map));
    broken_ = true;
    return;
  }
  entries_.reserve(map.size());
  for (const auto& entry : map) {
    if (entry.first.IsScalar()) {  // what is none was reported as the map was loaded
      entries_.push_back({entry.first.Scalar(), entry.first.Mark(), entry.second});
    }
  }
}

bool ConfigReader::names_readable(const std::string& key, const std::string& file) {
  const std::string why = why_unreadable(file);
  if (!why.empty()) {
    error(key, file + ": " + why);
  }
  return why.empty();
}

ConfigReader ConfigReader::child(const std::string& key) {
  if (auto found = optional_child(key)) {
    return *std::move(found);
  }
  missing(key, "a map of keys");
  ConfigReader absent{YAML::Node{YAML::NodeType::Map}, mark_, path(key), log_};
  absent.broken_ = true;
  return absent;
}

std::optional<ConfigReader> ConfigReader::optional_child(const std::string& key) {
  if (!has(key)) {
    return std::nullopt;
  }
  return ConfigReader{raw(key), mark_of(key), path(key), log_};
}

ConfigReader ConfigReader::child_or_empty(const std::string& key) {
  if (auto found = optional_child(key)) {
    return *std::move(found);
  }
  return {YAML::Node{YAML::NodeType::Map}, mark_, path(key), log_};
}

std::vector<ConfigReader> ConfigReader::children(const std::string& key) {
  if (!has(key)) {
    missing(key, "a list of maps");
  }
  return optional_children(key);
}

std::vector<ConfigReader> ConfigReader::optional_children(const std::string& key) {
  std::vector<ConfigReader> all;
  if (!has(key)) {
    return all;
  }
  const YAML::Node list = raw(key);
  if (!list.IsSequence()) {
    report(mark_of(key), path(key), "expected a list of maps, found " + detail::found(list));
    return all;
  }
  for (const auto& element : list) {
    const std::string at = path(key) + "[" + std::to_string(all.size()) + "]";
    all.push_back(ConfigReader{element, mark_of(element), at, log_});
  }
  return all;
}

bool ConfigReader::has(const std::string& key) {
  if (std::find(known_.begin(), known_.end(), key) == known_.end()) {
    known_.push_back(key);
  }
  return find(key) != nullptr;
}

/// The first one, as in yaml-cpp, whose own search makes an error text for a key that is not there.
const ConfigReader::Entry* ConfigReader::find(const std::string& key) const {
  const auto found = std::find_if(entries_.begin(), entries_.end(),
                                  [&](const Entry& entry) { return entry.key == key; });
  return found == entries_.end() ? nullptr : &*found;
}

YAML::Node ConfigReader::raw(const std::string& key) {
  return has(key) ? find(key)->value : YAML::Node{YAML::NodeType::Undefined};
}

std::vector<std::string> ConfigReader::keys() const {
  std::vector<std::string> all;
  for (const Entry& entry : entries_) {
    all.push_back(entry.key);
  }
  return all;
}

void ConfigReader::error_at(const YAML::Node& where, const std::string& key,
                            const std::string& what) {
  report(mark_of(where), path(key), what);
}

void ConfigReader::error(const std::string& key, const std::string& what) {
  report(mark_of(key), path(key), what);
}

void ConfigReader::reject_unknown() {
  if (broken_) {
    return;
  }
  std::unordered_set<std::string> passed{known_.begin(), known_.end()};  // known or reported
  for (const Entry& entry : entries_) {
    const std::string& key = entry.key;
    if (!passed.insert(key).second) {
      continue;
    }
    const std::string near = did_you_mean(key, known_);
    report(entry.key_mark, path(key),
           "unknown key" + (near.empty() ? ", expected " + choice_list(known_) : near));
  }
}

std::string ConfigReader::path(const std::string& key) const {
  if (key.empty() || path_.empty()) {
    return path_ + key;
  }
  return path_ + "." + key;
}

void ConfigReader::report(const YAML::Mark& mark, const std::string& path,
                          const std::string& what) {
  if (!broken_) {  // else reported already: do not cascade
    log_->add(mark, path, what);
  }
}

void ConfigReader::missing(const std::string& key, const std::string& expected) {
  report(mark_, path(key), "missing, expected " + expected);
}

YAML::Mark ConfigReader::mark_of(const std::string& key) const {
  if (const Entry* const entry = find(key)) {
    // yaml-cpp places a value that is left out at the token after it.
    return entry->value.IsNull() ? entry->key_mark : mark_of(entry->value);
  }
  return mark_;
}

YAML::Mark ConfigReader::mark_of(const YAML::Node& node) const {
  if (!node.IsDefined()) {
    return mark_;
  }
  const YAML::Mark mark = node.Mark();
  return mark.is_null() ? mark_ : mark;
}

ConfigFile::ConfigFile(const YAML::Node& node, std::shared_ptr<ErrorLog> log)
    : node_{node}, log_{std::move(log)} {}

ConfigFile ConfigFile::load(const std::string& file, const std::vector<std::string>& overrides) {
  return parse(read_text_file(file), file, overrides);
}

ConfigFile ConfigFile::parse(const std::string& text, const std::string& file,
                             const std::vector<std::string>& overrides) {
  auto log = std::make_shared<ErrorLog>(file);
  YAML::Node tree = load_checked_yaml(text, "", *log);
  apply_overrides(tree, overrides, *log);
  return {tree, log};
}

ConfigReader ConfigFile::root() const { return {node_, node_.Mark(), "", log_}; }

void ConfigFile::rule_error(const std::vector<std::string>& paths, const std::string& what) {
  for (const auto& path : paths) {
    if (log_->is_overridden(path)) {
      log_->add(YAML::Mark::null_mark(), path, what);
      return;
    }
  }
  for (const auto& path : paths) {
    const YAML::Node value = find_path(node_, path);
    if (value.IsDefined()) {
      log_->add(value.Mark(), path, what);
      return;
    }
  }
  log_->add(node_.Mark(), paths.empty() ? "" : paths.front(), what);
}

}  // namespace systole
