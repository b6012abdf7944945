#pragma once

#include <string>

namespace systole {

/// Why `file` cannot be read, for a message: "no such file", "is a directory, expected a file", or
/// "cannot be read: " and the system's reason. Empty for one that can be.
std::string why_unreadable(const std::string& file);

/// The same, and never empty: for a file that could not be read though it seems that it can be.
std::string why_not_read(const std::string& file);

}  // namespace systole
