#pragma once

#include <string>

namespace systole {

/// `text` for one line of a terminal: control characters, those that turn the direction of writing
/// among them, and bytes that are not UTF-8 as "\n", "\t" or "\x1b".
std::string escaped(const std::string& text);

}  // namespace systole
