#pragma once

#include <string>

namespace systole {

/// The text, UTF-8, as a YAML scalar in double quotes: read back as it was and as a text, whatever
/// it looks like.
std::string quoted_yaml(const std::string& text);

}  // namespace systole
