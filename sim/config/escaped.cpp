#include "sim/config/escaped.hpp"

#include <string_view>

namespace systole {
namespace {

constexpr unsigned char kFirstPrintable = 0x20;
constexpr unsigned char kDelete = 0x7F;

/// Of one character in UTF-8.
bool is_control(std::string_view c) {
  const auto byte = [&](std::size_t i) { return static_cast<unsigned char>(c[i]); };
  if (c.size() == 1) {
    return byte(0) < kFirstPrintable || byte(0) == kDelete;
  }
  if (c.size() == 2) {
    return byte(0) == 0xC2 && byte(1) < 0xA0;  // C1
  }
  // Ends of lines, and directions of writing.
  return c.size() == 3 && byte(0) == 0xE2 &&
         ((byte(1) == 0x80 && byte(2) >= 0xA8 && byte(2) <= 0xAE) ||
          (byte(1) == 0x81 && byte(2) >= 0xA6 && byte(2) <= 0xA9));
}

std::string code_of(unsigned char byte) {
  constexpr const char* kDigits = "0123456789abcdef";
  return byte == '\n'   ? "\\n"
         : byte == '\t' ? "\\t"
                        : std::string{'\\', 'x', kDigits[byte >> 4U], kDigits[byte & 0xFU]};
}

}  // namespace

std::size_t utf8_length(const std::string& text, std::size_t at) {
  const auto byte = [&](std::size_t i) -> unsigned {
    return i < text.size() ? static_cast<unsigned char>(text[i]) : 0U;
  };
  const unsigned lead = byte(at);
  if (lead < 0x80U) {
    return 1;
  }
  const std::size_t length = lead >= 0xF0U ? 4 : lead >= 0xE0U ? 3 : 2;
  if (lead < 0xC2U || lead > 0xF4U) {
    return 0;
  }
  for (std::size_t i = 1; i < length; ++i) {
    if ((byte(at + i) & 0xC0U) != 0x80U) {
      return 0;
    }
  }
  const unsigned second = byte(at + 1);
  const bool overlong = (lead == 0xE0U && second < 0xA0U) || (lead == 0xF0U && second < 0x90U);
  const bool no_character = (lead == 0xEDU && second > 0x9FU) || (lead == 0xF4U && second > 0x8FU);
  return overlong || no_character ? 0 : length;
}

bool is_utf8(const std::string& text) {
  std::size_t at = 0;
  while (at < text.size()) {
    const std::size_t length = utf8_length(text, at);
    if (length == 0) {
      return false;
    }
    at += length;
  }
  return true;
}

std::string escaped(const std::string& text) {
  std::string shown;
  for (std::size_t at = 0; at < text.size();) {
    const std::size_t length = utf8_length(text, at);
    const std::string character = text.substr(at, length == 0 ? 1 : length);
    if (length != 0 && !is_control(character)) {
      shown += character;
    } else {
      for (const char c : character) {
        shown += code_of(static_cast<unsigned char>(c));
      }
    }
    at += character.size();
  }
  return shown;
}

}  // namespace systole
