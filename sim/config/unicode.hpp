#pragma once

#include <cstddef>
#include <string_view>

namespace systole {

/// A character of a text in UTF-8 (RFC 3629).
struct Character {
  char32_t code = 0xFFFD;
  std::size_t bytes = 1;  ///< taken from the text
  bool valid = false;     ///< else one byte that starts no character, with the code of U+FFFD
};

/// Of a text that is not empty.
Character first_character(std::string_view text);

/// What a terminal must not see: C0, C1, ends of lines, and what turns the direction of writing.
bool is_control(char32_t code);

bool is_utf8(std::string_view text);

}  // namespace systole
