#pragma once

#include <fmt/format.h>

#include <algorithm>
#include <boost/program_options/variables_map.hpp>
#include <charconv>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "sim/app/command_table.hpp"
#include "sim/app/options.hpp"
#include "sim/config/scalar.hpp"
#include "sim/config/suggestion.hpp"

namespace systole::app {

/// What was given to one command.
class Arguments {
 public:
  /// Throws UsageError for what the command does not know.
  Arguments(const CommandHelp& command, const std::vector<std::string>& words);

  bool has(const std::string& option) const { return values_.count(option) != 0; }

  std::optional<std::string> text(const std::string& option) const {
    if (!has(option)) {
      return std::nullopt;
    }
    const auto& value = values_[option].as<std::string>();
    if (value.empty()) {
      fail(fmt::format("--{} needs a value", option));
    }
    return value;
  }

  std::string required(const std::string& option) const {
    const auto value = text(option);
    if (!value) {
      fail(fmt::format("--{} is missing", option));
    }
    return *value;
  }

  /// The word that belongs to no option.
  std::string operand() const {
    if (!has("surplus")) {
      fail(fmt::format("{} is missing", command_.operand));
    }
    return list("surplus").front();
  }

  /// The words that belong to no option, where a command takes many.
  std::vector<std::string> operands(std::size_t least) const {
    auto words = list("surplus");
    if (words.size() < least) {
      fail(fmt::format("expected {} {} or more, found {}", least, command_.operand, words.size()));
    }
    return words;
  }

  std::vector<std::string> list(const std::string& option) const {
    return has(option) ? values_[option].as<std::vector<std::string>>()
                       : std::vector<std::string>{};
  }

  /// KEY=VALUE of each --set. As in YAML, a key that is given twice is an error: the first value
  /// would go, unread.
  std::vector<std::string> overrides() const;

  std::optional<std::uint64_t> count(const std::string& option, std::uint64_t least = 1) const {
    const auto given = text(option);
    if (!given) {
      return std::nullopt;
    }
    std::uint64_t value = 0;
    const char* const end = given->data() + given->size();
    const auto [rest, status] = std::from_chars(given->data(), end, value);
    constexpr std::uint64_t kMost = 1'000'000'000'000'000'000;
    if (status != std::errc{} || rest != end || value < least || value > kMost) {
      fail(fmt::format("--{}: expected a whole number from {} to 10^18, found {}", option, least,
                       quoted(*given)));
    }
    return value;
  }

  /// The option's value as an index into `choices`; the first one when it is not given.
  std::size_t choice(const std::string& option, const std::vector<std::string>& choices) const {
    const std::string given = text(option).value_or(choices.front());
    const auto found = std::find(choices.begin(), choices.end(), given);
    if (found == choices.end()) {
      fail(fmt::format("--{}: expected {}, found {}{}", option, choice_list(choices), quoted(given),
                       did_you_mean(given, choices)));
    }
    return static_cast<std::size_t>(found - choices.begin());
  }

  [[noreturn]] void fail(const std::string& what) const {
    throw UsageError{
        fmt::format("systole {0}: {1}; see 'systole {0} --help'", command_.name, what)};
  }

 private:
  /// The shortest of `names` that begins with `option`; `option` itself if there is none.
  static std::string completed(const std::string& option, const std::vector<std::string>& names) {
    constexpr std::size_t kFewest = 4;  // "--js"
    const std::string* shortest = &option;
    for (const std::string& name : names) {
      if (option.size() >= kFewest && name.rfind(option, 0) == 0 &&
          (shortest == &option || name.size() < shortest->size())) {
        shortest = &name;
      }
    }
    return *shortest;
  }
  std::string unknown(const std::string& option) const {
    std::vector<std::string> names;
    for (const auto& known : command_.options.options()) {
      names.push_back("--" + known->long_name());
    }
    return "unknown option " + quoted(option) + did_you_mean(completed(option, names), names);
  }

  const CommandHelp& command_;
  boost::program_options::variables_map values_;
};

}  // namespace systole::app
