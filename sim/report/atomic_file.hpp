#pragma once

#include <string>

namespace systole {

/// Writes `text` to a temporary file in the folder of `path` and renames it: `path` has
/// all of the text or is what it was. Throws std::runtime_error "PATH: what failed".
void write_file_atomically(const std::string& path, const std::string& text);

}  // namespace systole
