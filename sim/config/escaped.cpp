#include "sim/config/escaped.hpp"

#include <string_view>

#include "sim/config/unicode.hpp"

namespace systole {
namespace {

std::string code_of(unsigned char byte) {
  constexpr const char* kDigits = "0123456789abcdef";
  return byte == '\n'   ? "\\n"
         : byte == '\t' ? "\\t"
                        : std::string{'\\', 'x', kDigits[byte >> 4U], kDigits[byte & 0xFU]};
}

}  // namespace

std::string escaped(const std::string& text) {
  std::string shown;
  std::string_view rest = text;
  while (!rest.empty()) {
    const Character c = first_character(rest);
    const std::string_view bytes = rest.substr(0, c.bytes);
    if (c.valid && !is_control(c.code)) {
      shown += bytes;
    } else {
      for (const char byte : bytes) {
        shown += code_of(static_cast<unsigned char>(byte));
      }
    }
    rest.remove_prefix(c.bytes);
  }
  return shown;
}

}  // namespace systole
