#include "sim/config/scalar.hpp"

#include <algorithm>
#include <cmath>
#include <limits>

namespace systole {
namespace {

bool is_digit(char c) { return c >= '0' && c <= '9'; }

/// 0, or digits that do not start with 0.
bool spells_natural(const std::string& text) {
  return !text.empty() && std::all_of(text.begin(), text.end(), is_digit) &&
         (text.size() == 1 || text[0] != '0');
}

std::string without_sign(const std::string& text) {
  return !text.empty() && text[0] == '-' ? text.substr(1) : text;
}

}  // namespace

bool spells_integer(const std::string& text) {
  return spells_natural(without_sign(text)) && text != "-0";
}

bool spells_number(const std::string& text) {
  const std::string digits = without_sign(text);
  const auto point = digits.find('.');
  const auto mantissa_end = std::min(digits.find_first_of("eE"), digits.size());
  if (!spells_natural(digits.substr(0, std::min(point, mantissa_end)))) {
    return false;
  }
  if (point < mantissa_end) {
    const std::string fraction = digits.substr(point + 1, mantissa_end - point - 1);
    if (fraction.empty() || !std::all_of(fraction.begin(), fraction.end(), is_digit)) {
      return false;
    }
  }
  if (mantissa_end == digits.size()) {
    return true;
  }
  std::string exponent = digits.substr(mantissa_end + 1);
  if (!exponent.empty() && (exponent[0] == '+' || exponent[0] == '-')) {
    exponent.erase(0, 1);
  }
  return !exponent.empty() && std::all_of(exponent.begin(), exponent.end(), is_digit);
}

ScalarResult parse_double(const std::string& text, bool non_finite, double& out) {
  if (non_finite && (text == ".inf" || text == "-.inf" || text == ".nan")) {
    out = text == ".nan"
              ? std::numeric_limits<double>::quiet_NaN()
              : std::copysign(std::numeric_limits<double>::infinity(), text[0] == '-' ? -1.0 : 1.0);
    return ScalarResult::Ok;
  }
  if (!spells_number(text)) {
    return ScalarResult::WrongKind;
  }
  const auto result = std::from_chars(text.data(), text.data() + text.size(), out);
  return result.ec == std::errc{} ? ScalarResult::Ok : ScalarResult::OutOfRange;
}

ScalarResult parse_bool(const std::string& text, bool& out) {
  out = text == "true";
  return out || text == "false" ? ScalarResult::Ok : ScalarResult::WrongKind;
}

}  // namespace systole
