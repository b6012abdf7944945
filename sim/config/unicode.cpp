#include "sim/config/unicode.hpp"

#include <cstdint>

namespace systole {

Character first_character(std::string_view text) {
  const auto byte = [&](std::size_t i) { return static_cast<std::uint8_t>(text[i]); };
  const std::uint8_t lead = byte(0);
  if (lead < 0x80) {
    return {lead, 1, true};
  }
  const std::size_t length = lead >= 0xF0 ? 4 : lead >= 0xE0 ? 3 : 2;
  if (lead < 0xC2 || lead > 0xF4 || text.size() < length) {
    return {};
  }
  char32_t code = lead & (0xFFU >> (length + 1));
  for (std::size_t i = 1; i < length; ++i) {
    if ((byte(i) & 0xC0) != 0x80) {
      return {};
    }
    code = (code << 6) | (byte(i) & 0x3FU);
  }
  const char32_t least = length == 4 ? 0x10000 : length == 3 ? 0x800 : 0x80;  // else overlong
  const bool surrogate = 0xD800 <= code && code <= 0xDFFF;
  if (code < least || code > 0x10FFFF || surrogate) {
    return {};
  }
  return {code, length, true};
}

bool is_control(char32_t code) {
  const bool c0_or_c1 = code < 0x20 || (0x7F <= code && code <= 0x9F);
  const bool reorders = (0x202A <= code && code <= 0x202E) || (0x2066 <= code && code <= 0x2069);
  return c0_or_c1 || reorders || code == 0x2028 || code == 0x2029;
}

bool is_utf8(std::string_view text) {
  while (!text.empty()) {
    const Character c = first_character(text);
    if (!c.valid) {
      return false;
    }
    text.remove_prefix(c.bytes);
  }
  return true;
}

}  // namespace systole
