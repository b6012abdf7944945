#include "sim/config/yaml_quote.hpp"

#include <fmt/format.h>

namespace systole {

std::string quoted_yaml(const std::string& text) {
  std::string out = "\"";
  for (const char c : text) {
    const auto byte = static_cast<unsigned char>(c);
    if (c == '"' || c == '\\') {
      out += '\\';
      out += c;
    } else if (byte < 0x20U || byte == 0x7FU) {
      out += fmt::format("\\x{:02x}", unsigned{byte});
    } else {
      out += c;
    }
  }
  return out + "\"";
}

}  // namespace systole
