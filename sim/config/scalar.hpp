#pragma once

#include <charconv>
#include <string>
#include <system_error>

namespace systole {

/// Spelling of numbers in our files: decimal only. 010 (octal to some readers,
/// ten to others), 0x10, 1e3 where an integer is due, and +1 are refused.
bool spells_integer(const std::string& text);
bool spells_number(const std::string& text);

enum class ScalarResult { Ok, WrongKind, OutOfRange };

template <typename Int>
ScalarResult parse_integer(const std::string& text, Int& out) {
  if (!spells_integer(text)) {
    return ScalarResult::WrongKind;
  }
  const auto result = std::from_chars(text.data(), text.data() + text.size(), out);
  return result.ec == std::errc{} ? ScalarResult::Ok : ScalarResult::OutOfRange;
}

/// A finite number; with `non_finite`, also .inf, -.inf and .nan.
ScalarResult parse_double(const std::string& text, bool non_finite, double& out);

/// true or false (YAML 1.2); yes, no, on and off are refused.
ScalarResult parse_bool(const std::string& text, bool& out);

}  // namespace systole
