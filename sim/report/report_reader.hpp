#pragma once

#include <cstdint>
#include <functional>
#include <limits>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

namespace systole {

/// What is wrong with a report that was read back, so that a user sees all of it in one run.
class ReportErrors {
 public:
  explicit ReportErrors(std::string file) : file_{std::move(file)} {}

  /// "FILE: path: what"; an empty path is the report's as a whole.
  void add(const std::string& path, const std::string& what);
  /// A line that says already where.
  void add_line(const std::string& line);

  std::size_t count() const { return count_; }
  const std::string& file() const { return file_; }
  /// In the order in which they came; of more than a hundred the first, and how many there are.
  std::vector<std::string> lines() const;
  /// Throws ConfigError if there are any.
  void check() const;

 private:
  std::string file_;
  std::vector<std::string> lines_;
  std::size_t count_ = 0;
};

/// One object of a report, with its path for messages. What is missing or of another kind is added
/// to `errors`, which outlives it, and reads as nothing or 0.
class ReportObject {
 public:
  using Json = nlohmann::ordered_json;

  /// What is no object is told here, once: none of its keys are missed.
  ReportObject(const Json& json, ReportErrors& errors, std::string path);

  /// False where it is missing or no object, which has been told.
  bool ok() const { return json_ != nullptr; }
  bool has(const char* key) const { return json_ != nullptr && json_->contains(key); }
  /// Null where it is missing.
  const Json* find(const char* key) const;
  std::string text(const char* key) const;
  std::uint64_t count(const char* key, std::uint64_t most = kMostCount) const;
  double number(const char* key) const;
  /// A number from 0 to `most`.
  double amount(const char* key, double most = std::numeric_limits<double>::infinity()) const;
  std::vector<std::string> texts(const char* key) const;  ///< of a list
  std::vector<double> numbers(const char* key) const;
  ReportObject object(const char* key) const;
  /// Gives each object of a list to `use`.
  void each(const char* key, const std::function<void(const ReportObject&)>& use) const;
  /// Of a list that is not empty.
  void each_of_some(const char* key, const std::function<void(const ReportObject&)>& use) const;

  /// All keys, in the order of the report.
  std::vector<std::string> keys() const;
  std::string path(const std::string& key) const { return path_.empty() ? key : path_ + "." + key; }
  void error(const std::string& key, const std::string& what) const;
  /// Of the whole report so far.
  std::size_t error_count() const { return errors_->count(); }

  template <typename Value, std::size_t N>
  Value choice(const char* key, const Value (&values)[N], const char* (*name)(Value)) const {
    const std::size_t errors = errors_->count();
    const std::string given = text(key);
    for (const Value value : values) {
      if (given == name(value)) {
        return value;
      }
    }
    if (json_ != nullptr && errors_->count() == errors) {
      error(key, "unknown: '" + given + "'");
    }
    return values[0];
  }

  /// Doubles, which energies are computed in, hold every count up to here; no run comes near.
  static constexpr std::uint64_t kMostCount = std::uint64_t{1} << 53U;

 private:
  ReportObject(ReportErrors& errors, std::string path) : errors_{&errors}, path_{std::move(path)} {}
  const Json* find(const char* key, bool (Json::*is)() const noexcept, const char* kind) const;
  /// A list of such alone, or null.
  const Json* find_list(const char* key, bool (Json::*is)() const noexcept, const char* kind) const;

  const Json* json_ = nullptr;  // none where it is no object
  ReportErrors* errors_;
  std::string path_;
};

}  // namespace systole
