#pragma once

#include <string>
#include <utility>
#include <vector>

namespace systole {

/// Writes `text` to a temporary file in the folder of `path` and renames it: `path` has
/// all of the text or is what it was. Throws std::runtime_error "PATH: what failed".
void write_file_atomically(const std::string& path, const std::string& text);

/// The same for several files, given as path and text: all are written before the first is renamed,
/// so that what fails while writing leaves every one of them as it was.
void write_files_atomically(const std::vector<std::pair<std::string, std::string>>& files);

}  // namespace systole
