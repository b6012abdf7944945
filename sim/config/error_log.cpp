#include "sim/config/error_log.hpp"

#include <algorithm>
#include <tuple>

namespace systole {
namespace {

std::string join(const std::vector<std::string>& lines) {
  std::string text;
  for (const auto& line : lines) {
    text += (text.empty() ? "" : "\n") + line;
  }
  return text;
}

/// Whether `path` is `root` or lies below it: array covers array.rows, not array2.
bool covers(const std::string& root, const std::string& path) {
  return path.compare(0, root.size(), root) == 0 &&
         (path.size() == root.size() || path[root.size()] == '.' || path[root.size()] == '[');
}

// yaml-cpp: from 0, -1 for "nowhere".
int line_of(const YAML::Mark& mark) { return std::max(mark.line, 0) + 1; }
int column_of(const YAML::Mark& mark) { return std::max(mark.column, 0) + 1; }

}  // namespace

ConfigError::ConfigError(const std::vector<std::string>& lines)
    : std::runtime_error{join(lines)}, lines_{lines} {}

void ErrorLog::mark_overridden(const std::string& path, const std::string& override_text) {
  overrides_.push_back({path, override_text});
}

const ErrorLog::Override* ErrorLog::find_override(const std::string& path) const {
  const auto last = std::find_if(overrides_.rbegin(), overrides_.rend(),
                                 [&](const auto& o) { return covers(o.path, path); });
  return last == overrides_.rend() ? nullptr : &*last;
}

bool ErrorLog::is_overridden(const std::string& path) const {
  return find_override(path) != nullptr;
}

void ErrorLog::add_override(const std::string& override_text, const std::string& what) {
  entries_.push_back({0, 0, "--set " + override_text + ": " + what});
}

void ErrorLog::add(const YAML::Mark& mark, const std::string& path, const std::string& what) {
  const std::string about = path.empty() ? what : path + ": " + what;
  if (const Override* by = find_override(path); by != nullptr) {
    add_override(by->text, about);
    return;
  }
  entries_.push_back({line_of(mark), column_of(mark), in_file(mark, about)});
}

std::string ErrorLog::place(const YAML::Mark& mark, const std::string& path) const {
  const Override* const by = find_override(path);
  return by != nullptr ? "--set " + by->text + ": " + path : in_file(mark, path);
}

std::string ErrorLog::in_file(const YAML::Mark& mark, const std::string& text) const {
  return file_ + ":" + std::to_string(line_of(mark)) + ":" + std::to_string(column_of(mark)) +
         ": " + text;
}

void ErrorLog::check() const {
  if (entries_.empty()) {
    return;
  }
  auto sorted = entries_;
  std::stable_sort(sorted.begin(), sorted.end(), [](const Entry& a, const Entry& b) {
    return std::tie(a.line, a.column) < std::tie(b.line, b.column);
  });
  std::vector<std::string> lines;
  lines.reserve(sorted.size());
  for (auto& entry : sorted) {
    lines.push_back(std::move(entry.text));
  }
  throw ConfigError{lines};
}

}  // namespace systole
