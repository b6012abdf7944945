#pragma once

#include <yaml-cpp/mark.h>

#include <stdexcept>
#include <string>
#include <utility>
#include <vector>

namespace systole {

/// Everything wrong with a file, one "FILE:LINE:COLUMN: key.path: what" per line.
class ConfigError : public std::runtime_error {
 public:
  explicit ConfigError(const std::vector<std::string>& lines);
  const std::vector<std::string>& lines() const { return lines_; }

 private:
  std::vector<std::string> lines_;
};

/// Collects the errors of one file in any order and gives them back in the
/// order of their places. An error of a key that an override (--set) gave names
/// the override instead of a place in the file.
class ErrorLog {
 public:
  explicit ErrorLog(std::string file) : file_{std::move(file)} {}

  const std::string& file() const { return file_; }

  /// From now on `path` and all below it come from `override_text`.
  void mark_overridden(const std::string& path, const std::string& override_text);
  bool is_overridden(const std::string& path) const;
  /// An override that cannot be applied at all.
  void add_override(const std::string& override_text, const std::string& what);

  /// `path` may be empty: the error is of the file as a whole.
  void add(const YAML::Mark& mark, const std::string& path, const std::string& what);

  /// "FILE:LINE:COLUMN: PATH", or "--set OVERRIDE: PATH", for errors that show when the file has
  /// long been read.
  std::string place(const YAML::Mark& mark, const std::string& path) const;

  bool empty() const { return entries_.empty(); }
  std::size_t count() const { return entries_.size(); }
  /// Throws ConfigError if there are errors.
  void check() const;

 private:
  struct Override {
    std::string path;
    std::string text;
  };
  struct Entry {
    int line = 0;  // from 1; 0 for an override
    int column = 0;
    std::string text;
  };
  std::string in_file(const YAML::Mark& mark, const std::string& text) const;
  const Override* find_override(const std::string& path) const;

  std::string file_;
  std::vector<Override> overrides_;
  std::vector<Entry> entries_;
};

}  // namespace systole
