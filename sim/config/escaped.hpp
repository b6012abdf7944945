#pragma once

#include <cstddef>
#include <string>

namespace systole {

/// Length of the UTF-8 character that starts at `at`; 0 if there is none (RFC 3629).
std::size_t utf8_length(const std::string& text, std::size_t at);

bool is_utf8(const std::string& text);

/// `text` for one line of a terminal: control characters, those that turn the direction of writing
/// among them, and bytes that are not UTF-8 as "\n", "\t" or "\x1b".
std::string escaped(const std::string& text);

}  // namespace systole
