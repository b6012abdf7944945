#pragma once

#include <yaml-cpp/yaml.h>

#include <limits>
#include <memory>
#include <optional>
#include <string>
#include <type_traits>
#include <utility>
#include <vector>

#include "sim/config/check.hpp"
#include "sim/config/error_log.hpp"
#include "sim/config/scalar.hpp"
#include "sim/config/suggestion.hpp"

namespace systole {

/// Reads one YAML map into a struct. Errors are collected, not thrown, so a user
/// sees every mistake of a file in one run; ConfigFile::check() throws. A value
/// in error leaves `out` as it was.
///
/// Types of `out`: integers, double, bool, std::string, enumerations (by a OneOf
/// table), and std::vector of these (the check holds for each element).
class ConfigReader {
 public:
  template <typename T, typename Check = AnyValue>
  void required(const std::string& key, T& out, const Check& check = {}) {
    if (!optional(key, out, check)) {
      missing(key, expectation<T>(check));
    }
  }

  /// Keeps `out` when the key is absent and returns false. A key without a value is an error.
  template <typename T, typename Check = AnyValue>
  bool optional(const std::string& key, T& out, const Check& check = {}) {
    if (!has(key)) {
      return false;
    }
    read_at(mark_of(key), raw(key), path(key), out, check);
    return true;
  }

  /// Whether the file that `key` names, at `file`, can be opened; if not, that is an error.
  bool names_readable(const std::string& key, const std::string& file);

  /// A map below this one. When it is missing or no map, that is reported once
  /// and the reader given back reads nothing and reports nothing.
  ConfigReader child(const std::string& key);
  std::optional<ConfigReader> optional_child(const std::string& key);
  /// An absent map reads like an empty one: every key keeps its default.
  ConfigReader child_or_empty(const std::string& key);

  /// A list of maps; the path of an element is `layers[3]`.
  std::vector<ConfigReader> children(const std::string& key);
  std::vector<ConfigReader> optional_children(const std::string& key);

  /// Whether the key is given; counts as read.
  bool has(const std::string& key);
  /// The value as it is, undefined when absent; counts as read.
  YAML::Node raw(const std::string& key);
  /// All keys of the map, in the order of the file; they do not count as read.
  std::vector<std::string> keys() const;

  /// Reads any node, for values that may be of several kinds: `key` is relative
  /// to this map ("stride[1]"). Returns false after reporting an error.
  template <typename T, typename Check = AnyValue>
  bool read(const YAML::Node& value, const std::string& key, T& out, const Check& check = {}) {
    return read_at(mark_of(value), value, path(key), out, check);
  }
  /// A reader of any node that should be a map; `key` is relative to this map.
  ConfigReader map(const YAML::Node& value, const std::string& key) {
    return {value, mark_of(value), path(key), log_};
  }

  /// Adds an error about `key` of this map (empty: the map itself); the place is
  /// that of `where`, or of the map when `where` has none.
  void error_at(const YAML::Node& where, const std::string& key, const std::string& what);
  /// The same at the key's value, or at the map when the key is absent.
  void error(const std::string& key, const std::string& what);

  /// Call last: any key that was not read is an error, with a suggestion.
  void reject_unknown();

  /// `key` with the path of this map in front; for an empty key the path of this map.
  std::string path(const std::string& key) const;
  /// "FILE:LINE:COLUMN: " of the key's value, or "--set OVERRIDE: ", and its path().
  std::string place(const std::string& key) const { return log_->place(mark_of(key), path(key)); }
  /// Errors of the whole file so far: what was read between two equal counts is good.
  std::size_t error_count() const { return log_->count(); }
  /// False when the map is missing or no map (reported already).
  bool ok() const { return !broken_; }

 private:
  friend class ConfigFile;
  ConfigReader(const YAML::Node& map, const YAML::Mark& mark, std::string path,
               std::shared_ptr<ErrorLog> log);

  struct Entry {
    std::string key;
    YAML::Mark key_mark;
    YAML::Node value;
  };

  const Entry* find(const std::string& key) const;
  void report(const YAML::Mark& mark, const std::string& path, const std::string& what);
  void missing(const std::string& key, const std::string& expected);
  /// Of a value of this map: its own place, or its key's for one that is left out.
  YAML::Mark mark_of(const std::string& key) const;
  YAML::Mark mark_of(const YAML::Node& node) const;

  template <typename T, typename Check>
  static std::string expectation(const Check& check);
  template <typename T, typename Check>
  bool read_at(const YAML::Mark& mark, const YAML::Node& value, const std::string& path, T& out,
               const Check& check);
  template <typename T, typename Check>
  bool read_list(const YAML::Mark& mark, const YAML::Node& value, const std::string& path,
                 std::vector<T>& out, const Check& check);

  std::vector<Entry> entries_;  // of the map, in the order of the file
  YAML::Mark mark_;
  std::string path_;
  std::shared_ptr<ErrorLog> log_;
  std::vector<std::string> known_;  // keys asked for, for reject_unknown()
  bool broken_ = false;             // missing or not a map, already reported
};

/// One YAML file, with overrides `key.path=value` (from --set) applied to its tree.
/// root() reads it; check() throws ConfigError if anything failed.
///
/// What the whole file cannot survive (unreadable, too large, not YAML, two
/// documents, anchors, aliases, tags) is thrown by load() and parse().
class ConfigFile {
 public:
  static ConfigFile load(const std::string& file, const std::vector<std::string>& overrides = {});
  static ConfigFile parse(const std::string& text, const std::string& file,
                          const std::vector<std::string>& overrides = {});
  ConfigReader root() const;

  /// An error of a rule between keys (whole paths, "dma.bus_bytes"), placed at the
  /// first of them that an override gave, else at the first that the file gives.
  void rule_error(const std::vector<std::string>& paths, const std::string& what);

  const std::string& name() const { return log_->file(); }
  /// Whether an override gave this key (whole path).
  bool is_overridden(const std::string& path) const { return log_->is_overridden(path); }

  /// False when errors were collected: rules between keys are not worth checking then.
  bool ok() const { return log_->empty(); }
  void check() const { log_->check(); }

 private:
  ConfigFile(const YAML::Node& node, std::shared_ptr<ErrorLog> log);
  YAML::Node node_;
  std::shared_ptr<ErrorLog> log_;
};

// Templates only below.

namespace detail {

template <typename T>
struct IsVector : std::false_type {};
template <typename T>
struct IsVector<std::vector<T>> : std::true_type {};

template <typename Check>
struct IsOneOf : std::false_type {};
template <typename E>
struct IsOneOf<OneOf<E>> : std::true_type {};

template <typename T>
std::string kind_of() {
  if constexpr (std::is_same_v<T, bool>) {
    return "true or false";
  } else if constexpr (std::is_integral_v<T>) {
    return "an integer";
  } else if constexpr (std::is_same_v<T, double>) {
    return "a number";
  } else {
    static_assert(std::is_same_v<T, std::string>, "this type cannot be read from YAML");
    return "a text";
  }
}

/// "a list", "a map", "nothing" or the text in quotes.
std::string found(const YAML::Node& value);

template <typename T>
ScalarResult parse_scalar(const YAML::Node& value, bool non_finite, T& out) {
  if constexpr (std::is_same_v<T, std::string>) {
    out = value.Scalar();
    return ScalarResult::Ok;
  } else if (value.Tag() == "!") {  // in quotes: "16" is a text
    return ScalarResult::WrongKind;
  } else if constexpr (std::is_same_v<T, bool>) {
    return parse_bool(value.Scalar(), out);
  } else if constexpr (std::is_integral_v<T>) {
    return parse_integer(value.Scalar(), out);
  } else {
    return parse_double(value.Scalar(), non_finite, out);
  }
}

}  // namespace detail

template <typename T, typename Check>
std::string ConfigReader::expectation(const Check& check) {
  if constexpr (detail::IsVector<T>::value) {
    return "a list, each " + expectation<typename T::value_type>(check);
  } else if constexpr (detail::IsOneOf<Check>::value) {
    return choice_list(check.names());
  } else if constexpr (std::is_same_v<Check, AnyValue> && std::is_integral_v<T> &&
                       !std::is_same_v<T, bool>) {
    using Limits = std::numeric_limits<T>;
    return InRange<T>{Limits::min(), Limits::max()}.expected(detail::kind_of<T>());
  } else {
    return check.expected(detail::kind_of<T>());
  }
}

template <typename T, typename Check>
bool ConfigReader::read_at(const YAML::Mark& mark, const YAML::Node& value, const std::string& path,
                           T& out, const Check& check) {
  if constexpr (detail::IsVector<T>::value) {
    return read_list(mark, value, path, out, check);
  } else {
    const auto expected = [&] { return "expected " + expectation<T>(check); };
    if (!value.IsDefined() || !value.IsScalar()) {
      report(mark, path, expected() + ", found " + detail::found(value));
      return false;
    }
    if constexpr (detail::IsOneOf<Check>::value) {
      for (const auto& choice : check) {
        if (choice.name == value.Scalar()) {
          out = choice.value;
          return true;
        }
      }
      report(mark, path,
             expected() + ", found " + detail::found(value) +
                 did_you_mean(value.Scalar(), check.names()));
      return false;
    } else {
      T parsed{};
      const auto result = detail::parse_scalar(value, std::is_same_v<Check, AnyDouble>, parsed);
      if (result == ScalarResult::Ok && check(parsed)) {
        out = std::move(parsed);
        return true;
      }
      if (result == ScalarResult::WrongKind || std::is_same_v<T, std::string>) {
        const bool in_quotes = result == ScalarResult::WrongKind && value.Tag() == "!";
        report(mark, path,
               expected() + ", found " + (in_quotes ? "the text " : "") + detail::found(value));
      } else {
        report(mark, path, shortened(value.Scalar()) + " is out of range, " + expected());
      }
      return false;
    }
  }
}

template <typename T, typename Check>
bool ConfigReader::read_list(const YAML::Mark& mark, const YAML::Node& value,
                             const std::string& path, std::vector<T>& out, const Check& check) {
  if (!value.IsDefined() || !value.IsSequence()) {
    report(mark, path,
           "expected " + expectation<std::vector<T>>(check) + ", found " + detail::found(value));
    return false;
  }
  std::vector<T> elements;
  bool good = true;
  std::size_t index = 0;
  for (const auto& node : value) {  // value[i] is linear in i
    T element{};
    const std::string at = path + "[" + std::to_string(index++) + "]";
    good = read_at(mark_of(node), node, at, element, check) && good;
    elements.push_back(std::move(element));
  }
  if (good) {
    out = std::move(elements);
  }
  return good;
}

}  // namespace systole
