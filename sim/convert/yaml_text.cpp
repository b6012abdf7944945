#include "sim/convert/yaml_text.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cctype>
#include <set>

#include "sim/config/yaml_quote.hpp"

namespace systole {
namespace {

bool is_plain(const std::string& text) {
  static const std::set<std::string> words = {"true", "false", "yes",  "no", "on",
                                              "off",  "y",     "null", "n"};
  std::string lower = text;
  std::transform(lower.begin(), lower.end(), lower.begin(),
                 [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
  const auto is_letter = [](unsigned char c) { return std::isalpha(c) != 0 || c == '_'; };
  return !text.empty() && is_letter(static_cast<unsigned char>(text[0])) &&
         words.count(lower) == 0 && std::all_of(text.begin(), text.end(), [&](unsigned char c) {
           return c < 0x80 && (is_letter(c) || std::isdigit(c) != 0 || c == '.' || c == '-');
         });
}

}  // namespace

std::string yaml_text(const std::string& text) { return is_plain(text) ? text : quoted_yaml(text); }

std::string yaml_text(float value) { return fmt::format("{}", value); }

}  // namespace systole
